"""Helpers of the image trials: volumes as Docker makes them, a configuration, a newspaper, and waits with a limit."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.image.build import StepFailed
from tests.image.container import Container, Specification, Volume, read_service
from tests.image.dockerfile import Image

REPOSITORY = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 90.0
CONFIG = """
timezone = "UTC"
[fetch]
contact = "https://desk.example/"
every = "3s"
min_every = "3s"
per_domain = {{ concurrency = 4, delay = "0.02s" }}
[mail]
from = "watchword@desk.example"
to = ["you@desk.example"]
batch_window = "1s"
{mail}
[[watch]]
name = "drones"
query = "(drone OR UAV) -racing"
{sources}
"""
_SOURCE = '[[source]]\nname = "{name}"\nurl = "{url}"\nkind = "feed"\nbackfill = "7d"\nallow_private = true\n'


@dataclass(frozen=True, slots=True)
class Press:
    """A running newspaper in a network of its own; containers join that network by its process."""

    pid: int
    sources: str


@dataclass(slots=True)
class Bench:
    """A place for one trial.

    extras  the values of the build argument EXTRAS to be tried
    notes   observations for the reader of the result
    """

    work: Path
    root: Path
    image: Image
    compose: Mapping[str, Any]
    extras: str = "channels,pdf"
    notes: list[str] = field(default_factory=list)

    @staticmethod
    def read_image(file: Path) -> Image:
        """Return the image that an earlier run has built."""
        return Image(**json.loads(file.read_text(encoding="utf-8")))

    @staticmethod
    def write_image(file: Path, image: Image) -> None:
        """Save a built image for a later run."""
        file.write_text(json.dumps(asdict(image)), encoding="utf-8")

    def judge(self, trial: Callable[["Bench"], None]) -> str:
        """Run a trial and return what failed, empty if nothing did."""
        try:
            trial(self)
        except (
            AssertionError,
            StepFailed,
            subprocess.SubprocessError,
            OSError,
            ValueError,
        ) as problem:
            return str(problem) or repr(problem)
        return ""

    def volume(self, name: str = "data") -> Path:
        """Return a named volume; a new one gets the owner and mode of that place in the image."""
        folder = self.work / name
        if not folder.exists():
            folder.mkdir()
            pattern = (self.root / self.image.volumes[0].lstrip("/")).stat()
            shutil.chown(folder, pattern.st_uid, pattern.st_gid)
            folder.chmod(pattern.st_mode & 0o7777)
        return folder

    def configure(self, *, sources: str = "", mail: str = "") -> Path:
        """Return a folder with a configuration that everybody may read, as in a checkout."""
        folder = self.work / "config"
        folder.mkdir(exist_ok=True, mode=0o755)
        (folder / "watchword.toml").write_text(CONFIG.format(sources=sources, mail=mail), encoding="utf-8")  # fmt: skip
        return folder

    def service(self, name: str, *more: Volume, **changes: Any) -> Specification:
        """Return a service of compose with its volumes, further volumes, and other values for some keys."""
        stated = {**self.compose["services"][name], **changes}
        volumes = [self._find_volume(volume) for volume in stated["volumes"]]
        volumes = [volume for volume in volumes if volume.source.exists()]
        return read_service(stated, self.image, root=self.root, volumes=(*volumes, *more))

    def plain(self, *command: str, volumes: tuple[Volume, ...] = ()) -> Specification:
        """Return the daemon's service with another command and only these volumes."""
        found = self.service("watchword", command=list(command))
        return replace(found, volumes=volumes)

    def _find_volume(self, stated: str | dict[str, Any]) -> Volume:
        if isinstance(stated, dict):
            assert stated["source"] == "./config", stated
            return Volume(self.work / "config", stated["target"], stated.get("read_only", False))
        source, target = stated.split(":")
        assert source in self.compose["volumes"], stated
        return Volume(self.volume(source), target)

    @contextmanager
    def press(self) -> Iterator[Press]:
        """Yield the running bundled newspaper."""
        command = ["unshare", "--net", sys.executable, "-m", "tests.image.press"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        ) as process:
            try:
                assert process.stdout is not None
                outlets = json.loads(process.stdout.readline())
                entries = [_SOURCE.format(name=name.lower().replace(" ", "-"), url=url) for name, url in outlets]  # fmt: skip
                yield Press(process.pid, "".join(entries))
            finally:
                process.terminate()

    @contextmanager
    def layer(self) -> Iterator[Path]:
        """Yield the image's file system with a layer above it, so that writing does not change the image."""
        above, place = self.work / "above", self.work / "merged"
        for folder in (above / "files", above / "work", place):
            folder.mkdir(parents=True)
        options = f"lowerdir={self.root},upperdir={above / 'files'},workdir={above / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)

    def note(self, words: str) -> None:
        """Record what was seen."""
        self.notes.append(words)


def wait_for(is_so: Callable[[], bool], what: str, container: Container) -> None:
    """Wait until a condition holds; raise AssertionError with the last output of the container if it never does."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        is_over = container.has_ended or time.monotonic() > end
        assert not is_over, f"{what}: not so\n{container.log[-3000:]}"
        time.sleep(0.5)


def is_well(container: Container, service: Mapping[str, Any]) -> bool:
    """Return whether the health check of a service succeeds, run as written."""
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD", kind
    return container.execute(*command).returncode == 0
