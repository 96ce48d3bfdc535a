"""The memory that a week uses: the peak of each kind of process, sampled while it runs."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Self

from bench.soak.processes import Process

# between two looks at the memory of all processes
_EACH_SECONDS = 2.0


class Memory:
    """Samples memory until the context ends; ``most_mb`` is the peak by kind of process, summed over those of one kind."""

    def __init__(self, processes: Callable[[], Iterable[Process]]) -> None:
        self.most_mb: dict[str, float] = defaultdict(float)
        self._processes = processes
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._is_over.wait(_EACH_SECONDS):
            now: dict[str, float] = defaultdict(float)
            for one in self._processes():
                # PSS, which counts shared memory in part, if it can be read
                now[one.kind] += one.pss_mb or one.rss_mb
                now["all"] += one.pss_mb or one.rss_mb
            for kind, megabytes in now.items():
                self.most_mb[kind] = max(self.most_mb[kind], megabytes)

    def __str__(self) -> str:
        parts = sorted(self.most_mb.items(), key=lambda one: -one[1])
        return ", ".join(f"{kind} {megabytes:.0f} MB" for kind, megabytes in parts) or "none seen"
