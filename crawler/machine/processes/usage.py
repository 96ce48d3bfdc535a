"""What a process and those it started use of the machine."""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU time since their start, of user and system, and resident memory, of some processes together."""

    cpu_seconds: float = 0.0
    rss_bytes: int = 0


def measure_usage(pid: int | None = None) -> Usage:
    """Return what a process (default: this one) and all it started use; what has ended counts too. Zero where there is no /proc."""
    ticks = pages = 0
    for one in _list_family(pid or os.getpid()):
        try:
            # the name, in brackets, may hold spaces; behind it, from field 3: utime 14 to cstime 17, rss 24
            fields = (
                (_PROC / str(one) / "stat").read_text("utf-8", "replace").rsplit(")", 1)[1].split()
            )
            ticks += sum(map(int, fields[11:15]))
            pages += int(fields[21])
        except (OSError, IndexError, ValueError):
            continue  # it has ended
    return Usage(
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"), rss_bytes=pages * os.sysconf("SC_PAGE_SIZE")
    )


def _list_family(pid: int) -> list[int]:
    family = [pid]
    for one in family:  # grows while it is walked
        for thread in (_PROC / str(one) / "task").glob("*/children"):
            try:
                family += map(int, thread.read_text("ascii").split())
            except (OSError, ValueError):
                continue
    return family
