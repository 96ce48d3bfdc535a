"""The one place that knows what time it is, so that a test can say otherwise."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

# no clock that is right shows less: the libraries this release needs are not older. A test moves it along
EARLIEST = datetime(2026, 7, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Give the present instant, aware and in UTC."""
    return datetime.now(UTC)
