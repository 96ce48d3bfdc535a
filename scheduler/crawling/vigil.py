"""The state of a crawl process by its beats, and whether it is well: a pure decision that touches no process."""

from dataclasses import dataclass
from enum import Enum

from crawler.model.cluster.state import ClusterState
from crawler.text.counts import write_count, write_times
from scheduler.crawling.crawl_messages import Beat

# a longer step means that we stood still (stopped, swapped out, machine suspended), not that the child was silent
_LONGEST_STEP_SECONDS = 2.0
# an idle process uses some thousandths of a second a minute for its own wake-ups; this is well above
_WORK_CPU_SECONDS = 0.05


class Verdict(Enum):
    """Why a crawl process must be ended."""

    HUNG = "hung"
    STALLED = "made no progress"
    HEAVY = "held too much memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait before acting.

    hang_seconds         without a beat (one is due every 2 s) and without using the processor
    busy_hang_seconds    without a beat, but at work: on a busy machine it gets little processor time
    stall_seconds        with open visits, working storage, and no progress: robots.txt may ask for 10 minutes between
                         two pages, and jitter makes that pause up to a third longer
    heavy_beats          beats in a row over the memory ceiling, so that a short peak does not count
    least_life_seconds   no process is renewed for its memory before this age, so that a ceiling that is too low costs a
                         renewal every two minutes at most
    end_seconds          for an orderly end when a process is renewed
    first_wait_seconds   before a dead process is replaced; doubles with each death
    longest_wait_seconds  the most that this wait grows to
    well_seconds         a process that lived this long was well: the wait starts from the first again
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


@dataclass(slots=True)
class Liveness:
    """The state of the crawl process, by its last beat.

    is_beating     False from the end of a child until the next one's first beat
    beaten_at      when the last beat came, of any child, in seconds of ``time.monotonic``
    storage        why the child cannot write the database, None while it can
    is_configured  whether the child uses the configuration it was last given
    core_share     of one core that the child used within the last minute
    cluster        what it knows of its workers, None without `[cluster]`
    """

    pid: int | None = None
    is_beating: bool = False
    beaten_at: float = 0.0
    visits: int = 0
    done: int = 0
    storage: str | None = None
    rss_bytes: int = 0
    is_configured: bool = False
    restart_count: int = 0
    renewal_count: int = 0
    core_share: float = 0.0
    cluster: ClusterState | None = None

    @property
    def note(self) -> str:
        """What doctor shows of it."""
        visits = write_count(self.visits, "visit")
        return f"{visits} under way, restarted {write_times(self.restart_count)}"


class Vigil:
    """Judges one crawl process from its start to its end.

    now           seconds of a steady clock; a long time between two judgements counts as two seconds
    memory_bytes  the memory ceiling
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
        """Record a beat."""
        before, self._beat = self._beat, beat
        self._silent_seconds = 0.0
        # a process can beat and do nothing: one without its fork server beat for 90 s over 192 waiting pages
        if before is None or beat.done != before.done or not beat.visits or beat.storage:
            self._stalled_seconds = 0.0
        is_heavy = beat.rss_bytes > self.memory_bytes
        self._heavy_count = self._heavy_count + 1 if is_heavy else 0

    def judge(self, now: float, *, cpu_seconds: float = 0.0) -> Verdict | None:
        """Return why the process must be ended now, None while it is well.

        cpu_seconds  processor time it has used since its start, 0 if that is not known
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
        """Return whether it has been silent for too long; on a slow machine a process at work gets more time."""
        patience = self._patience
        is_idle = self._idle_seconds >= patience.hang_seconds
        return self._silent_seconds >= (
            patience.hang_seconds if is_idle else patience.busy_hang_seconds
        )
