"""The environment with all libraries that read, compare or match in the place of ours, beside what Watchword needs itself."""

import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

from bench.environments import prepare_environment

ROOT = Path(__file__).resolve().parents[2]
PEERS = (
    "ahocorasick_rs==1.0.3", "datasketch==2.0.0", "extruct==0.18.0", "newspaper4k[all]==0.9.6", "news-please==1.6.16",
    "pyahocorasick==2.3.1", "readability-lxml==0.9", "simhash==2.1.2",
)  # fmt: skip

# readability-lxml wants an older cssselect than Watchword is tested with; both take this one
_OLDER = {"cssselect": "1.3.0"}


def list_own_requirements() -> tuple[str, ...]:
    """Return what Watchword depends on, pinned to the versions of the interpreter that runs the bench."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = map(Requirement, project["dependencies"])
    needed = [one.name for one in stated if one.marker is None or one.marker.evaluate()]
    return tuple(f"{name}=={_OLDER.get(name) or version(name)}" for name in needed)


def prepare(cache: Path) -> Path:
    """Return the interpreter of the environment, which is made first if it does not exist yet."""
    return prepare_environment("quality", (*list_own_requirements(), *PEERS), cache)
