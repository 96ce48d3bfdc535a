"""Whether a worker may work for a home: both speak one exchange version, and their clocks agree."""

import logging

from crawler.errors import StopNow

# dates relative to now ("two hours ago") and instants of requests come from both clocks
MOST_CLOCK_SECONDS = 5.0
NEVER_SEEN = (
    "the home has never used this database; start `watchword run` with the same [cluster] database first, "
    "or see whether it is the right one"
)
log = logging.getLogger("watchword.cluster")


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
