"""What goes wrong during a soak, and when: kills, crashes, a worker that stands still, a line that is cut."""

import contextlib
import heapq
import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench.cluster.stage.stage import Stage, Worker

KILL_WORKER_SECONDS, KILL_HOME_SECONDS = 20.0, 60.0
STOP_SECONDS, CUT_SECONDS, DOWN_SECONDS = 45.0, 60.0, 10.0
# by then what a killed worker had given is replayed, and what it still holds is lost work
_REPLAYED_SECONDS = 8.0
# so late, notes of the time since a crash are still looked for
_NOTES_SECONDS = 20.0
_HELD = """SELECT queueing_lock AS bundle FROM watchword_out.procrastinate_jobs AS jobs
    JOIN watchword_back.workers ON engine_id = worker_id WHERE name = %s AND status = 'doing'"""
_LOST = "SELECT DISTINCT domain FROM tasks WHERE bundle_id IN (SELECT value FROM json_each(?))"
_FIRST_NOTES = """SELECT extract(epoch FROM min(given_at))::float AS at
    FROM watchword_back.given WHERE given_at > pg_postmaster_start_time()"""
_Do = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A worker that was killed: when, and the hosts whose work it had and had not done."""

    at: float
    worker: str
    hosts: tuple[str, ...]


@dataclass(kw_only=True)
class Journal:
    """What happened, by the monotonic clock of the machine.

    first_notes  seconds from when PostgreSQL was back until it had notes, one for each crash
    """

    deaths: list[Death] = field(default_factory=list)
    first_notes: list[float] = field(default_factory=list)
    worker_exits: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    # of PostgreSQL and of the home, after which a death is noticed later than otherwise
    disturbed_at: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        """Count what was done."""
        self.counts[what] = self.counts.get(what, 0) + 1


class Troubles:
    """Makes them, as time passes.

    spares_home  workers are killed and nothing else is done, so that a death is seen without delay
    """

    def __init__(
        self,
        stage: Stage,
        journal: Journal,
        *,
        minutes: float,
        seed: int,
        spares_home: bool = False,
    ) -> None:
        self._stage, self._journal = stage, journal
        self._rng = random.Random(seed)
        self._plan: list[tuple[float, int, _Do]] = []
        self._numbers = itertools.count()
        self._is_down = False
        self._spared: set[Worker] = set()
        began, seconds = time.monotonic(), minutes * 60
        for at in _every(KILL_WORKER_SECONDS, seconds):
            self._add(began + at, self._kill_worker)
        if spares_home:
            return
        for at in _every(KILL_HOME_SECONDS, seconds):
            self._add(began + at + 3, self._kill_home)
        self._add(began + 0.30 * seconds, self._crash)
        self._add(began + 0.70 * seconds, self._crash)
        self._add(began + 0.42 * seconds, self._stop_worker)
        self._add(began + 0.10 * seconds, self._cut)

    def look(self) -> None:
        """Do what is due, and start workers that ended by themselves again."""
        while self._plan and self._plan[0][0] <= time.monotonic():
            heapq.heappop(self._plan)[2]()
        for one in self._stage.workers:
            if not one.is_alive:
                self._journal.worker_exits.append(
                    f"{one.name} ended by itself, code {one.exit_code}"
                )
                one.start()

    def finish(self) -> None:
        """Undo what lasts: the line is whole, nobody stands still, PostgreSQL is there."""
        for one in sorted(self._plan):
            if one[2].__name__.startswith("_undo"):
                one[2]()
        self._plan.clear()

    def _add(self, at: float, do: _Do) -> None:
        heapq.heappush(self._plan, (at, next(self._numbers), do))

    def _after(self, seconds: float, do: _Do) -> None:
        self._add(time.monotonic() + seconds, do)

    def _kill_worker(self) -> None:
        victim = self._rng.choice([one for one in self._stage.workers if one not in self._spared])
        held = [int(row["bundle"]) for row in self._stage.ask_postgres(_HELD, victim.name)]
        at = time.monotonic()
        victim.send(signal.SIGKILL)
        victim.start()
        self._journal.count("workers killed")
        if held and not self._is_down:
            self._after(_REPLAYED_SECONDS, lambda: self._note_death(at, victim.name, held))

    def _note_death(self, at: float, name: str, held: list[int]) -> None:
        hosts = tuple(row[0].rpartition(":")[0] for row in self._stage.home.ask(_LOST, str(held)))
        self._journal.deaths.append(Death(at=at, worker=name, hosts=hosts))

    def _kill_home(self) -> None:
        for one in self._stage.home.processes("crawl process"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)
        self._journal.count("homes killed")
        self._journal.disturbed_at.append(time.monotonic())

    def _crash(self) -> None:
        self._is_down = True
        self._stage.postgres.crash()
        self._journal.count("crashes of PostgreSQL")
        self._journal.disturbed_at.append(time.monotonic())
        self._after(DOWN_SECONDS, self._undo_crash)

    def _undo_crash(self) -> None:
        self._stage.postgres.start()
        self._is_down, back_at = False, time.time()
        self._journal.disturbed_at.append(time.monotonic())
        self._after(_NOTES_SECONDS, lambda: self._note_first_notes(back_at))

    def _note_first_notes(self, back_at: float) -> None:
        rows = self._stage.ask_postgres(_FIRST_NOTES)
        at = rows[0]["at"] if rows else None
        seconds = _NOTES_SECONDS if at is None else max(0.0, at - back_at)
        self._journal.first_notes.append(seconds)

    def _stop_worker(self) -> None:
        # the second one: the first may be cut off at the moment
        victim = self._stage.workers[1]
        self._spared.add(victim)
        victim.send(signal.SIGSTOP)
        self._journal.count("workers stopped")

        def _undo_stop() -> None:
            victim.send(signal.SIGCONT)
            # spared until it has seen that it was given up
            self._after(5.0, lambda: self._spared.discard(victim))

        self._after(STOP_SECONDS, _undo_stop)

    def _cut(self) -> None:
        victim = self._stage.workers[0]
        self._spared.add(victim)
        self._stage.proxy.cut()
        self._journal.count("lines cut")

        def _undo_cut() -> None:
            self._stage.proxy.mend()
            self._after(5.0, lambda: self._spared.discard(victim))

        self._after(CUT_SECONDS, _undo_cut)


def _every(seconds: float, most: float) -> Iterator[float]:
    at = seconds
    while at < most:
        yield at
        at += seconds
