"""Become process 1 of a container: as root in new namespaces, mount everything, drop all privileges, and execute the command.

``python enter.py SPECIFICATION``, a JSON file as ``tests.image.container`` writes it. It does as Docker does, with Debian's tools.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1


def raise_loopback() -> None:
    """Bring up the loopback network of this namespace, its only one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _lay_mounts(root: Path, stated: dict[str, Any]) -> None:
    _mount("--make-rprivate", "/")
    _mount("--bind", str(root), str(root))
    _mount("-t", "proc", "-o", "nosuid,nodev,noexec", "proc", f"{root}/proc")
    _mount("-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", f"{root}/sys")
    _lay_devices(root)
    for target, options in stated["tmpfs"].items():
        plain = ",".join(filter(None, ["noexec,nosuid,nodev", options]))
        _mount("-t", "tmpfs", "-o", plain, "tmpfs", f"{root}{target}")
    if stated["groups"]:
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{root}/sys/fs/cgroup")
    binds = [(source, f"/sys/fs/cgroup/{name}", True) for name, source in stated["groups"].items()]
    for source, target, is_read_only in [*binds, *stated["volumes"]]:
        place = Path(f"{root}{target}")
        _make_place(place, is_file=Path(source).is_file())
        _mount("--bind", source, str(place))
        if is_read_only:
            _mount("-o", "remount,bind,ro", str(place))
    if stated["is_read_only"]:
        _mount("-o", "remount,bind,ro", str(root))


def _make_place(place: Path, *, is_file: bool) -> None:
    if place.exists():
        return
    if is_file:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    else:
        place.mkdir(parents=True)


def _lay_devices(root: Path) -> None:
    _mount("-t", "tmpfs", "-o", "mode=755,nosuid", "tmpfs", f"{root}/dev")
    for name in _DEVICES:
        place = root / "dev" / name
        place.touch()
        _mount("--bind", f"/dev/{name}", str(place))
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "dev/shm").mkdir()
    _mount("-t", "tmpfs", "-o", "nosuid,nodev,noexec,mode=1777,size=64m", "shm", f"{root}/dev/shm")


def main() -> None:
    """Become the command."""
    stated = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    root = Path(stated["root"])
    for tasks in stated["tasks"]:
        Path(tasks).write_text("0", encoding="ascii")  # this process, and what it becomes
    socket.sethostname(stated["hostname"])
    raise_loopback()
    _lay_mounts(root, stated)
    os.chroot(root)
    os.chdir(stated["folder"])
    os.umask(0o022)
    os.execve("/usr/bin/setpriv", [*stated["rights"], *stated["command"]], stated["environment"])


if __name__ == "__main__":
    main()
