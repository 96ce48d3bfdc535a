"""The calls that wait for the pool, and the choice of the next one: sources are served in turn.

One queue for all let one source of slow pages (20 s each) starve 42 good ones: 2 or 3 visits of 30 in a quarter of an hour.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawler.model.article import Page

# while pages of first visits wait, a quarter of the calls is theirs: news alone may keep the pool busy for hours
_NEWS_IN_A_ROW = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """A call of a function of ``extract``, to be made in a worker.

    is_alone     nothing else may be under way meanwhile
    is_page      it reads a page, which waits if its source has used up its budget; feeds never wait
    is_news      calls that are none, such as pages of a first visit, wait until no news does
    size_bytes   of the body among its arguments
    """

    source: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: "asyncio.Future[Any]"
    is_alone: bool = False
    is_page: bool = False
    is_news: bool = True
    size_bytes: int = 0


class FairQueue:
    """A queue for each source, served in turn: first those of news, but for each fourth call.

    A source gets a second worker only while no other waits, and never the last one: the next call must not have to wait
    until slow pages are given up. Heavy sources, which have cost much lately, share all workers but one.
    """

    def __init__(self, worker_count: int, *, is_heavy: Callable[[str], bool]) -> None:
        self._worker_count = worker_count
        self._most_of_one = max(1, worker_count - 1)
        self._is_heavy = is_heavy
        # news, and what can wait; the keys are in the order of their turns
        self._waiting: dict[bool, dict[str, deque[Call]]] = {True: {}, False: {}}
        self._news_count = 0
        self._running: Counter[str] = Counter()
        self._alone: Call | None = None
        self._is_alone_running = False

    def add(self, call: Call) -> None:
        """Put a call at the end of its source's queue."""
        self._waiting[call.is_news].setdefault(call.source, deque()).append(call)

    def discard(self, call: Call) -> None:
        """Remove a call that nobody waits for any more, if it is still in the queue."""
        if self._alone is call and not self._is_alone_running:
            self._alone = None
        waiting = self._waiting[call.is_news]
        calls = waiting.get(call.source, deque())
        if call in calls:
            calls.remove(call)
            if not calls:
                del waiting[call.source]

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
        """Return the next call: news, or what has let enough news pass."""
        is_news_first = self._news_count < _NEWS_IN_A_ROW
        call = self._pick_from(is_news_first) or self._pick_from(not is_news_first)
        if call is not None:
            self._news_count = self._news_count + 1 if call.is_news and self._waiting[False] else 0
        return call

    def _pick_from(self, is_news: bool) -> Call | None:  # a key
        """Return the next call of the source with the fewest calls under way; among several, the one whose turn it is."""
        waiting = self._waiting[is_news]
        heavy_count = sum(count for name, count in self._running.items() if self._is_heavy(name))
        open_to = [
            name
            for name in waiting
            if self._running[name] < self._most_of_one
            and not (heavy_count >= self._most_of_one and self._is_heavy(name))
        ]
        if not open_to:
            return None
        name = min(open_to, key=self._running.__getitem__)
        calls = waiting.pop(name)
        call = calls.popleft()
        if calls:
            waiting[name] = calls
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
        return self._alone is not None or any(call.is_alone for call in self._list_waiting())

    def _list_waiting(self) -> list[Call]:
        return [
            call
            for waiting in self._waiting.values()
            for calls in waiting.values()
            for call in calls
        ]

    def drain(self) -> tuple[Call, ...]:
        """Remove and return all calls that wait."""
        calls = self._list_waiting()
        for waiting in self._waiting.values():
            waiting.clear()
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
    )


def _size(value: object) -> int:
    body = value.body if isinstance(value, Page) else value
    return len(body) if isinstance(body, bytes) else 0
