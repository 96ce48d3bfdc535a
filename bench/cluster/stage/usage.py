"""Processor time and memory of a cluster's parts, from /proc."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from bench.cluster.stage.stage import Stage
from bench.soak.processes import list_processes

PARTS = ("workers", "PostgreSQL", "home")
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def read_cpu_seconds(stage: Stage) -> dict[str, float]:
    """Return the processor seconds of each part so far, with those of children that ended."""
    workers = [one.pid for worker in stage.workers for one in list_processes(worker.mark)]
    home = [one.pid for one in stage.home.processes()]
    groups = (workers, _list_family(stage.postgres.pid), home)
    return dict(zip(PARTS, map(_sum_seconds, groups), strict=True))


def read_worker_mb(stage: Stage) -> float:
    """Return the memory of the workers with their parse workers (PSS), in MB."""
    return sum(one.pss_mb for worker in stage.workers for one in list_processes(worker.mark))


def _sum_seconds(pids: Iterable[int]) -> float:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += sum(int(field) for field in _read_stat(pid)[11:15])
    return total / _TICKS


def _list_family(pid: int) -> list[int]:
    found = [pid]
    for entry in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int(_read_stat(int(entry.name))[1]) == pid:
                found.append(int(entry.name))
    return found


def _read_stat(pid: int) -> list[str]:
    # the name of a process stands in brackets and may hold spaces and brackets, see proc(5)
    return (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
