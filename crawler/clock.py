"""The current time. All code takes it from here, so that a test can set another one."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

# an earlier time means that the clock is not set: a board without a battery boots with 1970 or with the time it was switched
# off, and the daemon waits. A test fails when the date falls more than 400 days behind the newest commit
EARLIEST = datetime(2026, 7, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(UTC)
