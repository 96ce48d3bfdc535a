"""The reading room: real Datasette on a real, live database."""

import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from crawler.config.schema import Config
from crawler.flows.rules import Rules
from scheduler.reading_room import find_free_port, reading_room_command, wait_until_open
from tests.newsroom import ARTICLE, Newsroom

HOSTILE = "<script>alert(1)</script> Quay crossed"


@pytest.fixture
def room(database: sqlite3.Connection, rules: Rules, config: Config) -> Iterator[str]:
    newsroom = Newsroom(database, rules)
    newsroom.keep(replace(ARTICLE, headline=HOSTILE))
    newsroom.keep(
        replace(ARTICLE, url="https://gazette.org/b", headline="A copy"), source="gazette"
    )
    port = find_free_port()
    command = reading_room_command(config.store.path, host="127.0.0.1", port=port)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield wait_until_open("127.0.0.1", port)
    finally:
        child.terminate()
        child.wait(5)


def get(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Security-Policy"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers["Content-Security-Policy"]


def test_the_room_shows_everything_and_gives_nothing_private_away(room: str) -> None:
    base = f"{room}watchword"
    home, article = get(room)[1], get(f"{base}/articles/1")[1]

    # pleasant to read: the sentence with its term marked, the text, the copy
    assert "Two <mark>drones</mark> crossed the quay" in home
    assert "<p>Two drones crossed the quay" in article
    assert "A copy" in article
    assert get(f"{base}/articles?_search=pilot")[1].count("Quay crossed") >= 1
    for page in ("articles", "matches", "sources", "runs", "entries", "proof", "who_was_first"):
        assert get(f"{base}/{page}")[0] == 200, page

    # text from strangers is text
    assert "<script>alert(1)" not in home + article + get(f"{base}/articles")[1]
    assert "script-src 'self'" in get(room)[2]

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
        "/recipients.json",
        ".db",
    ):
        status, text, _ = get(base + page)
        assert status == 403, page
        assert "me@example.org" not in text
    for page in ("", "/alerts", "/proof", "/matches"):
        assert "me@example.org" not in get(base + page)[1]


def test_every_table_can_be_opened(room: str, database: sqlite3.Connection) -> None:
    names = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    private = {"deliveries", "delivery_alerts", "attempts", "recipients", "mutes"}

    answers = {row["name"]: get(f"{room}watchword/{row['name']}")[0] for row in names}

    assert {name for name, status in answers.items() if status != 200} == private
    assert "me@example.org" not in get(f"{room}watchword/watches.json?_shape=array")[1]


def test_the_room_sees_what_is_written_while_it_is_open(
    room: str, database: sqlite3.Connection, rules: Rules
) -> None:
    database.execute("UPDATE articles SET headline = 'Written a moment ago' WHERE id = 2")

    assert "Written a moment ago" in get(f"{room}watchword/articles")[1]


def test_the_room_shows_what_changed(room: str, database: sqlite3.Connection) -> None:
    database.execute("UPDATE revisions SET diff = 'now [-boats <b>-] {+drones+}' WHERE id = 1")
    for page in ("articles/1", "revisions"):
        text = get(f"{room}watchword/{page}")[1]
        assert "<del>boats &lt;b&gt;</del>" in text
        assert "<ins>drones</ins>" in text
