"""The two programs beside Watchword: bare Scrapy, and what one writes in an afternoon with Scrapy and trafilatura.

    python -m bench.endtoend.spiders bare|afternoon FOLDER < FEEDS

FEEDS is one address a line, FOLDER has ``words.txt``. Each page is a row in FOLDER/pages.db, with when it was written.
"""

import re
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse


class Bare(scrapy.Spider):
    """Fetches feeds and pages, and reads none of them."""

    name = "bare"

    def __init__(self, folder: str, feeds: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = feeds
        self.connection = sqlite3.connect(Path(folder) / "pages.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS pages (url TEXT PRIMARY KEY, kept_at REAL, title TEXT, body TEXT, words TEXT)"
        )
        words = (Path(folder) / "words.txt").read_text(encoding="utf-8").split("\n")
        alternatives = "|".join(map(re.escape, filter(None, words)))
        self.words = re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)

    def parse(self, response: Response, **_: Any) -> Iterator[scrapy.Request]:
        """Follow the entries of a feed."""
        for entry in feedparser.parse(response.body).entries:
            yield scrapy.Request(entry.link, callback=self.keep)

    def keep(self, response: Response) -> None:
        """Note that a page has come."""
        self.write(response.url, "", "", "")

    def write(self, url: str, title: str, body: str, words: str) -> None:
        """Write a row, in a transaction of its own."""
        self.connection.execute(
            "INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?, ?)",
            [url, time.time(), title, body, words],
        )


class Afternoon(Bare):
    """Extracts each page with trafilatura's defaults and searches all words with one expression."""

    name = "afternoon"

    def keep(self, response: Response) -> None:
        """Extract, search and store a page."""
        if not isinstance(response, TextResponse):
            return
        body = trafilatura.extract(response.text) or ""
        found = sorted({word.lower() for word in self.words.findall(body)})
        if body:
            self.write(response.url, response.css("title::text").get(""), body, ",".join(found))


def main() -> None:
    """Run one of the two over the feeds on standard input."""
    kind, folder = sys.argv[1:3]
    settings = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": 64,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
    process = CrawlerProcess(settings)
    spider = {"bare": Bare, "afternoon": Afternoon}[kind]
    process.crawl(spider, folder=folder, feeds=sys.stdin.read().split())
    process.start()


if __name__ == "__main__":
    main()
