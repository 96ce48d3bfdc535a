"""Times in the words of a person."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from watchword.cli.terminal.moments import SinceType, read_day, read_length, read_past

# a Friday
NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("7d", timedelta(days=7)),
        ("3 days", timedelta(days=3)),
        ("3days", timedelta(days=3)),
        ("2w", timedelta(weeks=2)),
        ("2 hours ago", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1 hour 30 minutes", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("a week", timedelta(weeks=1)),
        ("week", timedelta(weeks=1)),
        ("last month", timedelta(days=30)),
        ("0s", timedelta(0)),
        ("d", None),
        ("7", None),
        ("", None),
        ("ago", None),
        ("7 d x", None),
        ("-3d", None),
        ("9" * 400 + "d", None),
        ("20 years", None),
    ],
)
def test_a_length_is_read_as_people_say_it(text: str, length: timedelta | None) -> None:
    assert read_length(text) == length


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # it is Saturday in Berlin already
        ("today", datetime(2026, 11, 28, tzinfo=BERLIN)),
        ("Yesterday", datetime(2026, 11, 27, tzinfo=BERLIN)),
        ("friday", datetime(2026, 11, 27, tzinfo=BERLIN)),
        ("saturday", datetime(2026, 11, 21, tzinfo=BERLIN)),
        ("last mon", datetime(2026, 11, 23, tzinfo=BERLIN)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=BERLIN)),
        ("2026-11-01 08:30", datetime(2026, 11, 1, 8, 30, tzinfo=BERLIN)),
        ("2026-11-01T08:30:00Z", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("12", None),
        ("mo", None),
        ("2026-13-01", None),
    ],
)
def test_a_day_in_the_past_begins_at_midnight_of_the_reader(
    text: str, moment: datetime | None
) -> None:
    assert read_past(text, now=NOW, zone=BERLIN) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-01-01", date(2027, 1, 1)),
        ("tomorrow", date(2026, 11, 28)),
        ("friday", date(2026, 12, 4)),
        ("next mon", date(2026, 11, 30)),
        ("2w", date(2026, 12, 11)),
        ("12h", date(2026, 11, 28)),
        ("soon", None),
    ],
)
def test_a_day_ahead_is_read_as_people_say_it(text: str, day: date | None) -> None:
    assert read_day(text, today=NOW.date()) == day


def test_a_time_back_says_itself_in_a_sentence() -> None:
    since = SinceType(clock=lambda: NOW)

    assert since.convert("3 days", None, None).phrase == "of the last 3 days"
    assert since.convert("2 hours ago", None, None).phrase == "of the last 2 hours"
    assert since.convert("2026-11-01", None, None).phrase == "since 1 Nov 2026"
    assert since.convert("yesterday", None, None).length == timedelta(hours=47.5)


def test_a_slip_is_answered_with_the_accepted_forms() -> None:
    with pytest.raises(click.BadParameter, match='write 7d.*; did you mean "yesterday"?'):
        SinceType(clock=lambda: NOW).convert("yesterdy", None, None)
