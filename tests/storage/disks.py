"""Disks that misbehave: small ones that fill up, and ones that turn read-only. They are mounted, so they need root."""

import contextlib
import ctypes
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


@contextlib.contextmanager
def mount_disk_that_never_answers(path: Path) -> Iterator[None]:
    """Mount a disk whose server is away: whoever asks for anything on it waits. Skip the test if that is not allowed here."""
    path.mkdir()
    try:
        server = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("there is no /dev/fuse here")
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    try:
        if ctypes.CDLL(None).mount(b"away", os.fsencode(path), b"fuse", 0, options):
            pytest.skip("mounting is not allowed here")
        # who waits for it is answered with an error once it is gone
        try:
            yield
        finally:
            subprocess.run(["umount", "--lazy", path], check=True)
    finally:
        os.close(server)
