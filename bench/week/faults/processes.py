"""Faults of processes, memory and the clock: each lasts for some seconds and returns its visible effect."""

import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bench.drills.processes import set_clock
from bench.week.faults.hands import Hands

Work = Callable[[Hands, float], str]
# half an hour of the week without memory
_SQUEEZE_SECONDS = 0.5


def kill(kind: str, *, times: int = 1) -> Work:
    """Kill all processes of a kind with SIGKILL, also several times in a row; others must replace them."""

    def work(hands: Hands, seconds: float) -> str:
        killed = set[int]()
        for number in range(times):
            killed |= hands.kill(kind)
            if number + 1 < times:
                hands.last(seconds / times)
        is_replaced = bool(killed) and hands.wait(lambda: bool(hands.pids(kind) - killed))
        return f"{len(killed)} killed, and replaced" if is_replaced else ""

    return work


def kill_daemon(hands: Hands, seconds: float) -> str:
    """Kill only the daemon with SIGKILL; its children must end on their own, then it is started again."""
    hands.is_down = True
    before = hands.kill("daemon")
    hands.last(seconds)
    hands.week.running.stop()
    hands.start_again()
    hands.is_down = False
    return "killed, and started again" if before and hands.week.running.is_alive else ""


def restart(hands: Hands, seconds: float) -> str:
    """Stop the daemon as an administrator does, and start it again."""
    hands.is_down = True
    took = hands.week.running.stop()
    code = hands.week.running.exit_code
    if took is None or code:
        hands.week.troubles.append(f"SIGTERM did not end the daemon in order, code {code}")
    hands.last(seconds)
    hands.start_again()
    hands.is_down = False
    return f"ended within {took:.1f} s, and started again" if took is not None else ""


def clock(offset_seconds: int) -> Work:
    """Set the clock of the daemon's processes, and set it right again."""

    def work(hands: Hands, seconds: float) -> str:
        mark = hands.mark_log()
        file = Path(hands.week.environment["FAKETIME_TIMESTAMP_FILE"])

        def is_noticed(times: int) -> bool:
            return len(hands.list_log_lines(mark, "clock jumped")) >= times

        set_clock(file, offset_seconds)
        is_felt = hands.last(seconds, until=lambda: is_noticed(1))
        set_clock(file, 0)
        return "noticed, there and back" if is_felt and hands.wait(lambda: is_noticed(2)) else ""

    return work


def memory(hands: Hands, seconds: float) -> str:
    """Simulate a machine without memory: the daemon's largest process is killed, and no process gets more than it has.

    The first is what the kernel's OOM killer does. For the second, the soft limit of each process's address space is set to its
    present size: allocations beyond its heap fail, and no new process can replace a dead one. The limits are restored at the end.
    C and Rust libraries end a process that gets no memory: a daemon that ended so is started again, as by a service manager.
    """
    mark, before, began = hands.mark_log(), dict[int, int](), datetime.now(UTC)
    largest = max(hands.week.running.processes(), key=lambda one: one.rss_mb, default=None)
    if largest is None:
        return ""
    hands.is_down = True
    _squeeze(hands, before)
    os.kill(largest.pid, signal.SIGKILL)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        hands.last(_SQUEEZE_SECONDS)
        _squeeze(hands, before)
    _release(hands, before)
    # messages sent meanwhile may not have been recorded
    hands.week.in_flight += hands.week.inbox.count_in_flight(since=began)
    has_ended = not hands.week.running.is_alive
    if has_ended:
        hands.week.kills += 1
        hands.start_again()
    hands.is_down = False
    if not hands.wait(lambda: bool(hands.pids(largest.kind) - {largest.pid})):
        return ""
    refused = hands.list_log_lines(
        mark, "MemoryError", "Cannot allocate", "memory allocation", "failed to map"
    )
    ended = ", the daemon ended and was started again" if has_ended else ""
    return f"{largest.kind} of {largest.rss_mb:.0f} MB killed and replaced, {len(refused)} times no memory{ended}"  # fmt: skip


def _squeeze(hands: Hands, before: dict[int, int]) -> None:
    """Limit each process to its present size; remember the former limits."""
    for pid in hands.pids("") - before.keys():
        with suppress(OSError, ValueError):
            soft, hard = resource.prlimit(pid, resource.RLIMIT_AS)
            size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
            resource.prlimit(pid, resource.RLIMIT_AS, (size, hard))
            before[pid] = soft


def _release(hands: Hands, before: dict[int, int]) -> None:
    """Restore the limits; a process started meanwhile gets that of its parent."""
    for pid in hands.pids(""):
        with suppress(OSError, ValueError):
            hard = resource.prlimit(pid, resource.RLIMIT_AS)[1]
            resource.prlimit(pid, resource.RLIMIT_AS, (before.get(pid, hard), hard))
