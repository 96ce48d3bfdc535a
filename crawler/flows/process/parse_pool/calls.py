"""The calls that wait for the pool, and the choice of the next one: sources are served in turn.

One queue for all let one source of slow pages (20 s each) starve 42 good ones: 2 or 3 visits of 30 in a quarter of an hour.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawler.model.article import Occasion, Page


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """A call of a function of ``extract``, to be made in a worker.

    is_alone     nothing else may be under way meanwhile
    is_page      it reads a page, which waits if its source has used up its budget; feeds never wait
    is_backfill  it reads a page of a first visit or a look back: everything else goes first
    size_bytes   of the body among its arguments
    """

    source: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: "asyncio.Future[Any]"
    is_alone: bool = False
    is_page: bool = False
    is_backfill: bool = False
    size_bytes: int = 0


class FairQueue:
    """A queue for each source, served in turn, those with a backfill only after all others.

    A source gets a second worker only while no other waits, and never the last one: the next call must not have to wait
    until slow pages are given up. Heavy sources, which have cost much lately, share all workers but one.
    """

    def __init__(self, worker_count: int, *, is_heavy: Callable[[str], bool]) -> None:
        self._worker_count = worker_count
        self._most_of_one = max(1, worker_count - 1)
        self._is_heavy = is_heavy
        # the keys are in the order of their turns
        self._waiting: dict[str, deque[Call]] = {}
        self._running: Counter[str] = Counter()
        self._alone: Call | None = None
        self._is_alone_running = False

    def add(self, call: Call) -> None:
        """Put a call at the end of its source's queue, or before the backfill there."""
        calls = self._waiting.setdefault(call.source, deque())
        place = len(calls)
        while place and calls[place - 1].is_backfill > call.is_backfill:
            place -= 1
        calls.insert(place, call)

    def discard(self, call: Call) -> None:
        """Remove a call that nobody waits for any more, if it is still in the queue."""
        if self._alone is call and not self._is_alone_running:
            self._alone = None
        calls = self._waiting.get(call.source, deque())
        if call in calls:
            calls.remove(call)
            if not calls:
                del self._waiting[call.source]

    def take(self) -> Call | None:
        """Return the call to begin now; None while there is no room or nothing to do."""
        running_count = self._running.total()
        if self._alone is None and running_count < self._worker_count:
            call = self._pick()
            if call is None or not call.is_alone:
                return call and self._begin(call)
            # no other call begins until those under way have ended
            self._alone = call
        if self._alone is None or self._is_alone_running or running_count:
            return None
        self._is_alone_running = True
        return self._begin(self._alone)

    def _pick(self) -> Call | None:
        """Return the next call of the source with the fewest calls under way; among several, the one whose turn it is.

        A hundred sites' backfill is fetched faster than it is read, and the page of a fresh entry waited behind it.
        """
        heavy_count = sum(count for name, count in self._running.items() if self._is_heavy(name))
        open_to = [
            name
            for name in self._waiting
            if self._running[name] < self._most_of_one
            and not (heavy_count >= self._most_of_one and self._is_heavy(name))
        ]
        if not open_to:
            return None
        name = min(open_to, key=lambda one: (self._waiting[one][0].is_backfill, self._running[one]))
        calls = self._waiting.pop(name)
        call = calls.popleft()
        if calls:
            self._waiting[name] = calls
        return call

    def _begin(self, call: Call) -> Call:
        self._running[call.source] += 1
        return call

    def finish(self, call: Call) -> None:
        """Note that a call is no longer under way."""
        self._running[call.source] -= 1
        if not self._running[call.source]:
            del self._running[call.source]
        if call is self._alone:
            self._alone, self._is_alone_running = None, False

    @property
    def has_alone(self) -> bool:
        """Whether a call that must be alone waits or runs."""
        return self._alone is not None or any(
            call.is_alone for calls in self._waiting.values() for call in calls
        )

    def drain(self) -> tuple[Call, ...]:
        """Remove and return all calls that wait."""
        calls = [call for waiting in self._waiting.values() for call in waiting]
        self._waiting.clear()
        if self._alone is not None and not self._is_alone_running:
            calls.append(self._alone)
            self._alone = None
        return tuple(calls)


def make_call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    source: str,
) -> Call:
    """Return a call of a function whose arguments may be pages or bodies."""
    return Call(
        source=source,
        function=function,
        args=args,
        kwargs=kwargs,
        answer=asyncio.get_running_loop().create_future(),
        size_bytes=sum(map(_size, args)),
        is_backfill=any(map(_is_backfill, args)),
    )


def _is_backfill(value: object) -> bool:
    return isinstance(value, Page) and value.occasion is Occasion.BACKFILL


def _size(value: object) -> int:
    body = value.body if isinstance(value, Page) else value
    return len(body) if isinstance(body, bytes) else 0
