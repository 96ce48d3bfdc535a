"""A limit of cores and memory for a process and its children, by a cgroup of version 1 or 2; needs root."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PERIOD = 100_000


@contextlib.contextmanager
def limit(pid: int, *, cores: float, memory: int) -> Iterator[bool]:
    """Limit a process and what it starts from now on; yield whether this machine allows it."""
    made: list[Path] = []
    try:
        with contextlib.suppress(OSError):
            for folder, values in _settings(cores=cores, memory=memory):
                folder.mkdir()
                made.append(folder)
                for name, value in values.items():
                    (folder / name).write_text(str(value))
                (folder / "cgroup.procs").write_text(str(pid))
        yield bool(made) and all(
            str(pid) in (folder / "cgroup.procs").read_text().split() for folder in made
        )
    finally:
        for folder in made:
            _remove(folder)


def _settings(*, cores: float, memory: int) -> list[tuple[Path, dict[str, int | str]]]:
    name = f"watchword-sizes-{int(time.time())}"
    quota = round(cores * _PERIOD)
    if (_ROOT / "cgroup.controllers").exists():
        values: dict[str, int | str] = {"memory.max": memory, "cpu.max": f"{quota} {_PERIOD}"}
        return [(_ROOT / name, values)]
    return [
        (_ROOT / "memory" / name, {"memory.limit_in_bytes": memory}),
        (_ROOT / "cpu" / name, {"cpu.cfs_period_us": _PERIOD, "cpu.cfs_quota_us": quota}),
    ]


def _remove(folder: Path) -> None:
    for _ in range(50):
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.1)
