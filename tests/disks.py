"""Disks that misbehave: small ones that fill up, and ones that turn read-only. They are mounted, so they need root."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk to fill")


class SmallDisk:
    """A file system of some megabytes, in memory.

    path  where it is mounted
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self) -> None:
        """Give back what was filled."""
        self._ballast.unlink()

    def remount(self, how: str) -> None:
        """Turn the disk read-only (``ro``) or writable again (``rw``), whoever has files open."""
        # a file that is open for writing forbids `remount`; a disk that fails is not so polite
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)


@contextlib.contextmanager
def mount_small_disk(path: Path, *, megabytes: int = 4) -> Iterator[SmallDisk]:
    """Mount a small disk; the test is skipped by name where mounting is not allowed here."""
    path.mkdir()
    size = f"size={megabytes}m"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", path], check=False)
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
