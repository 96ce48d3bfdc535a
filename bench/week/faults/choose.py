"""The faults of a week: each begins at its moment and ends a little later.

A fault begins after a share of the week and lasts for a share of it, or for some seconds at least in a short week. Faults of
one track come one after the other, tracks run in parallel: a full disk would hide a mail server that is down, but not a moved
host.
"""

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from shutil import which

from bench.week.faults import outside, processes, storage
from bench.week.faults.hands import Hands
from bench.week.faults.readers import read_pages

Work = Callable[[Hands, float], str]
# an hour of the week
_HOUR = 1 / 168
_TWO_HOURS_SECONDS = 7200
# longer for a fault that began late or waits for its effect
_LATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault.

    track   faults of one track never overlap
    begins  after which share of the week
    lasts   for which share of the week, and for how many seconds at least
    work    provokes and ends it; returns its visible effect, empty if it had none
    needs   what this machine must have: ``root``, a program, or an environment variable
    """

    name: str
    track: str
    begins: float
    work: Work
    lasts: float = 0.0
    seconds: float = 0.0
    needs: tuple[str, ...] = ()


# Times: with a locked file or a full disk nothing is read and no message leaves, so the faults of mail server and network, and
# changes of the configuration (changes.py, at 0.4 to 0.55), come in between.
_FAULTS = (
    Fault(name="kill crawl", track="machine", begins=0.03, work=processes.kill("crawl process")),
    Fault(name="kill parser", track="machine", begins=0.08, seconds=3, work=processes.kill("parse worker", times=3)),
    Fault(name="lock", track="machine", begins=0.16, seconds=30, work=storage.lock),
    Fault(name="kill forkserver", track="machine", begins=0.365, work=processes.kill("forkserver")),
    Fault(name="kill daemon", track="machine", begins=0.56, seconds=1, work=processes.kill_daemon),
    Fault(name="disk full", track="machine", begins=0.64, lasts=_HOUR, seconds=8, work=storage.fill_disk, needs=("root", "mount")),
    Fault(name="memory", track="machine", begins=0.73, lasts=_HOUR, seconds=6, work=processes.memory),
    Fault(name="clock ahead", track="machine", begins=0.8, lasts=_HOUR, seconds=5, work=processes.clock(_TWO_HOURS_SECONDS), needs=("FAKETIME_LIB",)),
    Fault(name="clock back", track="machine", begins=0.86, lasts=_HOUR, seconds=5, work=processes.clock(-_TWO_HOURS_SECONDS), needs=("FAKETIME_LIB",)),
    Fault(name="restart", track="machine", begins=0.93, work=processes.restart),
    Fault(name="smtp slow", track="mail", begins=0.36, lasts=0.04, work=outside.mail("slow")),
    Fault(name="smtp down", track="mail", begins=0.41, lasts=0.04, work=outside.mail("down")),
    Fault(name="greylist", track="mail", begins=0.46, lasts=0.04, work=outside.mail("greylist")),
    Fault(name="smtp cut", track="mail", begins=0.51, lasts=0.04, work=outside.mail("cut")),
    Fault(name="dns", track="network", begins=0.1, work=outside.move_hosts),
    Fault(name="network", track="network", begins=0.45, lasts=_HOUR, seconds=6, work=outside.network),
    Fault(name="half config", track="network", begins=0.84, lasts=0.04, work=outside.half_written),
    Fault(name="web pages", track="people", begins=0.3, lasts=0.25, work=read_pages),
    Fault(name="commands", track="people", begins=0.62, work=outside.look_on),
)  # fmt: skip
# when they come alone, they come while most visits are claimed
LIGHT = {"kill crawl": 0.2, "kill daemon": 0.57, "smtp cut": 0.6}


def choose(name: str) -> list[Fault]:
    """Return the faults meant by ``none``, ``light``, ``all``, or names separated by commas."""
    known = {fault.name: fault for fault in _FAULTS}
    if name == "none":
        return []
    if name == "all":
        return list(known.values())
    if name == "light":
        return [replace(known[one], begins=begins) for one, begins in LIGHT.items()]
    wanted = [part.strip() for part in name.split(",")]
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[one] for one in wanted]


def list_missing(fault: Fault) -> Iterator[str]:
    """Yield what a fault needs and this machine does not have."""
    has = {"root": os.geteuid() == 0, "FAKETIME_LIB": bool(os.environ.get("FAKETIME_LIB"))}
    for need in fault.needs:
        if not has.get(need, which(need) is not None):
            yield need


class Timeline:
    """Provokes faults while a week goes on, with a thread for each track.

    seen  fault -> its visible effect, in the order in which they ended
    """

    def __init__(self, faults: Sequence[Fault], hands: Hands, *, seconds: float) -> None:
        self.seen: dict[str, str] = {}
        self._hands = hands
        self._seconds = seconds
        self._began = time.monotonic()
        tracks: dict[str, list[Fault]] = {}
        for fault in sorted(faults, key=lambda one: one.begins):
            tracks.setdefault(fault.track, []).append(fault)
        self._threads = [
            threading.Thread(target=self._run_track, args=(track,), daemon=True)
            for track in tracks.values()
        ]

    def start(self) -> None:
        """Start the threads."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Wait until all faults have ended."""
        deadline = time.monotonic() + _LATE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self._hands.week.troubles.append("a fault did not end")

    def _run_track(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            self._hands.is_over.wait(self._began + fault.begins * self._seconds - time.monotonic())
            if self._hands.is_over.is_set():
                return
            self._run(fault)

    def _run(self, fault: Fault) -> None:
        troubles = self._hands.week.troubles
        began = time.monotonic()
        try:
            seen = fault.work(self._hands, max(fault.seconds, fault.lasts * self._seconds))
        except (OSError, sqlite3.Error, subprocess.SubprocessError, ValueError) as error:
            troubles.append(f"the fault {fault.name} broke: {error!r}")
            return
        if not seen:
            troubles.append(f"the fault {fault.name} had no effect")
        span = f"{began - self._began:.0f} to {time.monotonic() - self._began:.0f} s"
        self.seen[fault.name] = f"{span}: {seen or 'no effect'}"
