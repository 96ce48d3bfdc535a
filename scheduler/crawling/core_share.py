"""How much of one core a process uses: where one core is what a home can do, this says how near it is to that."""

from collections import deque

# long enough that one large batch does not look like a full core
_WINDOW_SECONDS = 60.0


class CoreShare:
    """The share of one core within the last minute, from readings of the processor time of one process."""

    def __init__(self) -> None:
        self._readings = deque[tuple[float, float]]()

    def measure(self, now: float, *, cpu_seconds: float) -> float:
        """Return the share, 1 for all of a core; 0 at the first reading.

        now          seconds of a steady clock
        cpu_seconds  processor time the process has used since its start
        """
        self._readings.append((now, cpu_seconds))
        while len(self._readings) > 2 and now - self._readings[1][0] >= _WINDOW_SECONDS:
            self._readings.popleft()
        since, used = self._readings[0]
        return max(0.0, cpu_seconds - used) / (now - since) if now > since else 0.0
