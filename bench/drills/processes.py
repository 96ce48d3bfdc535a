"""Faults of processes and of the clock: each context manager provokes one on entering and ends it on leaving."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.drills.stage import Stage

# one kill could be luck
_KILLS = 4
# by then the parse workers have pages
_TAKEN_SECONDS = 1.0


@contextmanager
def kill_crawl_process(stage: Stage) -> Iterator[None]:
    """Kill the crawl process with SIGKILL."""
    signal_all(stage, "crawl process", signal.SIGKILL)
    yield


@contextmanager
def stop_crawl_process(stage: Stage) -> Iterator[None]:
    """Stop the crawl process with SIGSTOP: it is alive and does nothing."""
    signal_all(stage, "crawl process", signal.SIGSTOP)
    yield


@contextmanager
def kill_forkserver(stage: Stage) -> Iterator[None]:
    """Kill the fork server, which makes parse workers, with SIGKILL."""
    signal_all(stage, "forkserver", signal.SIGKILL)
    yield


@contextmanager
def kill_worker(stage: Stage) -> Iterator[None]:
    """Kill one parse worker after the other with SIGKILL, each just after pages were announced."""
    for _ in range(_KILLS):
        for _ in range(3):
            stage.publish()
        time.sleep(_TAKEN_SECONDS)
        signal_all(stage, "parse worker", signal.SIGKILL, most=1)
    yield


@contextmanager
def kill_workers(stage: Stage) -> Iterator[None]:
    """Kill all parse workers at once with SIGKILL."""
    for _ in range(3):
        stage.publish()
    time.sleep(_TAKEN_SECONDS)
    signal_all(stage, "parse worker", signal.SIGKILL)
    yield


@contextmanager
def kill_datasette(stage: Stage) -> Iterator[None]:
    """Kill the web pages of ``run --browse`` with SIGKILL; they must be served again."""
    stage.wait(lambda: bool(stage.running.processes("datasette")), 20)
    before = signal_all(stage, "datasette", signal.SIGKILL)
    yield
    again = stage.wait(
        lambda: bool({one.pid for one in stage.running.processes("datasette")} - before), 20
    )
    stage.check("the web pages are served again", again)


def signal_all(stage: Stage, kind: str, number: int, *, most: int = 100) -> set[int]:
    """Send a signal to the processes of a kind; return their ids."""
    stage.wait(lambda: bool(stage.running.processes(kind)), 20)
    pids = [one.pid for one in stage.running.processes(kind)][:most]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    if not pids:
        stage.check(f"there is a {kind}", False)
    return set(pids)


@contextmanager
def clock_set(stage: Stage, *, seconds: int) -> Iterator[None]:
    """Set the daemon's clock; on leaving, set it right again."""
    file = Path(stage.environment["FAKETIME_TIMESTAMP_FILE"])
    set_clock(file, seconds)
    elapsed = stage.wait_for_alert(stage.publish(), 30)
    stage.check("articles are alerted while the clock is wrong", elapsed is not None, f"{elapsed:.1f} s" if elapsed else "not within 30 s")  # fmt: skip
    yield
    set_clock(file, 0)


def set_clock(file: Path, seconds: int) -> None:
    """Write libfaketime's file atomically: it would read half a line as well."""
    draft = file.with_suffix(".draft")
    draft.write_text(f"{seconds:+d}\n")
    draft.rename(file)


def fake_clock(folder: Path) -> dict[str, str]:
    """Return the environment in which a file sets the clock; waits go by the true one."""
    file = folder / "clock"
    set_clock(file, 0)
    return {
        "LD_PRELOAD": os.environ["FAKETIME_LIB"],
        "FAKETIME_TIMESTAMP_FILE": str(file),
        # the file is read once a second: reading it at each look at the clock takes longer than the work itself
        "FAKETIME_CACHE_DURATION": "0",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        # its mend for older C libraries has each wait for another thread end at once, and begin anew
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
