"""The processes of one daemon, orphans included, found in /proc by a mark in their environment."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

MARK = "WATCHWORD_BENCH"
_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# killed processes end at once; the rest of the time is for the kernel
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A living process; ``pss_mb`` counts its share of shared memory, and is 0 if it cannot be read."""

    pid: int
    kind: str
    rss_mb: float
    pss_mb: float
    descriptors: int
    threads: int


def list_processes(mark: str) -> tuple[Process, ...]:
    """Return the processes that carry a mark, each with its memory."""
    found = {pid: _read_command(pid) for pid in _list_marked(mark)}
    parents = {pid: _read_parent(pid) for pid in found}
    measured = []
    for pid in found:
        with contextlib.suppress(OSError, ValueError):  # it ended meanwhile
            measured.append(_measure(pid, name_kind(pid, found, parents)))
    return tuple(measured)


def name_kind(pid: int, commands: dict[int, str], parents: dict[int, int]) -> str:
    """Return the kind of a process, by its command and that of its parent."""
    command, parent = commands[pid], commands.get(parents[pid], "")
    if command.endswith(" crawler"):
        return "crawl process"
    if "datasette" in command:
        return "datasette"
    if "resource_tracker" in command:
        return "resource tracker"
    if "forkserver" in command or "fork_server" in command:
        return "forkserver" if parent.endswith(" crawler") else "parse worker"
    if parent.endswith(" crawler"):
        return "parse worker"
    return "daemon" if " run" in command else "other"


def end_all(mark: str) -> int:
    """Kill all processes that still carry a mark; return how many there were."""
    pids = _list_marked(mark)
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + _END_SECONDS
    while _list_marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(pids)


def _list_marked(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    pids = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    pids.append(int(entry.name))
    return pids


def _read_command(pid: int) -> str:
    try:
        return (_PROC / f"{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _read_parent(pid: int) -> int:
    try:
        # the name of a process stands in brackets and may hold spaces and brackets, see proc(5)
        return int((_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _measure(pid: int, kind: str) -> Process:
    folder = _PROC / str(pid)
    pages = int((folder / "statm").read_text().split()[1])
    threads = next(
        int(line.split()[1])
        for line in (folder / "status").read_text().splitlines()
        if line.startswith("Threads:")
    )
    return Process(
        pid=pid,
        kind=kind,
        rss_mb=pages * _PAGE_BYTES / 1e6,
        pss_mb=_read_pss(folder),
        descriptors=len(os.listdir(folder / "fd")),  # noqa: PTH208  # a count, not paths
        threads=threads,
    )


def _read_pss(folder: Path) -> float:
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6
