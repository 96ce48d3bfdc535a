"""Whether a worker may work for a home: both speak one exchange version, and their clocks agree."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.clock import Clock
from crawler.errors import StopNow
from crawler.log import log_event

# dates relative to now ("two hours ago") and instants of requests come from both clocks
MOST_CLOCK_SECONDS = 5.0
NEVER_SEEN = (
    "the home has never used this database; start `watchword run` with the same [cluster] database first, "
    "or see whether it is the right one"
)
log = logging.getLogger("watchword.cluster")
# smaller ones are of the line to the carrier
_LEAST_SECONDS = 0.5


def refuse_version(*, home: str, worker: str) -> None:
    """Raise StopNow if home and worker speak different versions."""
    if home != worker:
        raise StopNow(
            f"the home exchanges version {home}, this worker version {worker}: "
            "install the same release of Watchword at both, and start the worker again"
        )


def refuse_clock(*, home_seconds: float, worker_seconds: float) -> None:
    """Raise StopNow if two clocks differ by more than 5 s; both are given as seconds ahead of the carrier's clock."""
    ahead = worker_seconds - home_seconds
    if abs(ahead) > MOST_CLOCK_SECONDS:
        raise StopNow(
            f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the home's: "
            "set both by NTP (`timedatectl set-ntp true`), and start the worker again"
        )


class HomeClock:
    """The home's clock as a worker has it: it goes on by a clock that nobody sets, and each beat puts it right.

    A machine's own clock may be set at any time, by hours; a throttle that a site asked for would then be over at once, or last
    for ever, and articles would be dated by it.

    own     the machine's clock, which agrees with the home's when a worker starts
    steady  seconds of a clock that nobody sets, and that goes on while the machine sleeps
    """

    def __init__(self, own: Clock, *, steady: Callable[[], float]) -> None:
        self._own, self._steady = own, steady
        self._shown_at, self._steady_at = own(), steady()
        self._asked: timedelta | None = None
        self._is_told = False

    def __call__(self) -> datetime:
        """Return what the home's clock shows now."""
        return self._show(self._steady())

    def put_right(self, home_at: datetime, *, steady_at: float) -> None:
        """Learn what the home's clock showed at an instant of the steady one.

        A leap counts if the next beat says so too: when the carrier's own clock was set, what the home said of it a moment ago is wrong.
        """
        leap = home_at - self._show(steady_at)
        before, self._asked = self._asked, leap
        is_sure = abs(leap.total_seconds()) <= MOST_CLOCK_SECONDS or (
            before is not None and abs((leap - before).total_seconds()) <= MOST_CLOCK_SECONDS
        )
        if is_sure and abs(leap.total_seconds()) > _LEAST_SECONDS:
            self._shown_at, self._steady_at, self._asked = home_at, steady_at, None
        self._tell()

    def _show(self, steady_at: float) -> datetime:
        return self._shown_at + timedelta(seconds=steady_at - self._steady_at)

    def _tell(self) -> None:
        """Log that this machine's clock is not the home's any more, and that it is again."""
        ahead = (self._own() - self()).total_seconds()
        is_off = abs(ahead) > MOST_CLOCK_SECONDS
        if is_off and not self._is_told:
            facts = {"ahead_seconds": round(ahead), "next": "the home's is used; set both by NTP"}
            log_event(log, logging.WARNING, "this machine's clock is not the home's", **facts)
        if self._is_told and not is_off:
            log_event(log, logging.INFO, "this machine's clock is the home's again")
        self._is_told = is_off
