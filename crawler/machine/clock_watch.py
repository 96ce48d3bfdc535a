"""Noticing that the clock on the wall and the time that passed disagree."""

import time
from collections.abc import Callable

from crawler.clock import Clock


class ClockWatch:
    """Compares a clock with a steady one that nobody sets and that stands still while the machine sleeps."""

    def __init__(self, clock: Clock, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steady = steady
        self._seen_at, self._steady_at = clock(), steady()

    def measure(self) -> float:
        """Give by how many seconds the clock went ahead of the time that passed since the last call; negative: back."""
        seen_at, steady_at = self._clock(), self._steady()
        jump = (seen_at - self._seen_at).total_seconds() - (steady_at - self._steady_at)
        self._seen_at, self._steady_at = seen_at, steady_at
        return jump
