"""Waiting times after failures: doubled with each failure up to a limit, with jitter."""

import random
from dataclasses import dataclass
from datetime import timedelta

# 2**60 times any first wait is longer than any limit, and still a finite float; a failure count may grow without end
_MOST_DOUBLINGS = 60
# a wait is multiplied by a number drawn from this range, so that what failed together does not come back together
AROUND = (0.8, 1.2)
_EXACTLY = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Backoff:
    """A wait that doubles with each failure.

    first   the wait after the first failure
    most    the longest wait, before jitter
    jitter  the smallest and the largest factor by which ``draw_after`` multiplies a wait
    """

    first: timedelta
    most: timedelta
    jitter: tuple[float, float] = _EXACTLY

    def wait_after(self, failure_count: int) -> timedelta:
        """Return the wait after this many failures in a row, without jitter."""
        doublings = min(max(failure_count, 1) - 1, _MOST_DOUBLINGS)
        seconds = self.first.total_seconds() * 2.0**doublings
        return timedelta(seconds=min(seconds, self.most.total_seconds()))

    def draw_after(self, failure_count: int, rng: random.Random) -> timedelta:
        """Return the wait after this many failures in a row, with jitter."""
        return self.wait_after(failure_count) * rng.uniform(*self.jitter)

    def longest_after(self, failure_count: int) -> timedelta:
        """Return the longest wait that can be drawn after this many failures in a row."""
        return self.wait_after(failure_count) * self.jitter[1]
