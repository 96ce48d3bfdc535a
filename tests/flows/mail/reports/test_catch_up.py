"""Ninety simulated days: both changes to and from summer time, three days of downtime, and a clock that was set back."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.fakes import FakeMailbox, read_part
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import make_story

BERLIN = ZoneInfo("Europe/Berlin")
STEP = timedelta(minutes=15)


class Days:
    """Lets time pass, finds a story now and then, and records when each message came."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.rng = Random(7)
        self.found: list[tuple[int, datetime]] = []
        self.came: list[tuple[str, datetime]] = []

    def live(self, until: datetime) -> None:
        while self.office.clock() < until:
            if self.rng.random() < 0.02:
                self.find_story()
            self.pass_time(STEP)

    def find_story(self) -> None:
        number = len(self.found)
        self.found.append((number, self.office.clock()))
        self.office.newsroom.keep(make_story(number))

    def pass_time(self, length: timedelta) -> None:
        before = len(self.office.mailbox.messages)
        self.office.clock.now += length
        self.office.tick()
        for message in self.office.mailbox.messages[before:]:
            kind = "status_report" if "If your inbox" in read_part(message) else "digest"
            self.came.append((kind, self.office.clock()))

    def moments(self, kind: str) -> list[datetime]:
        return [instant for found, instant in self.came if found == kind]


@pytest.mark.slow
@pytest.mark.ninety_days
@pytest.mark.parametrize("begin", ["2026-02-09", "2026-09-14"])
def test_for_ninety_days_each_digest_and_status_report_comes_when_due_and_none_twice(
    tmp_path: Path, mailbox: FakeMailbox, begin: str
) -> None:
    watch = {"name": "drones", "alert": "digest", "digest": "02:30, 17:00"}
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    with open_office(tmp_path, mailbox, watch, status_report="mon 08:00") as office:
        office.database.execute("DELETE FROM recipients")
        office.clock.now = start
        office.tick()
        days = Days(office)
        days.live(start + timedelta(days=30))
        down_at = office.clock()
        days.pass_time(timedelta(days=3))  # nothing ran
        up_at = office.clock()
        day = (start + timedelta(days=60)).date()
        days.live(datetime(day.year, day.month, day.day, 17, 30, tzinfo=BERLIN).astimezone(UTC))
        office.clock.now -= timedelta(hours=1)  # the clock was set back over an hour of the digest
        days.find_story()
        days.live(start + timedelta(days=90))
        days.pass_time(timedelta(days=1))

    # every story is in exactly one digest
    texts = "\n".join(f"{read_part(message)}\n" for message in mailbox.messages)
    alerted = Counter(
        number
        for number, _ in days.found
        for line in texts.splitlines()
        if line.endswith(f". Story {number}")
    )
    assert alerted == Counter(dict.fromkeys(range(len(days.found)), 1))
    assert len(days.found) > 100

    # each within a step after a configured local hour; those due during the downtime came right after it
    for instant in days.moments("digest"):
        is_due = any(_was_just(instant, hour, minute) for hour, minute in ((2, 30), (17, 0)))
        assert is_due or instant == up_at or instant == days.came[-1][1], instant
    per_day = Counter(
        (instant.astimezone(BERLIN).date(), instant.astimezone(BERLIN).hour)
        for instant in days.moments("digest")
    )
    assert set(per_day.values()) == {1}

    # a status report every Monday at eight, and one for the Mondays of the downtime
    mondays = [
        monday for week in range(14) if start < (monday := _monday(start, week)) <= office.clock()
    ]
    expected = [up_at if down_at < monday <= up_at else monday for monday in mondays]
    assert [_floor(instant) for instant in days.moments("status_report")] == [
        _floor(instant) for instant in dict.fromkeys(expected)
    ]


def _was_just(instant: datetime, hour: int, minute: int) -> bool:
    """Return whether a local hour was reached within the last step; a skipped hour counts at its end."""
    for moment in (instant, instant - STEP + timedelta(seconds=1)):
        local = moment.astimezone(BERLIN)
        due = datetime(local.year, local.month, local.day, hour, minute, tzinfo=BERLIN).timestamp()
        if 0 <= instant.timestamp() - due < STEP.total_seconds():
            return True
    return False


def _monday(start: datetime, week: int) -> datetime:
    day = start.astimezone(BERLIN).date() + timedelta(weeks=week)
    day -= timedelta(days=day.weekday())
    return datetime(day.year, day.month, day.day, 8, tzinfo=BERLIN).astimezone(UTC)


def _floor(instant: datetime) -> int:
    return int(instant.timestamp() // STEP.total_seconds())
