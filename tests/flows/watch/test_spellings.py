"""A recipient whose address is spelled differently is the same person: no alert comes again, and no mute ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.model.mail.alert import DeliveryKind
from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.deliveries import merge_due_digests
from crawler.storage.mail.messages import (
    NewDelivery,
    find_last_moment,
    has_digest_due,
    save_delivery,
)
from crawler.storage.mail.mutes import Mute, list_mutes, save_mute
from crawler.storage.mail.reports.report_counts import find_mail_facts
from crawler.storage.mail.reports.status_reports import find_first_named, find_last_notice
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

    assert office.alerted() == []


TWICE: tuple[dict[str, object], ...] = (
    {"name": "drones", "to": ("Me@Example.org",)},
    {"name": "uav", "query": "drone OR uav", "to": ("me@example.org",)},
)


def test_two_watches_that_spell_a_mailbox_otherwise_bring_one_status_report(office: Office) -> None:
    office.put(*TWICE)
    office.advance(days=8)

    reports = [row for row in office.rows("recipient, kind") if row[1] == "status_report"]
    assert [name for name, _ in reports] == ["Me@Example.org"]


def test_the_limit_of_an_hour_counts_every_spelling(office: Office) -> None:
    office.put(*TWICE, per_hour=2)
    for number in (1, 2):
        office.newsroom.keep(make_story(number))
        office.advance(minutes=1)

    # two watches over two stories: the second story is over the limit, and what is held is one message
    found = office.rows("kind, series")
    assert found[:2] == [("alert", ""), ("alert", "")]
    assert [kind for kind, _ in found[2:]] == ["digest"]


def test_a_digest_that_has_left_is_known_under_every_spelling(office: Office) -> None:
    """A clock that was set back makes no second digest for a moment whose digest has left."""
    database, names = office.database, ("Me@Example.org", "me@example.org")
    office.put({**DIGEST, "to": names[:1]})
    office.newsroom.keep(make_story(1))
    office.advance(days=1)

    left = [find_last_moment(database, name, "watch drones") for name in names]

    assert left[0] is not None
    assert left[1] == left[0]
    assert all(has_digest_due(database, name, since=left[0], until=left[0]) for name in names)


def test_digests_that_wait_under_two_spellings_become_one(office: Office) -> None:
    office.put({**DIGEST, "to": ("me@example.org",)})
    moment = office.clock()
    with transaction(office.database):
        for number, name in enumerate(("Me@Example.org", "me@example.org")):
            new = NewDelivery(
                kind=DeliveryKind.DIGEST, recipient=name, due_at=moment, series="watch drones"
            )
            save_delivery(office.database, new, message_id=f"<{number}@x>", now=moment)
        merge_due_digests(office.database, now=moment)

    assert len(office.rows()) == 1


def test_what_a_status_report_counts_as_ones_own_is_so_under_every_spelling(office: Office) -> None:
    office.put({**DIGEST, "to": ("Me@Example.org",)})
    office.newsroom.keep(make_story(1))
    office.tick()
    facts = [
        find_mail_facts(
            office.database, recipient=name, except_id=None, since=START, now=office.clock()
        )
        for name in ("Me@Example.org", "me@example.org")
    ]

    assert facts[0].later_count == 1
    assert facts[1] == facts[0]


def test_a_notice_that_was_made_is_known_under_every_spelling(office: Office) -> None:
    notice = NewDelivery(kind=DeliveryKind.NOTICE, recipient="Me@Example.org", due_at=START)
    with transaction(office.database):
        save_delivery(office.database, notice, message_id="<n@x>", now=START)

    assert find_last_notice(office.database, "me@example.org") == START


def test_since_when_a_recipient_is_named_is_known_under_every_spelling(office: Office) -> None:
    office.put({"name": "drones", "to": ("Me@Example.org",)})

    assert find_first_named(office.database, "me@example.org") is not None
