"""A mute ends at a midnight of the configuration's zone, and is shown with that day."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.fakes import FakeMailbox
from tests.flows.mail.test_leaving_out import Office
from watchword.cli.watch.watch_mute import describe_mutes


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    office = Office(tmp_path, mailbox)
    yield office
    office.writer.close()
    office.database.close()


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "UTC", "America/New_York"],
)
def test_a_mute_is_shown_with_the_day_it_was_asked_for(office: Office, zone: str) -> None:
    office.put({"name": "drones", "to": ("me@example.org",)})
    midnight = datetime(2099, 1, 1, tzinfo=ZoneInfo(zone))
    office.mute(until=midnight.astimezone(UTC))

    assert describe_mutes(office.database, "drones", zone=ZoneInfo(zone)) == [
        "the watch until 1 Jan 2099"
    ]
