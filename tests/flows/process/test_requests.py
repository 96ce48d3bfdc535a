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
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.process.requests import find_request, list_open_requests, save_request
from tests.fakes import START
from tests.flows.news.test_stories import SENTENCE, STORY, article, write
from tests.newsroom import Newsroom, make_story

NOW = START + timedelta(minutes=1)
MUTE: dict[str, object] = {"watch": "drones", "story": None, "source": None, "recipient": None, "until": None}  # fmt: skip


@pytest.fixture
def told(newsroom: Newsroom) -> sqlite3.Connection:
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
    """Ask, have it done, and give whether it was and the answer."""
    number = put(database, kind, arguments)
    settle_all_open_requests(database, config, now=NOW)
    row = find_request(database, number)
    assert row is not None
    return bool(row["is_done"]), row["answer"]


def one(database: sqlite3.Connection, sql: str) -> object:
    return database.execute(sql).fetchone()[0]


def test_a_visit_and_a_backfill_make_sources_due(told: sqlite3.Connection, config: Config) -> None:
    told.execute("UPDATE sources SET next_due_at = '2030'")

    visit = do(told, config, RequestKind.VISIT, {"sources": ["courier"]})
    since = {"source": "gazette", "since": to_text(START)}
    backfill = do(told, config, RequestKind.BACKFILL, since)

    assert visit == (True, "1 source is due now.")
    assert "gazette is due now and read back to 23 Nov 2026 10:00 UTC" in backfill[1]
    assert one(told, "SELECT count(*) FROM sources WHERE next_due_at < '2030'") == 2


def test_mutes_begin_and_end(told: sqlite3.Connection, config: Config) -> None:
    story = {**MUTE, "story": 1, "recipient": "me@example.org"}
    until = {**MUTE, "source": "courier", "until": to_text(START + timedelta(days=1))}

    assert do(told, config, RequestKind.MUTE, story)[1].endswith("me@example.org no more of story 1.")  # fmt: skip
    assert do(told, config, RequestKind.MUTE, until)[1].endswith("prints until 2026-11-24.")
    assert one(told, "SELECT count(*) FROM mutes") == 2
    assert do(told, config, RequestKind.UNMUTE, {"watch": "drones"})[0]
    assert one(told, "SELECT count(*) FROM mutes") == 0


def test_a_reader_is_heard(told: sqlite3.Connection, config: Config) -> None:
    asked = {"delivery": 1, "alert": 0, "action": "leave"}

    assert do(told, config, RequestKind.UNSUBSCRIBE, asked) == (
        True,
        "You will get no more alerts of drones.",
    )
    assert one(told, "SELECT recipient FROM mutes") == "me@example.org"
    assert not do(told, config, RequestKind.UNSUBSCRIBE, {**asked, "delivery": 99})[0]


def test_dead_messages_are_pending_again_and_rejections_noted(
    told: sqlite3.Connection, config: Config
) -> None:
    told.execute("UPDATE deliveries SET state = 'dead'")

    assert do(told, config, RequestKind.RETRY, {"alerts": [1]})[1].startswith(
        "1 message is pending"
    )
    assert do(told, config, RequestKind.RETRY, {"alerts": None})[1].startswith(
        "1 message is pending"
    )
    said = do(told, config, RequestKind.REJECT, {"alerts": [1]})
    assert said == (True, 'Noted: "Story 1" is not what drones means.')
    assert one(told, "SELECT count(*) FROM rejections") == 1


def test_an_alert_is_sent_again_once_however_often_its_request_is_taken_up(
    told: sqlite3.Connection, config: Config
) -> None:
    number = put(told, RequestKind.RESEND, {"alert": 1, "recipients": ["you@example.org"]})
    request = list_open_requests(told)[0]

    for _ in range(3):  # as two processes would that each believe to hold the lock
        assert settle_request(
            told, request, lambda db, it: apply_request(db, it, config, now=NOW), now=NOW
        )

    assert one(told, "SELECT count(*) FROM deliveries WHERE recipient = 'you@example.org'") == 1
    assert "pending for you@example.org" in (find_request(told, number) or {"answer": ""})["answer"]


