"""Instants as people read them: day and hour in a zone, with the zone's name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.alerting.phrases import Phrases
from crawler.text.instants import (
    write_clock,
    write_day,
    write_instant,
    write_iso,
    write_recent,
    write_wait,
)

BERLIN = ZoneInfo("Europe/Berlin")
# the new year has begun in Berlin, and not in UTC
NEW_YEAR = datetime(2026, 12, 31, 23, 0, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "31 Dec 2026 23:00 UTC"),
        ("Europe/Berlin", "1 Jan 2027 00:00 CET"),
        ("Asia/Kathmandu", "1 Jan 2027 04:45 UTC+05:45"),
        ("America/Sao_Paulo", "31 Dec 2026 20:00 UTC-03"),
    ],
)
def test_an_instant_names_its_zone(zone: str, text: str) -> None:
    assert write_instant(NEW_YEAR, ZoneInfo(zone)) == text


def test_a_day_is_that_of_its_zone() -> None:
    assert write_day(NEW_YEAR, BERLIN) == "1 Jan 2027"
    assert write_day(NEW_YEAR) == "31 Dec 2026"
    assert write_clock(NEW_YEAR, BERLIN) == "00:00:07"


@pytest.mark.parametrize("month", range(1, 13))
def test_the_terminal_and_a_message_write_the_same_day(month: int) -> None:
    instant = datetime(2026, month, 3, 12, 0, tzinfo=UTC)
    phrases = Phrases("en_GB", "Europe/Berlin")

    assert write_day(instant, BERLIN) == phrases.day(instant)
    later = instant + timedelta(days=20)
    assert write_recent(instant, BERLIN, now=later) == phrases.short_instant(instant)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(hours=1), "10:00"),
        (timedelta(hours=12), "yesterday 23:00"),
        (timedelta(days=20), "3 Nov 11:00"),
        (timedelta(days=385), "3 Nov 2025"),
    ],
)
def test_a_recent_instant_is_written_short(age: timedelta, text: str) -> None:
    assert write_recent(NOW - age, BERLIN, now=NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "now"), (0, "now"), (40, "in 40 s"), (720, "in 12 min"), (7200, "in 2 h"), (200_000, "in 2 d")],
)  # fmt: skip
def test_a_wait_is_written_in_its_largest_unit(seconds: int, text: str) -> None:
    assert write_wait(NOW + timedelta(seconds=seconds), now=NOW) == text


def test_a_program_reads_an_instant_back() -> None:
    assert datetime.fromisoformat(write_iso(NEW_YEAR)) == NEW_YEAR
