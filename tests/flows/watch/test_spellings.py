"""A recipient whose address is spelled differently is the same person: no alert comes again, and no mute ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, list_mutes, save_mute
from tests.fakes import START, FakeMailbox
from tests.flows.mail.test_leaving_out import DIGEST, Office
from tests.flows.news.test_stories import SENTENCE, STORY, article
from tests.newsroom import make_story

FIRST, AGAIN = "Jörg@Example.org", "jo\u0308rg@EXAMPLE.org"


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    office = Office(tmp_path, mailbox)
    yield office
    office.writer.close()
    office.database.close()


def outbox(office: Office) -> list[tuple[str, str]]:
    rows = office.database.execute(
        "SELECT kind, recipient FROM outbox JOIN alerts ON alerts.id = alert_id ORDER BY outbox.id"
    )
    return [(row["kind"], row["recipient"]) for row in rows]


def test_a_story_causes_no_further_alert_for_another_spelling_of_a_recipient(
    office: Office,
) -> None:
    office.put({"name": "drones", "to": (FIRST,)})
    office.newsroom.keep(article("courier.org/1", SENTENCE, STORY))
    office.advance(minutes=1)

    office.put({"name": "drones", "to": (AGAIN,)})
    office.newsroom.keep(article("gazette.org/1", SENTENCE, STORY), source="gazette")

    assert outbox(office) == [("new", FIRST)]


def test_a_watch_with_two_spellings_of_one_mailbox_alerts_it_once(office: Office) -> None:
    office.put({"name": "drones", "to": ("me@example.org", "Me@Example.org")})
    office.newsroom.keep()

    assert len(outbox(office)) == 1


def test_a_mute_applies_to_every_spelling(office: Office) -> None:
    office.put({"name": "drones", "to": (FIRST, "you@example.org")})
    office.mute(recipient=FIRST)

    office.put({"name": "drones", "to": (AGAIN, "you@example.org")})
    office.newsroom.keep()

    assert outbox(office) == [("new", "you@example.org")]


def test_a_mute_of_another_spelling_replaces_the_first_one(office: Office) -> None:
    office.put({"name": "drones", "to": (FIRST,)})
    for name in (FIRST, AGAIN, FIRST):
        office.mute(recipient=name)

    assert len(list_mutes(office.database, now=START)) == 1


def test_a_digest_continues_to_be_gathered_under_another_spelling(office: Office) -> None:
    office.put({**DIGEST, "to": ("Me@example.org",)})
    office.newsroom.keep(make_story(1))
    office.advance(minutes=1)
    office.put({**DIGEST, "to": ("me@example.org",)})
    office.newsroom.keep(make_story(2))
    office.advance(days=1)

    digests = [row for row in office.rows("kind, state") if row[0] == "digest"]
    assert digests == [("digest", "sent")]


def test_alerts_are_left_out_of_a_digest_for_every_spelling(office: Office) -> None:
    office.put({**DIGEST, "to": ("Me@example.org",)})
    office.newsroom.keep(make_story(1))
    office.advance(minutes=1)
    office.put({**DIGEST, "to": ("me@example.org",)})
    office.mute(recipient="ME@example.org")
    office.advance(days=1)

    assert "story" not in " ".join(str(one["Subject"]) for one in office.mailbox.messages)


def test_status_reports_continue_where_the_last_one_ended(office: Office) -> None:
    office.put({"name": "drones", "to": ("Me@example.org",)})
    named = "SELECT recipient, first_named_at FROM recipients"
    before = tuple(office.database.execute(named).fetchone())
    office.clock.advance(hours=3)
    office.put({"name": "drones", "to": ("me@example.org",)})

    rows = [tuple(row) for row in office.database.execute(named)]
    assert rows == [("me@example.org", before[1])]


def test_a_mute_moves_with_its_watch_before_its_alerts_do(office: Office) -> None:
    """The daemon merges two rows; the crawl process moves their alerts a moment later."""
    office.put({**DIGEST, "to": ("me@example.org",)})
    office.put({**DIGEST, "name": "uav", "query": "drone OR uav", "to": ("me@example.org",)})
    office.newsroom.keep(make_story(1))
    office.tick()
    with transaction(office.database):
        save_mute(office.database, Mute(watch_id=2, recipient="me@example.org"), now=office.clock())
    office.ask(RequestKind.RENAME_WATCH, old="drones", new="uav")
    config = office.config
    assert config is not None
    office.delivery_worker.use_config(config)  # as the daemon does after a renaming
    office.advance(days=1)

    assert office.recipients() == []
