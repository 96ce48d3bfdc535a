"""Disks that misbehave: small ones that fill up, and ones that turn read-only. They are mounted, so they need root."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk to fill")


class SmallDisk:
    """A mounted file system of some megabytes, in memory.

    path  where it is mounted
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Write until no byte is free, in large pieces first, then in small ones."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)

    def free(self) -> None:
        """Free the space again."""
        self._ballast.unlink()

    def remount(self, how: str) -> None:
        """Remount the disk read-only (``ro``) or writable (``rw``)."""
        # fails while a file is open for writing; a disk that breaks does not wait for that
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)


@contextlib.contextmanager
def mount_small_disk(path: Path, *, megabytes: int = 4) -> Iterator[SmallDisk]:
    """Mount a small disk, and unmount it at the end; skip the test if mounting is not allowed here."""
    path.mkdir()
    size = f"size={megabytes}m"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", path], check=False)
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
