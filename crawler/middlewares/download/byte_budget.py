"""How many bytes of answers are in memory at once: those being received, and those received that nobody has finished with.

Sixty-four answers of 10 MB are 640 MB, and pages are fetched faster than they are understood. So each answer is counted
while it grows and until it is let go; over the limit no request leaves and no byte is read, and nothing fails for it.

Nothing can stand still for good: where no finished answer is left that could make room, the oldest that waits goes on
though the budget is spent, one at a time. So at most the limit and one largest answer are held.
"""

import asyncio
import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary, finalize

from scrapy.crawler import Crawler

# a page is understood or given up in 20 s; where nothing was let go for longer, those who hold wait for those who want
_PATIENCE_SECONDS = 30.0
# what one domain may hold while others wait: a site of slow, large pages must leave room
_SHARES = 4


class Ticket:
    """The place of one answer in the budget, from the moment its request may leave."""

    __slots__ = ("_budget", "_tie", "held_bytes", "is_finished", "key")

    def __init__(self, budget: "ByteBudget", key: str) -> None:
        self._budget = budget
        self._tie: finalize[..., object] | None = None
        self.key = key
        self.held_bytes = 0
        self.is_finished = False

    def grow(self, count: int, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Count bytes just received; over the limit ``pause`` is called, and ``resume`` once there is room."""
        self._budget.take(self, count)
        if not self._budget.may_go_on(self):
            pause()
            self._budget.wait(_Waiter(self, resume))

    async def make_room(self, count: int) -> None:
        """Wait until so many bytes more fit, and count them."""
        if self._budget.may_go_on(self, count):
            self._budget.take(self, count)
        else:
            await self._budget.wait_for(self, count)

    def tie(self, answer: object) -> None:
        """Let the ticket go when an answer is gone from memory, whoever held it last, and not with the one before."""
        if self._tie is not None:
            self._tie.detach()
        loop = asyncio.get_running_loop()
        self._tie = finalize(answer, _call_in, loop, self.let_go)
        self._tie.atexit = False

    def settle(self, size_bytes: int) -> None:
        """Correct what is counted to what the answer takes."""
        self._budget.take(self, size_bytes - self.held_bytes)

    def finish(self, size_bytes: int) -> None:
        """Say that the answer is whole, and how much of it stays until it is let go."""
        self._budget.finish(self, size_bytes)

    def let_go(self) -> None:
        """Say that nothing of the answer is left; more than once does no harm."""
        self._budget.let_go(self)


def _call_in(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Have something done by the loop: garbage is collected in whichever thread is running."""
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
        loop.call_soon_threadsafe(call)


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits: an answer for more bytes, or a request that wants to leave."""

    ticket: Ticket
    go: Callable[[], None]
    count: int = 0
    is_new: bool = False


class ByteBudget:
    """Counts bytes for all answers of a process.

    patience_seconds  after so long without anything let go, the first in line goes on
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
        """How many answers and requests wait for room."""
        return len(self._line)

    async def enter(self, key: str) -> Ticket:
        """Wait until a request may leave; ``key`` is what shares its part of the budget, such as a domain."""
        ticket = Ticket(self, key)
        await self.wait_for(ticket, 0, is_new=True)
        return ticket

    def adopt(self, key: str, answer: object, size_bytes: int) -> None:
        """Count a finished answer that came another way."""
        ticket = Ticket(self, key)
        ticket.finish(size_bytes)
        ticket.tie(answer)

    def take(self, ticket: Ticket, count: int) -> None:
        """Count bytes for a ticket."""
        ticket.held_bytes += count
        self.held_bytes += count
        held = self._by_key.get(ticket.key, 0) + count
        if held:
            self._by_key[ticket.key] = held
        else:
            self._by_key.pop(ticket.key, None)

    def may_go_on(self, ticket: Ticket, count: int = 0) -> bool:
        """Tell whether an answer may take so many bytes more; where none could make room, one goes on all the same."""
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
        """Wait for the turn of a ticket, which takes ``count`` bytes."""
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
        """Put somebody into the line: answers under way before requests that have not left, else in the order they came."""
        if any(other.ticket is waiter.ticket for other in self._line):
            return
        self._line.append(waiter)
        self._line.sort(key=lambda waiter: waiter.is_new)
        if self._timer is None:
            self._wind_timer()

    def finish(self, ticket: Ticket, size_bytes: int) -> None:
        """Count an answer as whole."""
        if ticket.is_finished:
            return
        ticket.is_finished = True
        self.take(ticket, size_bytes - ticket.held_bytes)
        self._finished_bytes += size_bytes
        self._end_exemption(ticket)
        self._wake()

    def let_go(self, ticket: Ticket) -> None:
        """Give back what a ticket holds."""
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
        """Let go on who may: answers under way first, then requests in the order they came."""
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
        """Let the first in line go on although nothing was let go: perhaps it is what the others wait for."""
        gc.collect()  # answers in a circle of references are let go only now, in the loop's next turn
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
