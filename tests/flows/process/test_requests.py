"""Requests: each is carried out once, in one transaction with its answer, or answered with the reason why not."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta

import pytest

from crawler.config.schema import Config
from crawler.flows.crawl_requests import settle_all_open_requests
from crawler.flows.mail.requests import apply_request, settle_open_requests, settle_request
from crawler.model.request import Request, RequestKind
from crawler.storage.crawl.handing_out.bundles import (
    find_drained_at,
    isolate_domain,
    list_isolated_domains,
    note_death,
)
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.process.requests import find_request, list_open_requests, save_request
from tests.fakes import START
from tests.flows.news.test_stories import SENTENCE, STORY, article, write
from tests.newsroom import Newsroom, make_story

NOW = START + timedelta(minutes=1)
MUTE: dict[str, object] = {"watch": "drones", "story": None, "source": None, "recipient": None, "until": None}  # fmt: skip


@pytest.fixture
def alerted(newsroom: Newsroom) -> sqlite3.Connection:
    """A database with two alerts on their way."""
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    return newsroom.database


def put(database: sqlite3.Connection, kind: RequestKind, arguments: Mapping[str, object]) -> int:
    with transaction(database):
        return save_request(database, kind, arguments, asked_by="me", now=START)


def do(
    database: sqlite3.Connection, config: Config, kind: RequestKind, arguments: Mapping[str, object]
) -> tuple[bool, str]:
    """Store a request, carry it out, and return whether it was done, and the answer."""
    number = put(database, kind, arguments)
    settle_all_open_requests(database, config, now=NOW)
    row = find_request(database, number)
    assert row is not None
    return bool(row["is_done"]), row["answer"]


def one(database: sqlite3.Connection, sql: str) -> object:
    return database.execute(sql).fetchone()[0]


def test_a_visit_and_a_backfill_make_sources_due(
    alerted: sqlite3.Connection, config: Config
) -> None:
    alerted.execute("UPDATE sources SET next_due_at = '2030'")

    visit = do(alerted, config, RequestKind.VISIT, {"sources": ["courier"]})
    since = {"source": "gazette", "since": to_text(START)}
    backfill = do(alerted, config, RequestKind.BACKFILL, since)

    assert visit == (True, "1 source is due now.")
    assert "gazette is due now and read back to 23 Nov 2026 10:00 UTC" in backfill[1]
    assert one(alerted, "SELECT count(*) FROM sources WHERE next_due_at < '2030'") == 2


def test_mutes_begin_and_end(alerted: sqlite3.Connection, config: Config) -> None:
    story = {**MUTE, "story": 1, "recipient": "me@example.org"}
    until = {**MUTE, "source": "courier", "until": to_text(START + timedelta(days=1))}

    assert do(alerted, config, RequestKind.MUTE, story)[1].endswith("me@example.org about story 1.")  # fmt: skip
    assert do(alerted, config, RequestKind.MUTE, until)[1].endswith("courier until 24 Nov 2026.")
    assert one(alerted, "SELECT count(*) FROM mutes") == 2
    of_story = {"watch": "drones", "mute": one(alerted, "SELECT min(id) FROM mutes")}
    assert do(alerted, config, RequestKind.UNMUTE, of_story) == (
        True,
        "drones: that mute is ended.",
    )
    assert do(alerted, config, RequestKind.UNMUTE, of_story)[1] == "That mute has ended already."
    assert one(alerted, "SELECT source_id IS NOT NULL FROM mutes") == 1
    assert do(alerted, config, RequestKind.UNMUTE, {"watch": "drones"})[0]
    assert one(alerted, "SELECT count(*) FROM mutes") == 0


def test_a_reader_is_heard(alerted: sqlite3.Connection, config: Config) -> None:
    asked = {"delivery": 1, "alert": 0, "action": "leave"}

    assert do(alerted, config, RequestKind.UNSUBSCRIBE, asked) == (
        True,
        "drones will not alert you any more.",
    )
    assert one(alerted, "SELECT recipient FROM mutes") == "me@example.org"
    assert not do(alerted, config, RequestKind.UNSUBSCRIBE, {**asked, "delivery": 99})[0]


def test_dead_messages_are_pending_again_and_rejections_noted(
    alerted: sqlite3.Connection, config: Config
) -> None:
    alerted.execute("UPDATE deliveries SET state = 'dead'")

    assert do(alerted, config, RequestKind.RETRY, {"alerts": [1]})[1].startswith(
        "1 message is pending"
    )
    assert do(alerted, config, RequestKind.RETRY, {"alerts": None})[1].startswith(
        "1 message is pending"
    )
    answer = do(alerted, config, RequestKind.REJECT, {"alerts": [1]})
    assert answer == (True, 'Noted: "Story 1" is not what you meant by drones.')
    assert one(alerted, "SELECT count(*) FROM rejections") == 1


def test_an_alert_is_sent_again_once_however_often_its_request_is_taken_up(
    alerted: sqlite3.Connection, config: Config
) -> None:
    number = put(alerted, RequestKind.RESEND, {"alert": 1, "recipients": ["you@example.org"]})
    request = list_open_requests(alerted)[0]

    for _ in range(3):  # as two processes would do that both believe they hold the lock
        assert settle_request(
            alerted, request, lambda db, it: apply_request(db, it, config, now=NOW), now=NOW
        )

    assert one(alerted, "SELECT count(*) FROM deliveries WHERE recipient = 'you@example.org'") == 1
    assert (
        "pending for you@example.org" in (find_request(alerted, number) or {"answer": ""})["answer"]
    )


def test_what_fails_half_way_leaves_nothing_but_its_answer(
    alerted: sqlite3.Connection, config: Config
) -> None:
    number = put(alerted, RequestKind.RESEND, {"alert": 1, "recipients": ["you@example.org"]})

    def send_and_fail(db: sqlite3.Connection, request: Request) -> str:
        apply_request(db, request, config, now=NOW)
        raise KeyError("later")

    done = settle_request(alerted, list_open_requests(alerted)[0], send_and_fail, now=NOW)

    row = find_request(alerted, number)
    assert row is not None
    assert not done
    assert row["is_done"] == 0
    assert "fault of Watchword: KeyError" in row["answer"]
    assert one(alerted, "SELECT count(*) FROM deliveries WHERE recipient = 'you@example.org'") == 0


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("visit", {"sources": ["nobody"]}, "none of these sources"),
        ("backfill", {"source": "nobody", "since": to_text(START)}, 'no source "nobody"'),
        ("mute", {**MUTE, "watch": "dornes"}, "does not know dornes"),
        ("mute", {**MUTE, "story": 99}, "no story 99"),
        ("mute", {**MUTE, "source": "nobody"}, 'no source "nobody"'),
        ("mute", {}, "KeyError"),
        ("reject", {"alerts": [99]}, "no alert 99"),
        ("resend", {"alert": 99, "recipients": ["me@example.org"]}, "no alert 99"),
        ("resend", {"alert": 1, "recipients": ["nobody"]}, "neither a mail address"),
        ("split", {"story": 99, "articles": [1]}, "no story 99"),
        ("split", {"story": 1, "articles": [2]}, "article 2 is not in story 1"),
        ("split", {"story": 1, "articles": [1]}, "at least one must stay"),
        ("line_rule", {"source": "gazette", "line": "x", "ruling": "cut"}, "nothing has been read"),
        ("from_the_future", {}, "does not know requests of the kind"),
    ],
)
def test_what_cannot_be_done_is_answered_and_stops_nothing(
    alerted: sqlite3.Connection, config: Config, kind: str, arguments: dict[str, object], words: str
) -> None:
    bad = put(alerted, RequestKind.VISIT, arguments)
    alerted.execute("UPDATE requests SET kind = ?, arguments = ? WHERE id = ?", [kind, json.dumps(arguments), bad])  # fmt: skip
    good = put(alerted, RequestKind.VISIT, {"sources": ["courier"]})

    settle_all_open_requests(alerted, config, now=NOW)

    row = find_request(alerted, bad)
    assert row is not None
    assert row["is_done"] == 0
    assert words in row["answer"]
    assert find_request(alerted, good)["is_done"] == 1  # type: ignore[index]  # it was put there above


def test_a_locked_file_is_no_answer(alerted: sqlite3.Connection, config: Config) -> None:
    number = put(alerted, RequestKind.UNMUTE, {"watch": "drones"})

    with closing(open_for_writing(config.store.path)) as other, transaction(other):
        alerted.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            settle_open_requests(alerted, config, now=NOW)

    assert find_request(alerted, number)["done_at"] is None  # type: ignore[index]
    assert settle_open_requests(alerted, config, now=NOW) == 1
    assert find_request(alerted, number)["is_done"] == 1  # type: ignore[index]


@pytest.fixture
def copied(newsroom: Newsroom) -> sqlite3.Connection:
    """Return a database with a story of two outlets."""
    newsroom.keep(article("courier.org/a", SENTENCE, STORY))
    newsroom.clock.advance(minutes=5)
    wrapped = article("gazette.org/b", write(8, 40), STORY[:250], headline="Dawn over the quay")
    newsroom.keep(wrapped, source="gazette")
    return newsroom.database


def test_a_split_whose_answer_was_lost_is_not_made_twice(
    copied: sqlite3.Connection, config: Config
) -> None:
    asked = {"story": 1, "articles": [2]}

    first = do(copied, config, RequestKind.SPLIT, asked)
    again = do(copied, config, RequestKind.SPLIT, asked)

    assert first == again == (True, "Story 2 now has 1 of the articles; story 1 keeps 1.")
    assert one(copied, "SELECT count(*) FROM stories") == 2


def test_a_line_rule_applies_to_every_host_of_its_source(
    copied: sqlite3.Connection, config: Config
) -> None:
    # no line of its pages may be boilerplate so far
    copied.execute("DELETE FROM boilerplate_sightings")
    asked = {"source": "courier", "line": "Our app is free", "ruling": "cut"}

    answer = do(copied, config, RequestKind.LINE_RULE, asked)

    assert answer == (True, '"Our app is free" on courier.org: cut from now on.')
    assert one(copied, "SELECT ruling FROM boilerplate WHERE line = 'Our app is free'") == "cut"


def test_pages_to_be_understood_again_wait_for_the_daemon(
    alerted: sqlite3.Connection, config: Config
) -> None:
    put(alerted, RequestKind.REPROCESS, {"since": to_text(START)})
    put(alerted, RequestKind.SPLIT, {"story": 1, "articles": [1]})

    settle_open_requests(alerted, config, now=NOW)
    assert len(list_open_requests(alerted)) == 2  # none of these is the daemon's to do
    settle_all_open_requests(alerted, config, now=NOW)
    assert [one.kind for one in list_open_requests(alerted)] == ["reprocess"]


def isolate(database: sqlite3.Connection, *domains: str) -> None:
    with transaction(database):
        note_death(database, domains, now=START)
        for domain in domains:
            isolate_domain(database, domain, "three workers died", now=START)


def test_isolated_domains_are_handed_out_again_all_or_some(
    alerted: sqlite3.Connection, config: Config
) -> None:
    isolate(alerted, "a.example", "b.example", "c.example")

    some = do(alerted, config, RequestKind.CLUSTER_RETRY, {"domains": ["b.example"]})
    left = [domain.domain for domain in list_isolated_domains(alerted)]
    rest = do(alerted, config, RequestKind.CLUSTER_RETRY, {"domains": None})

    assert some == (True, "1 domain is handed out again: b.example.")
    assert left == ["a.example", "c.example"]
    assert rest == (True, "2 domains are handed out again: a.example, c.example.")
    assert list_isolated_domains(alerted) == ()


def test_what_is_not_isolated_is_refused_and_nothing_is_released(
    alerted: sqlite3.Connection, config: Config
) -> None:
    nothing = do(alerted, config, RequestKind.CLUSTER_RETRY, {"domains": None})
    isolate(alerted, "a.example")
    both = do(alerted, config, RequestKind.CLUSTER_RETRY, {"domains": ["a.example", "x.example"]})

    assert nothing == (False, "no domain is isolated")
    assert both == (False, "x.example is no isolated domain; there are a.example")
    assert len(list_isolated_domains(alerted)) == 1


def test_a_drain_lasts_until_it_is_ended(alerted: sqlite3.Connection, config: Config) -> None:
    drained = do(alerted, config, RequestKind.CLUSTER_DRAIN, {"is_on": True})
    alerted.execute("UPDATE handing_out SET drained_at = '2026-11-01T00:00:00.000Z'")
    again = do(alerted, config, RequestKind.CLUSTER_DRAIN, {"is_on": True})
    since = find_drained_at(alerted)
    ended = do(alerted, config, RequestKind.CLUSTER_DRAIN, {"is_on": False})

    assert drained == again
    assert drained[0]
    assert since is not None
    assert to_text(since).startswith("2026-11-01")
    assert ended == (True, "Work is handed out to workers again.")
    assert find_drained_at(alerted) is None
