"""How long to wait after something failed: doubled with each failure, up to a limit, drawn a little apart."""

import random
from dataclasses import dataclass
from datetime import timedelta

# a week doubled so often is longer than any limit, and still a number that floats hold
_MOST_DOUBLINGS = 60
# between these shares of the wait it is drawn: what failed together must not come back together
AROUND = (0.8, 1.2)
_EXACTLY = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double.

    first   after the first failure
    most    no wait is longer, but for its jitter
    jitter  the least and the most that a wait is multiplied by when it is drawn
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
        """Return the wait after this many failures in a row, drawn by the jitter."""
        return self.wait_after(failure_count) * rng.uniform(*self.jitter)

    def longest_after(self, failure_count: int) -> timedelta:
        """Return the longest wait that can be drawn after this many failures in a row."""
        return self.wait_after(failure_count) * self.jitter[1]
