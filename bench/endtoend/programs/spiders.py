"""Bare Scrapy, and what one writes in an afternoon with Scrapy and trafilatura.

python -m bench.endtoend.programs.spiders bare|afternoon FOLDER < FEEDS
"""

import sys
from collections.abc import Iterator
from typing import Any

import feedparser
import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse

from bench.endtoend.programs.rows import PARALLEL, Rows, read_task


class Bare(scrapy.Spider):
    """Fetches feeds and pages, and reads none of them."""

    name = "bare"

    def __init__(self, rows: Rows, feeds: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = feeds
        self.rows = rows

    def parse(self, response: Response, **_: Any) -> Iterator[scrapy.Request]:
        """Follow the entries of a feed."""
        for entry in feedparser.parse(response.body).entries:
            yield scrapy.Request(entry.link, callback=self.keep)

    def keep(self, response: Response) -> None:
        """Note that a page has come."""
        self.rows.note(response.url)


class Afternoon(Bare):
    """Extracts each page with trafilatura's defaults and searches all words with one expression."""

    name = "afternoon"

    def keep(self, response: Response) -> None:
        """Extract, search and store a page."""
        if isinstance(response, TextResponse):
            body = trafilatura.extract(response.text) or ""
            self.rows.keep(response.url, response.css("title::text").get(""), body)


def main() -> None:
    """Run one of the two over the feeds on standard input."""
    feeds, rows = read_task()
    settings = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": PARALLEL,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
    process = CrawlerProcess(settings)
    spider = {"bare": Bare, "afternoon": Afternoon}[sys.argv[1]]
    process.crawl(spider, rows=rows, feeds=feeds)
    process.start()


if __name__ == "__main__":
    main()
