"""Judging by its beats whether a crawl process is well: a decision, with no process in it."""

from dataclasses import dataclass
from enum import Enum

from scheduler.crawling.crawl_messages import Beat

# we ourselves stood still (stopped, swapped out, a suspended machine): that was no silence of the child's
_LONGEST_STEP_SECONDS = 2.0
# a process that waits for nothing but its own wake-ups takes some thousandths of a second a minute
_WORK_CPU_SECONDS = 0.05


class Verdict(Enum):
    """Why a crawl process is to be ended."""

    HUNG = "hung"
    STALLED = "made no progress"
    HEAVY = "held too much memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited for what.

    hang_seconds         without a beat, which is due every 2 s, and without doing anything
    busy_hang_seconds    without a beat, though it works: a busy machine gives it little to work with
    stall_seconds        with open visits, working storage, and no progress: robots.txt may ask for 10 minutes between
                         two pages, and the pause is drawn up to a third longer
    heavy_beats          beats in a row over the memory ceiling: a peak passes
    least_life_seconds   a process is not renewed for its memory before that age
    end_seconds          for an orderly end, when it is renewed
    first_wait_seconds   before a dead one is replaced; doubles with each death
    longest_wait_seconds
    well_seconds         a process that lived this long was well: waits begin anew
    resend_seconds       before a configuration that was not taken is sent again
    """

    hang_seconds: float = 60.0
    busy_hang_seconds: float = 600.0
    stall_seconds: float = 900.0
    heavy_beats: int = 5
    least_life_seconds: float = 120.0
    end_seconds: float = 20.0
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    well_seconds: float = 60.0
    resend_seconds: float = 10.0


class Vigil:
    """Watches one life of a crawl process.

    now           a steady clock's seconds; what passes between two judgements counts for little if it was long
    memory_bytes  the ceiling
    """

    def __init__(self, patience: Patience, *, memory_bytes: int, now: float) -> None:
        self.memory_bytes = memory_bytes
        self._patience = patience
        self._born_at = self._judged_at = now
        self._silent_seconds = 0.0
        self._idle_seconds = 0.0
        self._cpu_seconds = 0.0
        self._stalled_seconds = 0.0
        self._heavy_count = 0
        self._beat: Beat | None = None

    def see(self, beat: Beat) -> None:
        """Take note of a beat."""
        before, self._beat = self._beat, beat
        self._silent_seconds = 0.0
        if before is None or beat.done != before.done or not beat.visits or beat.storage:
            self._stalled_seconds = 0.0
        is_heavy = beat.rss_bytes > self.memory_bytes
        self._heavy_count = self._heavy_count + 1 if is_heavy else 0

    def judge(self, now: float, *, cpu_seconds: float = 0.0) -> Verdict | None:
        """Return why the process is to be ended now, None while it is well.

        cpu_seconds  processor time it has taken since its start, 0 where that is not known
        """
        step = min(now - self._judged_at, _LONGEST_STEP_SECONDS)
        self._judged_at = now
        self._silent_seconds += step
        self._idle_seconds += step
        if cpu_seconds - self._cpu_seconds >= _WORK_CPU_SECONDS:
            self._cpu_seconds, self._idle_seconds = cpu_seconds, 0.0
        if self._is_hung():
            return Verdict.HUNG
        if self._beat is None:
            return None
        if self._beat.visits and not self._beat.storage:
            self._stalled_seconds += step
        if self._stalled_seconds >= self._patience.stall_seconds:
            return Verdict.STALLED
        is_old_enough = now - self._born_at >= self._patience.least_life_seconds
        if is_old_enough and self._heavy_count >= self._patience.heavy_beats:
            return Verdict.HEAVY
        return None

    def _is_hung(self) -> bool:
        """Return whether it has been silent for too long: a slow machine is no hang while something is done."""
        patience = self._patience
        is_idle = self._idle_seconds >= patience.hang_seconds
        return self._silent_seconds >= (
            patience.hang_seconds if is_idle else patience.busy_hang_seconds
        )
