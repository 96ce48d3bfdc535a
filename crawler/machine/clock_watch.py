"""Detecting that somebody set the clock."""

import time
from collections.abc import Callable

from crawler.clock import Clock


class ClockWatch:
    """Compares a clock with a monotonic one, which nobody sets and which stands still while the machine sleeps."""

    def __init__(self, clock: Clock, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self._seen_at, self._steady_at = clock(), steady()

    def measure(self) -> float:
        """Return by how many seconds the clock was set forward since the last call; negative if it was set back."""
        seen_at, steady_at = self._clock(), self._steady()
        jump = (seen_at - self._seen_at).total_seconds() - (steady_at - self._steady_at)
        self._seen_at, self._steady_at = seen_at, steady_at
        return jump
