"""The web pages: real Datasette on a real, live database."""

import http.client
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from urllib.parse import urlsplit
from urllib.request import Request

import feedparser
import pytest

from crawler.alerting.links import Token, sign_token
from crawler.alerting.messages.compose import compose_mail
from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.mail.delivery.messages import build_message, find_links, find_sender
from crawler.flows.mail.requests import settle_open_requests
from crawler.flows.process.rules import Rules
from crawler.model.article import Article
from crawler.model.visit import Visit
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.signing_key import read_signing_key
from crawler.storage.mail.deliveries import find_delivery
from tests.newsroom import ARTICLE, Newsroom, make_story
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

pytestmark = pytest.mark.slow

CONFIG = """
[[watch]]
name = "drones"
query = "drone"
"""
HOSTILE = "<script>alert(1)</script> Quay crossed"


@pytest.fixture
def web(database: sqlite3.Connection, rules: Rules, config: Config) -> Iterator[str]:
    newsroom = Newsroom(database, rules)
    newsroom.keep(replace(ARTICLE, headline=HOSTILE))
    newsroom.keep(
        replace(ARTICLE, url="https://gazette.org/b", headline="A copy"), source="gazette"
    )
    port = find_free_port()
    file = config.store.path.with_name("w.toml")
    file.write_text(CONFIG)
    child = start_web_pages(
        config.store.path,
        file,
        port=port,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield wait_until_open("127.0.0.1", port, child=child)
    finally:
        child.terminate()
        child.wait(5)


@pytest.fixture
def daemon(config: Config) -> Iterator[None]:
    """Carries out the requests of the web pages, as a daemon does."""
    is_over = threading.Event()

    def work() -> None:
        with closing(open_for_writing(config.store.path)) as connection:
            while not is_over.wait(0.05):
                settle_open_requests(connection, config, now=utc_now())

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


def get(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Security-Policy"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers["Content-Security-Policy"]


def test_the_web_pages_show_everything_and_nothing_private(web: str) -> None:
    base = f"{web}watchword"
    home = get(web)[1]

    # pleasant to read: the sentence with its term marked
    assert "Two <mark>drones</mark> crossed the quay" in home
    # words are looked for in one place only, and in the language of watches
    articles = get(f"{base}/articles")[1]
    assert ('href="/search"' in articles, "_search" in articles) == (True, False)
    for page in ("articles", "matches", "sources", "visits", "entries", "who_was_first"):
        assert get(f"{base}/{page}")[0] == 200, page

    # text from strangers is text
    assert "<script>alert(1)" not in home + get(f"{base}/articles")[1]
    assert "script-src 'self'" in get(web)[2]

    # recipients are for the owner
    for page in (
        "/deliveries",
        "/deliveries.json",
        "/deliveries.csv",
        "/deliveries/1",
        "/attempts",
        "/attempts.json?_shape=array",
        "?sql=select+recipient+from+deliveries",
        ".json?sql=select+recipient+from+deliveries",
        "/alerts?_where=id+in+(select+alert_id+from+delivery_alerts)",
        "/mutes.json",
        "/requests.json",
        "/recipients.json",
        ".db",
    ):
        status, text, _ = get(base + page)
        assert status == 403, page
        assert "me@example.org" not in text
    for page in ("", "/alerts", "/matches"):
        assert "me@example.org" not in get(base + page)[1]


def test_every_table_can_be_opened(web: str, database: sqlite3.Connection) -> None:
    names = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    private = {
        "deliveries",
        "delivery_alerts",
        "attempts",
        "outbox",
        "recipients",
        "mutes",
        "requests",
        "status_reports",
        "story_marks",
        "withheld",
    }

    answers = {row["name"]: get(f"{web}watchword/{row['name']}")[0] for row in names}

    assert {name for name, status in answers.items() if status != 200} == private
    assert "me@example.org" not in get(f"{web}watchword/watches.json?_shape=array")[1]


def test_the_web_pages_show_what_is_written_while_they_are_open(
    web: str, database: sqlite3.Connection, rules: Rules
) -> None:
    database.execute("UPDATE articles SET headline = 'Written a moment ago' WHERE id = 2")

    assert "Written a moment ago" in get(f"{web}watchword/articles")[1]


def test_the_web_pages_show_what_changed(web: str, database: sqlite3.Connection) -> None:
    database.execute("UPDATE revisions SET diff = 'now [-boats <b>-] {+drones+}' WHERE id = 1")
    text = get(f"{web}watchword/revisions")[1]
    assert "<del>boats &lt;b&gt;</del>" in text
    assert "<ins>drones</ins>" in text


def post(url: str, body: str) -> tuple[int, str]:
    request = urllib.request.Request(url, data=body.encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def sign(
    database: sqlite3.Connection, config: Config, *, alert_id: int = 1, delivery_id: int = 1
) -> str:
    """Return the signed end of a message's link; of the first message unless another one is named."""
    row = database.execute("SELECT message_id FROM deliveries WHERE id = ?", [delivery_id])
    message_id = row.fetchone()[0]
    token = Token(delivery_id=delivery_id, alert_id=alert_id)
    return sign_token(read_signing_key(config.store.path), token, message_id)


def test_a_link_of_an_earlier_message_with_the_same_number_does_nothing(
    web: str, database: sqlite3.Connection, config: Config
) -> None:
    link = f"{web}-/message/{sign(database, config)}"
    assert get(link)[0] == 200

    # as after the database was deleted, or a backup restored: numbers are used again, Message-IDs never
    database.execute(
        "UPDATE deliveries SET message_id = '<another@x.org>', recipient = 'you@x.org'"
    )

    assert get(link)[0] == 404
    assert post(link, "action=leave")[0] == 404
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0


def test_a_signed_link_mutes_for_its_reader_and_opening_it_changes_nothing(
    web: str, database: sqlite3.Connection, config: Config, daemon: None
) -> None:
    link = f"{web}-/message/{sign(database, config)}"

    status, page, _ = get(link)
    assert status == 200
    assert "No more of this story" in page
    assert "<script>alert(1)" not in page
    assert "me@example.org" not in page
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0

    assert post(link, "action=story")[0] == 200
    assert post(link, "action=story")[0] == 200
    assert post(link, "action=reject")[0] == 200
    rows = database.execute("SELECT recipient, story_id, source_id, until FROM mutes").fetchall()
    assert [tuple(row) for row in rows] == [("me@example.org", 1, None, None)]
    assert database.execute("SELECT alert_id FROM rejections").fetchone()[0] == 1


def test_a_first_rejection_is_answered_with_what_a_proposal_needs(
    web: str, database: sqlite3.Connection, config: Config, daemon: None
) -> None:
    link = f"{web}-/message/{sign(database, config)}"

    status, page = post(link, "action=reject")

    assert status == 200
    assert "Too little to go by: 1 rejected story; reject two or three more." in page


def test_a_second_rejection_is_answered_with_words_to_exclude(
    database: sqlite3.Connection, rules: Rules, config: Config, web: str, daemon: None
) -> None:
    newsroom = Newsroom(database, rules)
    newsroom.visits = {"gazette": Visit(id=1, source_id=2, source_name="gazette")}
    for number in range(6):
        newsroom.keep(make_story(number), source="gazette")
    races = (
        "The drone racing final was won by a schoolgirl.",
        "Crowds like drone racing in the mill.",
    )
    for number, text in enumerate(races):
        race = Article(url=f"https://courier.org/r{number}", headline=f"Racing {number}", body=text, language="en")  # fmt: skip
        newsroom.keep(race, source="gazette")
    database.execute("UPDATE revisions SET fetched_at = strftime('%Y-%m-%dT%H:%M:%fZ')")
    first, second = (
        database.execute(
            """SELECT delivery_id FROM delivery_alerts JOIN alerts ON alerts.id = alert_id JOIN matches ON matches.id = match_id
               JOIN articles ON articles.id = matches.article_id WHERE articles.headline = ?""",
            [f"Racing {number}"],
        ).fetchone()[0]
        for number in (0, 1)
    )

    post(f"{web}-/message/{sign(database, config, delivery_id=first, alert_id=0)}", "action=reject")
    link = f"{web}-/message/{sign(database, config, delivery_id=second, alert_id=0)}"
    status, page = post(link, "action=reject")

    assert status == 200
    assert (
        "<b>-racing</b> removes 2 of the 9 stories: 2 of 2 you rejected, and 0 you did not" in page
    )
    assert "watchword watch edit drones --query" in page


def test_one_click_unsubscribes_the_reader_from_the_watch(
    web: str, database: sqlite3.Connection, config: Config, daemon: None
) -> None:
    link = f"{web}-/message/{sign(database, config, alert_id=0)}"

    assert post(link, "List-Unsubscribe=One-Click")[0] == 200

    rows = database.execute("SELECT recipient, watch_id, story_id, source_id, until FROM mutes")
    assert [tuple(row) for row in rows] == [("me@example.org", 1, None, None, None)]


def test_one_click_works_as_the_header_of_a_mail_describes_it(
    web: str, database: sqlite3.Connection, config: Config, daemon: None
) -> None:
    public = config.web.model_copy(update={"url": "https://watch.example.org/"})
    shown = config.model_copy(update={"web": public})
    pending = find_delivery(database, 1)
    assert pending is not None
    message = build_message(database, pending, shown)
    mail = compose_mail(message, sender=find_sender(shown), links=find_links(shown))
    link = str(mail["List-Unsubscribe"]).strip("<>").replace(public.url, web)
    field, value = str(mail["List-Unsubscribe-Post"]).split("=")
    boundary = "----=_Part_1_12.34"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n--{boundary}--\r\n'
    form = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}

    # what the link scanner of a mail program does before anybody clicks
    assert get(link)[0] == 200
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0
    with urllib.request.urlopen(Request(link, body.encode(), form), timeout=20) as answer:
        assert answer.status == 200

    rows = database.execute("SELECT recipient, watch_id FROM mutes")
    assert [tuple(row) for row in rows] == [("me@example.org", 1)]


def test_without_a_daemon_an_action_is_stored_and_done_later(
    web: str, database: sqlite3.Connection, config: Config
) -> None:
    link = f"{web}-/message/{sign(database, config)}"

    status, page = post(link, "action=story")

    assert status == 202
    assert "Noted. This takes effect within seconds" in page
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0
    assert database.execute("SELECT asked_by FROM requests").fetchone()[0] == "web page: m***@example.org"  # fmt: skip
    settle_open_requests(database, config, now=utc_now())
    assert database.execute("SELECT story_id FROM mutes").fetchone()[0] == 1


def test_a_locked_file_asks_the_mail_program_to_try_again_and_delays_nobody(
    web: str, database: sqlite3.Connection, config: Config
) -> None:
    link = f"{web}-/message/{sign(database, config, alert_id=0)}"

    with transaction(database), ThreadPoolExecutor(1) as other:
        asked = other.submit(post_whole, link, b"List-Unsubscribe=One-Click")
        seen = 0
        while not asked.done():
            assert get(f"{web}watchword/articles.json")[0] == 200
            seen += 1
        status, headers, text = asked.result()

    assert status == 503
    assert headers["retry-after"] == "60"
    assert "Nothing was changed" in text
    assert "default-src 'none'" in headers["content-security-policy"]
    assert seen > 1, "others were served meanwhile"
    assert database.execute("SELECT count(*) FROM requests").fetchone()[0] == 0


def test_a_lock_of_seconds_is_waited_for(
    web: str, database: sqlite3.Connection, config: Config
) -> None:
    link = f"{web}-/message/{sign(database, config, alert_id=0)}"
    waiting = threading.Event()

    with ThreadPoolExecutor(1) as other:
        with transaction(database):
            asked = other.submit(post_whole, link, b"List-Unsubscribe=One-Click")
            assert not waiting.wait(
                3
            )  # longer than the disk of a busy machine takes, shorter than the timeout
            assert not asked.done()
        status, _, _ = asked.result()

    assert status == 202
    assert database.execute("SELECT kind FROM requests").fetchone()[0] == "unsubscribe"


@pytest.mark.parametrize("is_chunked", [True, False])
def test_requests_larger_than_any_form_are_refused(
    web: str, database: sqlite3.Connection, config: Config, is_chunked: bool
) -> None:
    link = f"{web}-/message/{sign(database, config, alert_id=0)}"
    body = b"action=leave&more=" + b"x" * 200_000

    for url in (link, f"{web}watchword/articles"):
        status, headers, _ = post_whole(url, [body] if is_chunked else body)
        assert status == 413
        assert headers["x-content-type-options"] == "nosniff"
    assert database.execute("SELECT count(*) FROM requests").fetchone()[0] == 0


def post_whole(url: str, body: bytes | list[bytes]) -> tuple[int, dict[str, str], str]:
    """Post bytes, in chunks if they are a list, and return status, headers and text of any answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with suppress(ConnectionError):  # the answer may come before everything is sent
        connection.request("POST", parts.path, body, kind, encode_chunked=isinstance(body, list))
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    text = answer.read().decode()
    connection.close()
    return answer.status, headers, text


def test_unsubscribing_from_a_shared_digest_applies_to_all_its_watches(
    web: str, database: sqlite3.Connection, config: Config, daemon: None
) -> None:
    database.execute("UPDATE deliveries SET kind = 'digest', series = 'group morning'")
    for name in ("ports", "ferries"):
        database.execute(
            "INSERT INTO watches (name, query, alert, settings) VALUES (?, 'x', 'digest', '{\"group\":\"morning\"}')",
            [name],
        )
    database.execute("INSERT INTO watches (name, query, alert) VALUES ('other', 'x', 'now')")
    link = f"{web}-/message/{sign(database, config, alert_id=0)}"

    assert post(link, "action=leave")[0] == 200

    rows = database.execute(
        "SELECT name FROM mutes JOIN watches ON watches.id = watch_id ORDER BY name"
    )
    assert [row["name"] for row in rows] == ["drones", "ferries", "ports"]


def test_a_link_that_was_not_signed_here_does_nothing(
    web: str, database: sqlite3.Connection, config: Config
) -> None:
    ours = sign(database, config)
    signature = ours.rpartition(".")[2]
    forged = (
        "1.1.AAAA",
        f"2.1.{signature}",
        f"1.2.{signature}",
        "x",
        "1.1.",
        f"{'9' * 20}.1.{signature}",
        f"01.1.{signature}",
    )

    for token in forged:
        assert get(f"{web}-/message/{token}")[0] == 404, token
        assert post(f"{web}-/message/{token}", "action=leave")[0] == 404, token
    assert database.execute("SELECT count(*) FROM mutes").fetchone()[0] == 0


def test_alerts_are_a_valid_feed_for_all_watches_and_for_one(web: str) -> None:
    for path in ("-/alerts.atom", "-/alerts/drones.atom"):
        with urllib.request.urlopen(f"{web}{path}", timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("application/atom+xml")
            feed = feedparser.parse(answer.read())
        assert not feed.bozo
        assert feed.version == "atom10"
        assert [entry.link for entry in feed.entries] == ["https://courier.org/a"]
        assert "<b>drones</b>" in feed.entries[0].content[0].value
        assert (
            "&lt;script&gt;alert(1)" in feed.entries[0].title or "<script>" in feed.entries[0].title
        )
    assert get(f"{web}-/alerts/nothing.atom")[0] == 404
