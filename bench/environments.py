"""Virtual environments of other programs: each is made once, with pinned requirements, and kept."""

import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

# the pip that comes with Python 3.11 fails on extras that two packages spell differently (html_clean, html-clean)
_PIP = "pip==26.3"


def prepare_environment(name: str, requirements: Sequence[str], cache: Path) -> Path:
    """Return the interpreter of a program's own environment, which is made first if it does not exist yet."""
    folder = cache.resolve() / name.replace(" ", "-").replace("'", "")
    python, ready = folder / "bin" / "python", folder / ".ready"
    stated = "\n".join(requirements)
    if not ready.is_file() or ready.read_text() != stated:
        print(f"installing {name} into {folder} ...", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, _PIP], check=True, stdout=sys.stderr)
        subprocess.run([*pip, *requirements], check=True, stdout=sys.stderr)
        ready.write_text(stated)
    return python
