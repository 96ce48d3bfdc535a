"""Whoever writes an address in another way is the same person: nothing is told anew, and no mute ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, list_mutes, save_mute
from tests.fakes import START, FakeMailbox
from tests.flows.test_leaving_out import DIGEST, Office
from tests.flows.test_stories import SENTENCE, STORY, article
from tests.newsroom import make_story

FIRST, AGAIN = "Jörg@Example.org", "jo\u0308rg@EXAMPLE.org"


@pytest.fixture
def desk(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    desk = Office(tmp_path, mailbox)
    yield desk
    desk.writer.close()
    desk.database.close()


def outbox(desk: Office) -> list[tuple[str, str]]:
    rows = desk.database.execute(
        "SELECT kind, recipient FROM outbox JOIN alerts ON alerts.id = alert_id ORDER BY outbox.id"
    )
    return [(row["kind"], row["recipient"]) for row in rows]


def test_a_story_is_not_told_anew_to_whom_the_file_spells_otherwise(desk: Office) -> None:
    desk.put({"name": "drones", "to": (FIRST,)})
    desk.newsroom.keep(article("courier.org/1", SENTENCE, STORY))
    desk.advance(minutes=1)

    desk.put({"name": "drones", "to": (AGAIN,)})
    desk.newsroom.keep(article("gazette.org/1", SENTENCE, STORY), source="gazette")

    assert outbox(desk) == [("new", FIRST)]


def test_a_watch_that_names_one_mailbox_in_two_spellings_tells_it_once(desk: Office) -> None:
    desk.put({"name": "drones", "to": ("me@example.org", "Me@Example.org")})
    desk.newsroom.keep()

    assert len(outbox(desk)) == 1


def test_a_mute_holds_for_every_spelling(desk: Office) -> None:
    desk.put({"name": "drones", "to": (FIRST, "you@example.org")})
    desk.mute(recipient=FIRST)

    desk.put({"name": "drones", "to": (AGAIN, "you@example.org")})
    desk.newsroom.keep()

    assert outbox(desk) == [("new", "you@example.org")]


def test_a_mute_of_another_spelling_takes_the_place_of_the_first(desk: Office) -> None:
    desk.put({"name": "drones", "to": (FIRST,)})
    for name in (FIRST, AGAIN, FIRST):
        desk.mute(recipient=name)

    assert len(list_mutes(desk.database, now=START)) == 1


def test_a_digest_goes_on_being_gathered_under_another_spelling(desk: Office) -> None:
    desk.put({**DIGEST, "to": ("Me@example.org",)})
    desk.newsroom.keep(make_story(1))
    desk.advance(minutes=1)
    desk.put({**DIGEST, "to": ("me@example.org",)})
    desk.newsroom.keep(make_story(2))
    desk.advance(days=1)

    digests = [row for row in desk.rows("kind, state") if row[0] == "digest"]
    assert digests == [("digest", "sent")]


def test_what_is_left_out_of_a_digest_is_known_by_every_spelling(desk: Office) -> None:
    desk.put({**DIGEST, "to": ("Me@example.org",)})
    desk.newsroom.keep(make_story(1))
    desk.advance(minutes=1)
    desk.put({**DIGEST, "to": ("me@example.org",)})
    desk.mute(recipient="ME@example.org")
    desk.advance(days=1)

    assert "story" not in " ".join(str(one["Subject"]) for one in desk.mailbox.letters)


def test_status_reports_go_on_where_the_last_one_ended(desk: Office) -> None:
    desk.put({"name": "drones", "to": ("Me@example.org",)})
    named = "SELECT recipient, first_named_at FROM recipients"
    before = tuple(desk.database.execute(named).fetchone())
    desk.clock.advance(hours=3)
    desk.put({"name": "drones", "to": ("me@example.org",)})

    rows = [tuple(row) for row in desk.database.execute(named)]
    assert rows == [("me@example.org", before[1])]


def test_a_mute_moves_with_its_watch_before_its_alerts_do(desk: Office) -> None:
    """The daemon brings two rows together, the crawl process moves what they told a moment later."""
    desk.put({**DIGEST, "to": ("me@example.org",)})
    desk.put({**DIGEST, "name": "uav", "query": "drone OR uav", "to": ("me@example.org",)})
    desk.newsroom.keep(make_story(1))
    desk.tick()
    with transaction(desk.database):
        save_mute(desk.database, Mute(watch_id=2, recipient="me@example.org"), now=desk.clock())
    desk.ask(RequestKind.RENAME_WATCH, old="drones", new="uav")
    config = desk.config
    assert config is not None
    desk.postman.use_config(config)  # as the daemon does after a renaming
    desk.advance(days=1)

    assert desk.told() == []
