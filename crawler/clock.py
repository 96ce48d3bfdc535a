"""The current time. Everything takes it from here, so that a test can set another."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

# a clock that shows less is wrong: a board without a battery boots with one, and the daemon waits until it is set.
# The libraries this release needs are not older; a test keeps the date up to them
EARLIEST = datetime(2026, 7, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(UTC)
