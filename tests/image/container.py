"""A container without Docker, by docker-compose.yml: namespaces, read-only root, volumes, control groups, no capabilities."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.image.dockerfile import Image

ENTER = Path(__file__).with_name("enter.py")
_GROUPS = Path("/sys/fs/cgroup")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True, slots=True)
class Volume:
    """A folder or file of the host inside."""

    source: Path
    target: str
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """The options of a container.

    limits  control group -> file -> value
    """

    root: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    user: str
    is_read_only: bool = True
    drops_all: bool = True
    has_no_new_privileges: bool = True
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    grace_seconds: float = 10.0

    @property
    def rights(self) -> list[str]:
        """The command that drops all privileges."""
        user, _, group = self.user.partition(":")
        drops = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        command = ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={group or '0'}", "--clear-groups"]  # fmt: skip
        command += drops if self.drops_all else []
        return command + ["--no-new-privs"] * self.has_no_new_privileges + ["--"]


def read_service(
    service: Mapping[str, Any], image: Image, *, root: Path, volumes: tuple[Volume, ...]
) -> Specification:
    """Return the container of a service of compose, on an image."""
    tmpfs = dict(one.partition(":")[::2] for one in service.get("tmpfs", []))
    return Specification(
        root=root,
        command=(
            *service.get("entrypoint", image.entrypoint),
            *service.get("command", image.command),
        ),
        environment={**image.environment, **(service.get("environment") or {})},
        folder=image.folder,
        user=service.get("user", image.user),
        is_read_only=service.get("read_only", False),
        drops_all=service.get("cap_drop") == ["ALL"],
        has_no_new_privileges="no-new-privileges:true" in service.get("security_opt", []),
        tmpfs=tmpfs,
        volumes=volumes,
        limits={
            "memory": {"memory.limit_in_bytes": str(read_size(service["mem_limit"]))},
            "pids": {"pids.max": str(service["pids_limit"])},
            "cpu": {"cpu.cfs_quota_us": str(int(float(service["cpus"]) * 100_000))},
        },
        grace_seconds=float(str(service.get("stop_grace_period", "10s")).removesuffix("s")),
    )


def read_size(text: str) -> int:
    """Return the bytes of a size as compose writes it."""
    return int(text[:-1]) * _UNITS[text[-1].lower()]


class Container:
    """A container from start to end; ``network`` is the process whose network it shares, otherwise it has its own."""

    def __init__(self, stated: Specification, *, network: int | None = None) -> None:
        self.stated = stated
        self._network = network
        self._folder = Path(tempfile.mkdtemp(prefix="container-"))
        self._log = self._folder / "log"
        self.groups: dict[str, Path] = {}

    def __enter__(self) -> Self:
        self._make_groups()
        specification = self._folder / "specification.json"
        wanted = self.stated
        stated = {
            "root": str(wanted.root),
            "folder": wanted.folder,
            "hostname": "container",
            "environment": dict(wanted.environment),
            "is_read_only": wanted.is_read_only,
            "tmpfs": dict(wanted.tmpfs),
            "volumes": [[str(v.source), v.target, v.is_read_only] for v in wanted.volumes],
            "groups": {name: str(path) for name, path in self.groups.items()},
            "tasks": [str(path / "cgroup.procs") for path in self.groups.values()],
            "rights": wanted.rights,
            "command": list(wanted.command),
        }
        specification.write_text(json.dumps(stated), encoding="utf-8")
        own = ["--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        command = ["unshare", *own, sys.executable, "-P", str(ENTER), str(specification)]
        if self._network is None:
            command[1:1] = ["--net"]
        else:
            command = ["nsenter", f"--target={self._network}", "--net", "--", *command]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid or self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        for group in self.groups.values():
            _remove_group(group)
        shutil.rmtree(self._folder)

    @property
    def pid(self) -> int | None:
        """The pid of its process 1 on the host, None if there is none."""
        pid = self._process.pid
        with suppress(OSError):
            found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            return int(found[0]) if found else None
        return None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    @property
    def log(self) -> str:
        """All its output."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it as ``docker exec`` does, with the same user, privileges and environment."""
        if self.pid is None:
            return subprocess.CompletedProcess(
                command, 127, "", f"it has ended: {self.log[-2000:]}"
            )
        own = ["--mount", "--pid", "--ipc", "--uts", "--net", "--root"]
        environment = [f"{name}={value}" for name, value in self.stated.environment.items()]
        entered = ["nsenter", f"--target={self.pid}", *own, "--", *self.stated.rights]
        entered += ["/usr/bin/env", "-i", "-C", self.stated.folder, *environment, *command]
        return subprocess.run(entered, capture_output=True, text=True, timeout=120, check=False)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as ``docker stop`` does; return the exit code, 137 if the grace period is not enough."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, number)
        try:
            return self._process.wait(self.stated.grace_seconds)
        except subprocess.TimeoutExpired:
            return 137

    def wait(self, seconds: float = 120) -> int:
        """Wait for its own end and return the exit code, 124 if it does not end."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return 124

    def read_group(self, name: str, file: str) -> str:
        """Return the value of a control group, empty if there is none."""
        with suppress(OSError, KeyError):
            return (self.groups[name] / file).read_text(encoding="ascii").strip()
        return ""

    def _make_groups(self) -> None:
        """Create the control groups, if this machine has those of version 1 and allows it."""
        for name, limits in self.stated.limits.items():
            group = _GROUPS / name / f"watchword-{self._folder.name}"
            try:
                group.mkdir()
                for file, value in limits.items():
                    (group / file).write_text(value, encoding="ascii")
            except OSError:
                continue
            self.groups[name] = group


def _remove_group(group: Path) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)


def describe(command: Sequence[str]) -> str:
    """Return a command as a line for people."""
    return " ".join(word if " " not in word else repr(word) for word in command)
