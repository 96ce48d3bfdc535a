"""Messages use their reader's zone and locale, and say only what is of use to that reader."""

import re
from pathlib import Path

from crawler.config.sections.recipients import RecipientSettings
from tests.fakes import FakeMailbox, read_part
from tests.flows.mail.test_digests import open_office
from tests.newsroom import make_story


def test_a_message_of_watches_in_two_zones_uses_one_zone(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    # 17:00 in Berlin is 11:00 in New York
    watches = [
        {"name": "drones", "digest": "17:00"},
        {"name": "swarms", "query": "swarm", "digest": "11:00", "timezone": "America/New_York"},
    ]
    shared = {"alert": "digest", "group": "evening"}
    with open_office(tmp_path, mailbox, *({**watch, **shared} for watch in watches)) as office:
        office.newsroom.keep(make_story(1))
        office.newsroom.keep(make_story(2, word="swarm"))
        office.advance(hours=6)

    assert len(mailbox.messages) == 1
    assert office.last().count("23 Nov 2026, 11:00 CET") == 2


def test_each_reader_has_the_configured_zone_and_locale(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    watch = {"name": "drones", "to": ("me@example.org", "You@example.org", "she@example.org")}
    recipients = (
        RecipientSettings(address="you@example.org", timezone="Asia/Tokyo", locale="en-US"),
        RecipientSettings(address="she@example.org", locale="de-AT"),
    )
    mail = {"timezone": "Europe/London"}
    with open_office(tmp_path, mailbox, watch, recipients=recipients, **mail) as office:
        office.newsroom.keep(make_story(1))
        office.tick()
        messages = {str(message["To"]): read_part(message) for message in mailbox.messages}

    assert "23 Nov 2026, 10:00 GMT" in messages["me@example.org"]
    assert "Nov 23, 2026, 7:00 PM JST" in messages["You@example.org"]
    assert "23.11.2026, 10:00 GMT" in messages["she@example.org"]


def test_the_admin_gets_commands_and_others_an_address_to_write_to(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    watch = {"name": "drones", "to": ("me@example.org", "you@example.org")}
    with open_office(tmp_path, mailbox, watch, admin="me@example.org", per_hour=1) as office:
        for number in range(3):
            office.newsroom.keep(make_story(number))
        office.tick()
        office.advance(hours=1)
        office.advance(days=7)  # status reports
        mine, theirs = (
            [read_part(one) for one in mailbox.messages if one["To"] == f"{name}@example.org"]
            for name in ("me", "you")
        )

    assert (len(mine), len(theirs)) == (3, 3)
    assert all(re.search(r"watchword\s+[a-z]", text) for text in mine)
    for text in theirs:
        assert "write to me@example.org" in text
        assert not re.search(r"watchword\s+[a-z]|\[mail\]|127\.0\.0\.1", text)
