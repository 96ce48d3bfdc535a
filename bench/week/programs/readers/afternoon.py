"""A script that can be written in an afternoon: Scrapy, feedparser, trafilatura, regular expressions, smtplib.

``python -m bench.week.programs.readers.afternoon JOB``. It makes good use of these libraries: robots.txt, pauses and
retries are Scrapy's own, sitemaps and pages of links are followed, an article is sent once for each interest and then
recorded as seen. All rounds run in one process, so that starting Python costs nothing.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import feedparser
import scrapy
import trafilatura
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response, TextResponse
from scrapy.linkextractors import LinkExtractor
from scrapy.utils.sitemap import Sitemap

from bench.week.programs.job import (
    FIRST_ROUND,
    Job,
    SeenSet,
    Source,
    count_wait,
    read_job,
    send_alert,
)

_SETTINGS = {
    "LOG_LEVEL": "INFO",
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 32,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "RANDOMIZE_DOWNLOAD_DELAY": False,
    "DOWNLOAD_TIMEOUT": 8,
    # for conditional requests: answers are cached as their headers allow
    "HTTPCACHE_ENABLED": True,
    "HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy",
    # for hosts with only IPv6: the default resolver asks for IPv4
    "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver",
    "DNSCACHE_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
}

# id, link, title, text
Entry = tuple[str, str, str, str]


class Afternoon(scrapy.Spider):
    """A spider that visits every source once."""

    name = "afternoon"

    def __init__(self, job: Job, seen: SeenSet, **options: Any) -> None:
        super().__init__(**options)
        self._job, self._seen = job, seen

    async def start(self) -> AsyncIterator[scrapy.Request]:
        readers = {
            "feed": self.read_feed,
            "sitemap": self.read_sitemap,
            "section": self.read_section,
            "page": self.read_page,
        }
        for source in self._job.sources:
            yield scrapy.Request(
                source["url"],
                readers[source["kind"]],
                cb_kwargs={"source": source},
                dont_filter=True,
            )

    def read_feed(self, response: Response, source: Source) -> Iterator[scrapy.Request]:
        """Follow the entries of a feed."""
        fresh = []
        for found in feedparser.parse(response.body).entries:
            link = found.get("link", "")
            key = found.get("id") or link or found.get("title", "")
            title, text = found.get("title", ""), found.get("summary", "")
            fresh.append((key, response.urljoin(link) if link else "", title, text))
        yield from self._follow(fresh, source)

    def read_sitemap(self, response: Response, source: Source) -> Iterator[scrapy.Request]:
        """Follow the entries of a sitemap, or the sitemaps of an index."""
        sitemap = Sitemap(response.body)
        places = [one["loc"] for one in sitemap]
        if sitemap.type == "sitemapindex":
            for place in places:
                yield scrapy.Request(
                    place, self.read_sitemap, cb_kwargs={"source": source}, dont_filter=True
                )
            return
        yield from self._follow([(one, one, "", "") for one in places], source)

    def read_section(self, response: Response, source: Source) -> Iterator[scrapy.Request]:
        """Follow the links of a page."""
        if isinstance(response, TextResponse):
            links = LinkExtractor().extract_links(response)
            yield from self._follow([(one.url, one.url, one.text, "") for one in links], source)

    def read_page(self, response: Response, source: Source) -> None:
        """Match the new lines of a watched page."""
        if isinstance(response, TextResponse):
            lines = [" ".join(one.css("::text").getall()) for one in response.css("li, p")]
            self._note_or_alert(
                [(line, line.strip()) for line in lines], source, title="", link=response.url
            )

    def read_article(self, response: Response, source: Source, entry: Entry) -> None:
        """Match the text of an article's page."""
        key, link, title, text = entry
        found = trafilatura.extract(response.body, url=response.url, include_comments=False)
        if not title and isinstance(response, TextResponse):
            title = response.css("title::text").get("")
        body = f"{text}\n{found or ''}"
        self._alert(key, title, link, body, source)
        self._seen.add(link)

    def _follow(self, entries: list[Entry], source: Source) -> Iterator[scrapy.Request]:
        """Follow entries not seen before by id or link; at the first visit of a source nothing is news."""
        if source["name"] not in self._seen:
            self._seen.add(source["name"], *(name for entry in entries for name in entry[:2]))
            return
        for entry in entries:
            key, link, title, text = entry
            if key in self._seen or (link and link in self._seen):
                continue
            if not link:
                self._alert(key, title, "", text, source)
                continue
            yield scrapy.Request(
                link, self.read_article, cb_kwargs={"source": source, "entry": entry}
            )

    def _note_or_alert(self, lines: list[tuple[str, str]], source: Source, *, title: str, link: str) -> None:  # fmt: skip
        if source["name"] not in self._seen:
            self._seen.add(source["name"], *(key for key, _ in lines))
            return
        for key, line in lines:
            if key not in self._seen:
                self._alert(key, title or line[:80], link, line, source)

    def _alert(self, key: str, title: str, link: str, text: str, source: Source) -> None:
        """Send what is wanted, then record it as seen; what could not be sent is tried again next round."""
        for interest in self._job.list_met(title, text, source):
            sent = f"{interest.name} {key}"
            if sent in self._seen:
                continue
            send_alert(self._job, interest, title, link, text)
            self._seen.add(sent)
        self._seen.add(key)


class Rounds:
    """Crawls again and again, at the job's interval."""

    def __init__(self, path: Path) -> None:
        self._path = path
        job = read_job(path)
        cache = str(job.folder / "httpcache")
        self._process = AsyncCrawlerProcess(
            {**_SETTINGS, "DOWNLOAD_DELAY": job.delay, "HTTPCACHE_DIR": cache}
        )

    def go(self) -> None:
        """Run for ever."""
        self._crawl()
        self._process.start(stop_after_crawl=False)

    def _crawl(self) -> None:
        began, job = time.monotonic(), read_job(self._path)
        seen = SeenSet(job.folder / "seen.json")

        def again(_: object) -> None:
            (job.folder / FIRST_ROUND).touch()
            wait = count_wait(job, time.monotonic() - began)
            asyncio.get_running_loop().call_later(wait, self._crawl)

        crawl = self._process.crawl(Afternoon, job=job, seen=seen)
        crawl.add_done_callback(again)


if __name__ == "__main__":
    Rounds(Path(sys.argv[1])).go()
