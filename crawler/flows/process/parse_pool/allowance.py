"""The worker time of each source, and which sources have to wait: those that used it up or keep being cut off."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from crawler.backoff import Backoff

# `[fetch] parse_budget` is worker time an hour, counted by the minute so that a source has at most sixty numbers
_HOUR = 3600.0
_MINUTE = 60.0
# one page given up after 20 s (of the 5 min an hour) makes a source heavy for an hour; ordinary pages take 0.03 s
_HEAVY_SHARE = 16
# 2, 4, 8 ... 60 minutes, from the second interruption in a row on (decision 019)
_BACKOFF = Backoff(timedelta(minutes=1), timedelta(hours=1))


@dataclass(slots=True)
class _Account:
    """The account of one source.

    seconds  worker time by the minute in which it ended
    """

    seconds: dict[int, float] = field(default_factory=dict)
    interrupted_in_a_row: int = 0
    free_at: float = 0.0


class Allowance:
    """The worker time of sources in the last hour, in memory.

    budget_seconds  worker time for a source's pages within an hour
    monotonic       a clock that never goes back, in seconds
    """

    def __init__(self, budget_seconds: float, monotonic: Callable[[], float]) -> None:
        self._budget = budget_seconds
        self._monotonic = monotonic
        self._accounts: dict[str, _Account] = {}

    def charge(self, source: str, seconds: float) -> None:
        """Add time a worker spent on a source."""
        account = self._accounts.setdefault(source, _Account())
        minute = math.floor(self._monotonic() / _MINUTE)
        account.seconds[minute] = account.seconds.get(minute, 0.0) + seconds

    def note_interrupted(self, source: str) -> None:
        """Note that a page's reading was cut off: from the second in a row on, the source waits 2, 4, 8 ... minutes."""
        account = self._accounts.setdefault(source, _Account())
        account.interrupted_in_a_row += 1
        # one interruption is about a page, two in a row are about the source
        if account.interrupted_in_a_row > 1:
            wait = _BACKOFF.wait_after(account.interrupted_in_a_row)
            account.free_at = self._monotonic() + wait.total_seconds()

    def note_read(self, source: str) -> None:
        """Note that a page was read to its end, with or without an article."""
        account = self._accounts.get(source)
        if account is not None:
            account.interrupted_in_a_row, account.free_at = 0, 0.0

    def is_heavy(self, source: str) -> bool:
        """Return whether a source has cost much within the last hour."""
        return self._spent(source) * _HEAVY_SHARE >= self._budget

    def find_wait(self, source: str) -> tuple[float, str] | None:
        """Return for how many seconds pages of a source have to wait and why, None if they do not."""
        spent = self._spent(source)
        account = self._accounts.get(source)
        if account is None:
            return None
        now = self._monotonic()
        if account.free_at > now:
            count = account.interrupted_in_a_row
            return account.free_at - now, f"the last {count} pages of its source could not be read to their end"  # fmt: skip
        if spent < self._budget:
            return None
        limit = f"{self._budget:g} s"
        return self._until_under(account), f"pages of its source took more than {limit} within an hour to be read"  # fmt: skip

    def _until_under(self, account: _Account) -> float:
        """Return the seconds until the time spent within the last hour is below the budget."""
        rest = sum(account.seconds.values())
        for minute in sorted(account.seconds):
            rest -= account.seconds[minute]
            if rest < self._budget:
                return (minute + 1) * _MINUTE + _HOUR - self._monotonic()
        return _HOUR

    def _spent(self, source: str) -> float:
        account = self._accounts.get(source)
        if account is None:
            return 0.0
        first = math.floor((self._monotonic() - _HOUR) / _MINUTE)
        for minute in [minute for minute in account.seconds if minute < first]:
            del account.seconds[minute]
        if not account.seconds and not account.interrupted_in_a_row:
            del self._accounts[source]
        return sum(account.seconds.values())
