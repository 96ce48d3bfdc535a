"""What every program beside Watchword does with a page it has read: search the words, and commit a row with the time."""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# as long as Scrapy waits, much longer than anything on loopback takes
TIMEOUT_SECONDS = 60
# pages fetched at a time: as many as Watchword and the spiders may have under way
PARALLEL = 64


class Rows:
    """The table of pages in a folder, and the words to search for."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "pages.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS pages (url TEXT PRIMARY KEY, kept_at REAL, title TEXT, body TEXT, words TEXT)"
        )
        words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
        alternatives = "|".join(map(re.escape, filter(None, words)))
        self._words = re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)

    def note(self, url: str) -> None:
        """Write a row without a text, in a transaction of its own."""
        self._write(url, "", "", "")

    def keep(self, url: str, title: str, body: str) -> None:
        """Search a text and write its row, in a transaction of its own; nothing without a text."""
        if body:
            found = sorted({word.lower() for word in self._words.findall(body)})
            self._write(url, title, body, ",".join(found))

    def _write(self, url: str, title: str, body: str, words: str) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?, ?)",
            [url, time.time(), title, body, words],
        )


def read_task() -> tuple[list[str], Rows]:
    """Return the feeds on standard input, and the rows in the folder that is the last argument."""
    return sys.stdin.read().split(), Rows(Path(sys.argv[-1]))


def list_entries(feeds: list[str]) -> Iterator[str]:
    """Yield the links of feeds, which are fetched with requests, several at a time."""
    import feedparser
    import requests

    def read(feed: str) -> list[str]:
        answer = requests.get(feed, timeout=TIMEOUT_SECONDS)
        return [entry.link for entry in feedparser.parse(answer.content).entries]

    with ThreadPoolExecutor(PARALLEL) as threads:
        for links in threads.map(read, feeds):
            yield from links
