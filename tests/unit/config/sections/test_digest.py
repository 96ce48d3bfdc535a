"""When digests leave, in their reader's zone."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from crawler.config.sections.digest import DigestTimes, next_digest_at, read_digest_times

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("08:00", DigestTimes((time(8),), EVERY_DAY)),
        ("17:30, 8:00", DigestTimes((time(8), time(17, 30)), EVERY_DAY)),
        ("mon-fri 07:30", DigestTimes((time(7, 30),), frozenset(range(5)))),
        ("sat 09:00 SUN", DigestTimes((time(9),), frozenset({5, 6}))),
        ("fri-mon 09:00", DigestTimes((time(9),), frozenset({4, 5, 6, 0}))),
    ],
)
def test_hours_and_days_are_read_as_people_write_them(text: str, times: DigestTimes) -> None:
    assert read_digest_times(text) == times


@pytest.mark.parametrize("text", ["", "noon", "25:00", "mon-fri", "8", "mon-xyz 08:00"])
def test_an_invalid_time_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="08:00"):
        read_digest_times(text)


@pytest.mark.parametrize(
    ("text", "after", "moment"),
    [
        ("08:00", "2026-11-24T06:59:59", "2026-11-24T07:00:00"),
        ("08:00", "2026-11-24T07:00:00", "2026-11-25T07:00:00"),
        ("08:00, 17:30", "2026-11-24T12:00:00", "2026-11-24T16:30:00"),
        ("mon-fri 08:00", "2026-11-27T12:00:00", "2026-11-30T07:00:00"),
        # the clock is set forward on 29 March 2026 at 02:00, and back on 25 October at 03:00
        ("08:00", "2026-03-28T12:00:00", "2026-03-29T06:00:00"),
        ("02:30", "2026-03-28T12:00:00", "2026-03-29T01:30:00"),
        ("08:00", "2026-10-24T12:00:00", "2026-10-25T07:00:00"),
        ("02:30", "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
    ],
)
def test_the_next_digest_is_found_across_clock_changes(text: str, after: str, moment: str) -> None:
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)

    found = next_digest_at(read_digest_times(text), BERLIN, after=instant)

    assert found.astimezone(UTC) == datetime.fromisoformat(moment).replace(tzinfo=UTC)
