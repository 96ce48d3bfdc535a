"""A bound on the bytes of bodies that wait to be read; tasks with further bodies wait outside."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class _Waiter:
    source: str
    size_bytes: int
    is_backfill: bool
    admitted: "asyncio.Future[None]"


class BodyGate:
    """Admits bodies while their sum is within bounds, for each source and for all.

    A body larger than a bound is admitted when nothing else of its source, or nothing at all, is inside.
    """

    def __init__(self, *, most_bytes: int, most_bytes_a_source: int) -> None:
        self._most_bytes = most_bytes
        self._most_bytes_a_source = most_bytes_a_source
        self._inside: Counter[str] = Counter()
        self._waiters: list[_Waiter] = []

    @property
    def inside_bytes(self) -> int:
        """Bytes of the bodies that are inside."""
        return self._inside.total()

    @property
    def outside_bytes(self) -> int:
        """Bytes of the bodies that wait outside."""
        return sum(waiter.size_bytes for waiter in self._waiters)

    @asynccontextmanager
    async def admit(
        self, source: str, size_bytes: int, *, is_backfill: bool = False
    ) -> AsyncIterator[None]:
        """Wait until a body may come in, and count it while the block lasts; a backfill waits for all others."""
        admitted = asyncio.get_running_loop().create_future()
        waiter = _Waiter(source, size_bytes, is_backfill, admitted)
        self._waiters.append(waiter)
        self._waiters.sort(key=lambda one: one.is_backfill)
        self._let_in()
        try:
            await waiter.admitted
            yield
        finally:
            self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        else:
            self._inside[waiter.source] -= waiter.size_bytes
            if self._inside[waiter.source] <= 0:
                del self._inside[waiter.source]
        self._let_in()

    def _let_in(self) -> None:
        """Admit bodies that fit, in the order they came; the first one that only the total keeps out is not overtaken.

        Otherwise small bodies would keep a large one out for ever.
        """
        for waiter in tuple(self._waiters):
            own = self._inside[waiter.source]
            # others may pass a source that is over its own bound
            if own and own + waiter.size_bytes > self._most_bytes_a_source:
                continue
            everything = self._inside.total()
            if everything and everything + waiter.size_bytes > self._most_bytes:
                return
            self._waiters.remove(waiter)
            self._inside[waiter.source] += waiter.size_bytes
            if not waiter.admitted.done():
                waiter.admitted.set_result(None)
