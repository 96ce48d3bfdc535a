"""The byte budget: a limit for all answers in memory, those being received and those still in use.

Sixty-four answers of 10 MB are 640 MB, and pages are fetched faster than they are understood: one feed of 500 pages of
10 MB took 1,528 MB (decision 020). So each answer is counted from its first byte until it is gone from memory. Over the
limit no request leaves and no byte is read, but nothing fails.

Nothing waits for ever: if no finished answer is left that could make room, the first in line goes on although the budget is
spent, one at a time. So at most the limit and one largest answer are held.
"""

import asyncio
import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary, finalize

from scrapy.crawler import Crawler

# reading a page ends within 20 s (parse_timeout): if nothing was released for longer, those that hold bytes are themselves
# waiting for somebody in the line
_PATIENCE_SECONDS = 30.0
# one domain may hold a quarter of the budget before it waits: a site of slow, large pages must leave room for others
_SHARES = 4


class Ticket:
    """The share of one answer in the budget, from the moment its request may leave."""

    __slots__ = ("_budget", "_tie", "held_bytes", "is_finished", "key")

    def __init__(self, budget: "ByteBudget", key: str) -> None:
        self._budget = budget
        self._tie: finalize[..., object] | None = None
        self.key = key
        self.held_bytes = 0
        self.is_finished = False

    def grow(self, count: int, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Count received bytes; over the limit call ``pause``, and ``resume`` once there is room."""
        self._budget.take(self, count)
        if not self._budget.may_go_on(self):
            pause()
            self._budget.wait(_Waiter(self, resume))

    async def make_room(self, count: int) -> None:
        """Wait until ``count`` further bytes fit, and count them."""
        if self._budget.may_go_on(self, count):
            self._budget.take(self, count)
        else:
            await self._budget.wait_for(self, count)

    def tie(self, answer: object) -> None:
        """Release the ticket when an answer is gone from memory, in place of the answer tied before.

        Python itself reports that (``weakref.finalize``), so that no code has to remember to release.
        """
        if self._tie is not None:
            self._tie.detach()
        loop = asyncio.get_running_loop()
        self._tie = finalize(answer, _call_in, loop, self.let_go)
        self._tie.atexit = False

    def settle(self, size_bytes: int) -> None:
        """Correct the count to the size of the answer."""
        self._budget.take(self, size_bytes - self.held_bytes)

    def finish(self, size_bytes: int) -> None:
        """Mark the answer as complete, and count the bytes that stay until it is released."""
        self._budget.finish(self, size_bytes)

    def let_go(self) -> None:
        """Release everything; further calls do nothing."""
        self._budget.let_go(self)


def _call_in(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Call something in the event loop, because garbage is collected in whichever thread is running."""
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
        loop.call_soon_threadsafe(call)


@dataclass(slots=True, eq=False)
class _Waiter:
    """One place in the line: an answer that waits for more bytes, or a request that waits to leave."""

    ticket: Ticket
    go: Callable[[], None]
    count: int = 0
    is_new: bool = False


class ByteBudget:
    """Counts the bytes of all answers of a process.

    patience_seconds  after this long without any release the first in line goes on
    """

    def __init__(self, limit_bytes: int, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._limit_bytes = limit_bytes
        self._patience_seconds = patience_seconds
        self.held_bytes = 0
        self._finished_bytes = 0
        self._by_key: dict[str, int] = {}
        self._line: list[_Waiter] = []
        self._exempt: Ticket | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting_count(self) -> int:
        """Return how many answers and requests wait for room."""
        return len(self._line)

    async def enter(self, key: str) -> Ticket:
        """Wait until a request may leave, and return its ticket; answers with one ``key``, the domain, share a quarter."""
        ticket = Ticket(self, key)
        await self.wait_for(ticket, 0, is_new=True)
        return ticket

    def adopt(self, key: str, answer: object, size_bytes: int) -> None:
        """Count a complete answer that was not downloaded by our handler, such as a rendered page."""
        ticket = Ticket(self, key)
        ticket.finish(size_bytes)
        ticket.tie(answer)

    def take(self, ticket: Ticket, count: int) -> None:
        """Count bytes for a ticket; a negative number releases them."""
        ticket.held_bytes += count
        self.held_bytes += count
        held = self._by_key.get(ticket.key, 0) + count
        if held:
            self._by_key[ticket.key] = held
        else:
            self._by_key.pop(ticket.key, None)

    def may_go_on(self, ticket: Ticket, count: int = 0) -> bool:
        """Return whether an answer may take ``count`` further bytes: there is room, or nothing can make room and it is the only one."""
        if self.held_bytes + count <= self._limit_bytes or self._exempt is ticket:
            return True
        if self._finished_bytes or self._exempt is not None:
            return False
        self._exempt = ticket
        return True

    def _may_leave(self, ticket: Ticket) -> bool:
        share = self._by_key.get(ticket.key, 0)
        return self.held_bytes < self._limit_bytes and share < self._limit_bytes / _SHARES

    async def wait_for(self, ticket: Ticket, count: int, *, is_new: bool = False) -> None:
        """Wait for a ticket's turn, and count ``count`` bytes for it."""
        turn = asyncio.get_running_loop().create_future()

        def go() -> None:
            if not turn.done():
                turn.set_result(None)

        self.wait(_Waiter(ticket, go, count, is_new))
        self._wake()
        try:
            await turn
        finally:
            self._leave_line(ticket)

    def wait(self, waiter: _Waiter) -> None:
        """Join the line: answers under way before requests that have not left, otherwise in order of arrival."""
        if any(other.ticket is waiter.ticket for other in self._line):
            return
        self._line.append(waiter)
        self._line.sort(key=lambda waiter: waiter.is_new)
        if self._timer is None:
            self._wind_timer()

    def finish(self, ticket: Ticket, size_bytes: int) -> None:
        """Count an answer as complete."""
        if ticket.is_finished:
            return
        ticket.is_finished = True
        self.take(ticket, size_bytes - ticket.held_bytes)
        self._finished_bytes += size_bytes
        self._end_exemption(ticket)
        self._wake()

    def let_go(self, ticket: Ticket) -> None:
        """Release all bytes of a ticket."""
        if ticket.is_finished:
            self._finished_bytes -= ticket.held_bytes
        self.take(ticket, -ticket.held_bytes)
        self._leave_line(ticket)
        self._end_exemption(ticket)
        if self._timer is not None:
            self._wind_timer()
        self._wake()

    def _end_exemption(self, ticket: Ticket) -> None:
        if self._exempt is ticket:
            self._exempt = None

    def _leave_line(self, ticket: Ticket) -> None:
        self._line = [waiter for waiter in self._line if waiter.ticket is not ticket]

    def _wake(self) -> None:
        """Let everybody in the line go on who may: answers under way first, then requests in order of arrival."""
        for waiter in tuple(self._line):
            if waiter.is_new and not self._line[0].is_new:
                break
            if self._is_turn_of(waiter):
                self._let_go_on(waiter)
        if not self._line and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_turn_of(self, waiter: _Waiter) -> bool:
        if waiter.is_new:
            return self._may_leave(waiter.ticket)
        return self.may_go_on(waiter.ticket, waiter.count)

    def _let_go_on(self, waiter: _Waiter) -> None:
        self._leave_line(waiter.ticket)
        self.take(waiter.ticket, waiter.count)
        waiter.go()

    def _wind_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._patience_seconds, self.relieve)

    def relieve(self) -> None:
        """Let the first in line go on although nothing was released: the others may be waiting for it."""
        gc.collect()  # releases answers in reference cycles, in the loop's next turn
        if self._line:
            waiter = self._line[0]
            self._exempt = waiter.ticket
            self._let_go_on(waiter)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._line:
            self._wind_timer()


_budgets: "WeakKeyDictionary[Crawler, ByteBudget]" = WeakKeyDictionary()


def budget_of(crawler: Crawler) -> ByteBudget:
    """Return the budget that all handlers and middlewares of a crawler share."""
    if crawler not in _budgets:
        _budgets[crawler] = ByteBudget(crawler.settings.getint("IN_FLIGHT_MAXSIZE"))
    return _budgets[crawler]