def test_what_fails_half_way_leaves_nothing_but_its_answer(
    told: sqlite3.Connection, config: Config
) -> None:
    number = put(told, RequestKind.RESEND, {"alert": 1, "recipients": ["you@example.org"]})

    def send_and_fail(db: sqlite3.Connection, request: Request) -> str:
        apply_request(db, request, config, now=NOW)
        raise KeyError("later")

    done = settle_request(told, list_open_requests(told)[0], send_and_fail, now=NOW)

    row = find_request(told, number)
    assert row is not None
    assert not done
    assert row["is_done"] == 0
    assert "fault of Watchword: KeyError" in row["answer"]
    assert one(told, "SELECT count(*) FROM deliveries WHERE recipient = 'you@example.org'") == 0


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
        ("line_rule", {"source": "gazette", "line": "x", "ruling": "cut"}, "nothing was read"),
        ("from_the_future", {}, "does not know requests of the kind"),
    ],
)
def test_what_cannot_be_done_is_answered_and_stops_nothing(
    told: sqlite3.Connection, config: Config, kind: str, arguments: dict[str, object], words: str
) -> None:
    bad = put(told, RequestKind.VISIT, arguments)
    told.execute("UPDATE requests SET kind = ?, arguments = ? WHERE id = ?", [kind, json.dumps(arguments), bad])  # fmt: skip
    good = put(told, RequestKind.VISIT, {"sources": ["courier"]})

    settle_all_open_requests(told, config, now=NOW)

    row = find_request(told, bad)
    assert row is not None
    assert row["is_done"] == 0
    assert words in row["answer"]
    assert find_request(told, good)["is_done"] == 1  # type: ignore[index]  # it was put there above


def test_a_locked_file_is_no_answer(told: sqlite3.Connection, config: Config) -> None:
    number = put(told, RequestKind.UNMUTE, {"watch": "drones"})

    with closing(open_for_writing(config.store.path)) as other, transaction(other):
        told.execute("PRAGMA busy_timeout = 20")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            settle_open_requests(told, config, now=NOW)

    assert find_request(told, number)["done_at"] is None  # type: ignore[index]
    assert settle_open_requests(told, config, now=NOW) == 1
    assert find_request(told, number)["is_done"] == 1  # type: ignore[index]


@pytest.fixture
def copied(newsroom: Newsroom) -> sqlite3.Connection:
    """A story that two outlets tell."""
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

    assert first == again == (True, "Story 2 has 1 of them now; story 1 keeps 1.")
    assert one(copied, "SELECT count(*) FROM stories") == 2


def test_a_line_is_ruled_on_every_host_of_its_source(
    copied: sqlite3.Connection, config: Config
) -> None:
    copied.execute("INSERT INTO boilerplate_sightings (host, key, url_key) SELECT 'courier.org', 'k', url_key FROM articles WHERE id = 1")  # fmt: skip
    asked = {"source": "courier", "line": "Our app is free", "ruling": "cut"}

    said = do(copied, config, RequestKind.LINE_RULE, asked)

    assert said == (True, '"Our app is free" on courier.org: cut from now on.')
    assert one(copied, "SELECT ruling FROM boilerplate WHERE line = 'Our app is free'") == "cut"


def test_pages_to_be_understood_again_wait_for_the_daemon(
    told: sqlite3.Connection, config: Config
) -> None:
    put(told, RequestKind.REPROCESS, {"since": to_text(START)})
    put(told, RequestKind.SPLIT, {"story": 1, "articles": [1]})

    settle_open_requests(told, config, now=NOW)
    assert len(list_open_requests(told)) == 2  # none of these is the daemon's to do
    settle_all_open_requests(told, config, now=NOW)
    assert [one.kind for one in list_open_requests(told)] == ["reprocess"]
