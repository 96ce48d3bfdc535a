"""A script that can be written in an afternoon: feedparser finds entries, trafilatura or newspaper4k reads pages.

``--with trafilatura`` (requests fetches the page) or ``--with newspaper`` (which fetches itself, and also reads pages that
list articles). Runs in an environment of its own.
"""

import json
import re
import sys
from calendar import timegm
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import requests

from bench.field_peers.wire import Source, entry, serve

# what one writes in an afternoon; a site that hangs is one of the cases
_TIMEOUT_SECONDS = 20
_WORD = re.compile(r"\bdrone", re.IGNORECASE)
# returns title and text of a page
ReadPage = Callable[[str], tuple[str, str]]


def read_with_trafilatura(url: str) -> tuple[str, str]:
    """Fetch a page with the defaults of requests, and return its title and text."""
    import trafilatura

    response = requests.get(url, timeout=_TIMEOUT_SECONDS)
    response.raise_for_status()
    return "", trafilatura.extract(response.content, url=url) or ""


def read_with_newspaper(url: str) -> tuple[str, str]:
    """Fetch and read a page with newspaper4k; return its title and text."""
    import newspaper

    article = newspaper.article(url, request_timeout=_TIMEOUT_SECONDS)
    return article.title or "", article.text or ""


class Script:
    """The loop over feeds, with a file of what was seen."""

    def __init__(self, sources: list[Source], folder: Path, read_page: ReadPage) -> None:
        self._sources, self._read_page = sources, read_page
        self._seen_file = folder / "seen.json"
        self._entries: list[dict[str, str]] = []
        self._failures: list[str] = []

    def visit(self) -> None:
        seen = set(json.loads(self._seen_file.read_text()) if self._seen_file.exists() else [])
        for source in self._sources:
            try:
                self._read_source(source, seen)
            except Exception as error:  # any error: such a script prints it and goes on
                self._failures.append(f"{source['url']}: {error!r}")
        self._seen_file.write_text(json.dumps(sorted(seen)))

    def _read_source(self, source: Source, seen: set[str]) -> None:
        if source["kind"] == "section":
            for url in _list_articles(source["url"]):
                self._look(feedparser.FeedParserDict(link=url), seen)
            return
        response = requests.get(source["url"], headers=source["headers"], timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        for found in feedparser.parse(response.content).entries:
            self._look(found, seen)

    def _look(self, found: Any, seen: set[str]) -> None:
        """Read the page of a new entry, and report it if it holds the word."""
        key = found.get("id") or found.get("link") or found.get("title", "")
        if key in seen:
            return
        seen.add(key)
        title, text = found.get("title", ""), ""
        if link := found.get("link"):
            try:
                page_title, text = self._read_page(link)
                title = title or page_title
            except Exception as error:  # as above
                self._failures.append(f"{link}: {error!r}")
        # the words of the feed count as well as those of the page
        text = f"{text}\n{found.get('summary', '')}".strip()
        if _WORD.search(f"{title}\n{text}"):
            stated = found.get("published_parsed") or found.get("updated_parsed")
            at = datetime.fromtimestamp(timegm(stated), UTC).isoformat() if stated else ""
            self._entries.append(entry(title, link, text, at))

    def take(self, outlines: Path) -> None:
        self._failures.append(f"{outlines.name}: this script takes no lists of feeds")

    def report(self) -> dict[str, Any]:
        return {"entries": self._entries, "failures": self._failures, "lists": []}


def _list_articles(url: str) -> list[str]:
    import newspaper

    site = newspaper.build(url, only_homepage=True, memorize_articles=False)
    return [article.url for article in site.articles]


if __name__ == "__main__":
    read = read_with_newspaper if "newspaper" in sys.argv else read_with_trafilatura
    serve(lambda sources, folder: Script(sources, folder, read))
