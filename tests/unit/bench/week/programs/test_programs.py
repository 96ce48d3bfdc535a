"""Real messages of other programs in a week: which alert each one is."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import Response

from bench.week.programs.catalogue import PROGRAMS, Program, list_sources
from bench.week.programs.job import Job, SeenSet, read_job, send_alert
from bench.week.programs.messages import read_message, read_payload
from bench.week.programs.readers.afternoon import Afternoon
from bench.week.programs.readers.page_watcher import pass_on as pass_on_page
from bench.week.programs.readers.page_watcher import split_added
from bench.week.programs.readers.word_filter import pass_on
from bench.week.programs.running import ProgramRunning
from bench.week.servers.inbox import Hook, Inbox
from bench.week.world.world import World

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
# as the afternoon version and the scripts around the others send it
OURS = """\
From: watch@desk.test
To: reader01@desk.test, reader04@desk.test
Subject: [greves] =?utf-8?q?Gr=C3=A8ve_=C3=A0_Nantes?=
Message-ID: <179@desk.test>
Content-Type: text/plain; charset="utf-8"

Two papers at once
http://rss0.example:8080/2026/11/26/news-f000042q.html

First words, and another place: news-f000099q.html
"""
# rss2email 3.14 hands this to its ``sendmail``
FROM_RSS2EMAIL = """\
MIME-Version: 1.0
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: 7bit
From: "Paper: <author>" <user@rss2email.invalid>
To: a@b.c
Subject: =?iso-8859-1?q?Gr=E8ve_=E0_Nantes?=
Date: Thu, 26 Nov 2026 15:20:15 -0000
Message-ID: <c54c6853-40fd-4d6a-9532-eecceb3390f9@vm>
User-Agent: rss2email/3.14 (https://github.com/rss2email/rss2email)
List-ID: <rss-0.localhost>
List-Post: NO (posting not allowed on this list)
X-RSS-Feed: http://rss0.example:8080/rss
X-RSS-ID: http://rss0.example:8080/2026/11/26/news-f000042q.html
X-RSS-URL: http://rss0.example:8080/2026/11/26/news-f000042q.html



URL: http://rss0.example:8080/2026/11/26/news-f000042q.html"""
# changedetection.io 0.60.10 posts these as its diff of a feed, of JSON, of a section, of a watched page and of a sitemap
FEED_DIFF = """\
  Title: Grève à Nantes
  Link: [http://rss0.example:8080/news-f000042q.html](http://rss0.example:8080/news-f000042q.html)
  Guid: g3
  PubDate: Thu, 26 Nov 2026 15:15:01 +0000

  Title: Nothing
  Link: [http://rss0.example:8080/news-f000043q.html](http://rss0.example:8080/news-f000043q.html)
"""
JSON_DIFF = """\
    {
      "date_modified": "2026-11-26T15:15:01.343737+00:00",
      "id": "g3",
      "title": "Grève à Nantes",
      "url": "http://rss0.example:8080/news-f000042q.html"
    },
"""
SECTION_DIFF = "  * [Grève à Nantes](http://rss0.example:8080/news-f000042q.html)\n"
PAGE_DIFF = "  * La grève a touché le port ce matin.\n"
SITEMAP_DIFF = "http://rss0.example:8080/news-f000042q.html\nGrève à Nantes\n"


def read(text: str) -> tuple[str, str, str]:
    message = message_from_string(text, policy=policy.default)
    assert isinstance(message, EmailMessage)
    one = read_message(message, recipient="r", at=NOON).alerted[0]
    return one.watch, one.kind, one.token


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox(read_message) as inbox:
        yield inbox


def make_job(inbox: Inbox, folder: Path, **interest: Any) -> Job:
    path = folder / "job.json"
    facts = {
        "sources": [
            {
                "name": "rss-0",
                "kind": "feed",
                "url": "http://rss0.example:8080/notices-f000007q.html",
                "language": "fr",
                "tags": [],
            }
        ],
        "interests": [
            {"name": "greves", "wanted": [r"\bgrèves?\b"], "mail": ["a@x.test", "b@x.test"]}
            | interest
        ],
        "mail_port": inbox.port,
        "every": 6,
        "delay": 0,
    }
    path.write_text(json.dumps(facts))
    return read_job(path)


def list_alerts_of_message(inbox: Inbox) -> list[tuple[str, str, str]]:
    return [(t.recipient, t.watch, t.token) for one in inbox.received for t in one.alerted]


def test_a_mail_belongs_to_the_watch_in_brackets_and_the_first_linked_article() -> None:
    assert read(OURS) == ("greves", "new", "f000042q")


def test_mails_without_a_message_id_are_not_copies_of_one_another() -> None:
    message = EmailMessage()
    message.set_content("x")

    first, second = (read_message(message, recipient="r", at=NOON).message_id for _ in "ab")

    assert first != second


def test_messages_posted_to_a_webhook_are_read() -> None:
    payload = {"watch": "greves", "title": "Grève (f000042q)", "url": ""}

    alerted = read_payload(json.dumps(payload).encode(), channel="archive", at=NOON).alerted

    assert [(one.recipient, one.watch, one.token) for one in alerted] == [
        ("archive", "greves", "f000042q")
    ]


def test_an_alert_reaches_mail_and_webhook(inbox: Inbox, tmp_path: Path) -> None:
    with Hook(inbox.received, read_payload) as hook:
        job = make_job(inbox, tmp_path, hooks=[f"http://127.0.0.1:{hook.port}/archive"])
        send_alert(job, job.interests[0], "Grève", "http://x.example/news-f000042q.html")

    assert sorted(list_alerts_of_message(inbox)) == [
        ("a@x.test", "greves", "f000042q"),
        ("archive", "greves", "f000042q"),
        ("b@x.test", "greves", "f000042q"),
    ]


def test_a_mail_of_rss2email_is_sent_to_those_who_watch_for_its_words(
    inbox: Inbox, tmp_path: Path
) -> None:
    message = message_from_string(FROM_RSS2EMAIL, policy=policy.default)
    assert isinstance(message, EmailMessage)

    pass_on(message, make_job(inbox, tmp_path), reads_pages=False)
    pass_on(message, make_job(inbox, tmp_path, languages=["de"]), reads_pages=False)

    assert list_alerts_of_message(inbox) == [
        ("a@x.test", "greves", "f000042q"),
        ("b@x.test", "greves", "f000042q"),
    ]


@pytest.mark.parametrize("diff", [FEED_DIFF, JSON_DIFF, SECTION_DIFF, SITEMAP_DIFF])
def test_a_change_found_by_changedetection_is_reported_for_each_article(
    inbox: Inbox, tmp_path: Path, diff: str
) -> None:
    job = make_job(inbox, tmp_path)

    pass_on_page(diff, job.sources[0], job)

    assert list_alerts_of_message(inbox) == [
        ("a@x.test", "greves", "f000042q"),
        ("b@x.test", "greves", "f000042q"),
    ]


def test_a_line_of_a_watched_page_is_reported_with_the_page() -> None:
    assert list(split_added(PAGE_DIFF, page="http://x/notices-f000007q.html")) == [
        ("* La grève a touché le port ce matin.", "http://x/notices-f000007q.html", "")
    ]


def test_seen_entries_are_known_after_a_restart(tmp_path: Path) -> None:
    SeenSet(tmp_path / "seen.json").add("one", "two")

    seen = SeenSet(tmp_path / "seen.json")

    assert "two" in seen
    assert "three" not in seen


def test_a_program_gets_only_sources_it_can_read() -> None:
    world = World(
        seed=1,
        site_count=40,
        port=80,
        scale=None,  # type: ignore[arg-type]  # nothing happens in this one
        alerted=lambda _: False,
        is_watched=lambda _: False,
    )
    world.prepare(NOON)

    feeds = list_sources(PROGRAMS["rss2email"], world.sites)
    everything = list_sources(PROGRAMS["afternoon"], world.sites)

    assert {one["kind"] for one in feeds} == {"feed"}
    assert len(everything) == 40
    assert all("/rss" in str(one["url"]) for one in feeds if str(one["name"]).startswith("homepage"))  # fmt: skip


def test_a_program_that_ends_is_started_again_until_it_is_stopped(tmp_path: Path) -> None:
    ends_at_once = Program(name="x", module="this", requirements=(), reads=frozenset())
    running = ProgramRunning(tmp_path, ends_at_once, Path(sys.executable), pause=0.05)

    running.start()
    deadline = time.monotonic() + 20
    while running.restarts < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.stop()

    assert running.restarts >= 2
    assert not running.is_alive


def test_muting_removes_an_interest_from_the_file(inbox: Inbox, tmp_path: Path) -> None:
    make_job(inbox, tmp_path)
    running = ProgramRunning(tmp_path, PROGRAMS["afternoon"], Path(sys.executable))

    running.command("watch", "mute", "greves", "--for", "7d")

    assert read_job(running.config).interests == ()


def test_the_afternoon_version_reads_entries_whose_id_and_link_are_both_new(
    inbox: Inbox, tmp_path: Path
) -> None:
    job, seen = make_job(inbox, tmp_path), SeenSet(tmp_path / "seen.json")
    spider = Afternoon(job=job, seen=seen)
    page = Response("http://x.example/rss")

    first = list(spider.read_feed(page.replace(body=write_feed("a1", "a2")), job.sources[0]))
    later = list(spider.read_feed(page.replace(body=write_feed("a1", "b2", "a3")), job.sources[0]))

    assert first == []
    assert [one.url for one in later] == ["http://x.example/3"]


def write_feed(*ids: str) -> bytes:
    """Return a feed whose links have the numbers of its ids."""
    items = "".join(
        f"<item><title>t</title><guid>{one}</guid><link>http://x.example/{one[1]}</link></item>"
        for one in ids
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


def test_an_entry_keeps_its_own_link_where_those_of_older_ones_changed_with_it() -> None:
    diff = "  Title: New\n  Link: http://x.example/1?s=a\n  Link: http://x.example/0?s=a\n"

    assert list(split_added(diff, page="p")) == [("New", "http://x.example/1?s=a", "")]
