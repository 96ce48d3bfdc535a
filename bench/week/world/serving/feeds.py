"""The feeds of sites: the writer, path and content type of each form. Pure functions."""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape

from bench.week.world.serving.entries import Entry
from bench.week.world.serving.lists import write_section
from bench.week.world.serving.rss import write_rdf, write_rss
from bench.week.world.serving.sitemaps import write_news_sitemap, write_sitemap

PATHS = {
    "rss": "/rss",
    "atom": "/atom.xml",
    "rdf": "/index.rdf",
    "json": "/feed.json",
    "news sitemap": "/news-sitemap.xml",
    "sitemap": "/sitemap.xml",
    "sitemap index": "/wp-sitemap.xml",
    "section": "/news/",
}
_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "section": "text/html; charset=utf-8",
}


def write_feed(  # what a feed is made of
    form: str,
    url: str,
    entries: Sequence[Entry],
    quirks: frozenset[str],
    *,
    now: datetime,
    language: str,
) -> bytes:
    """Return the entries of a site in one of the forms of ``PATHS``."""
    if form == "rss":
        return write_rss(url, entries, quirks, now=now, language=language)
    if form == "atom":
        return write_atom(url, entries, quirks)
    if form == "json":
        return write_json(entries)
    if form == "section":
        return write_section(url, entries, quirks, language=language)
    if form == "sitemap":
        return write_sitemap(entries, quirks)
    return write_rdf(url, entries) if form == "rdf" else write_news_sitemap(url, entries)


def name_type(form: str, quirks: frozenset[str]) -> str:
    """Return the content type of a form; some servers have none for feeds."""
    if "html type" in quirks:
        return "text/html; charset=utf-8"
    if "gzip file" in quirks:
        return "application/x-gzip"
    return _TYPES.get(form, "text/xml")


def write_atom(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Return Atom."""
    base = ' xml:base="archive/"' if "xml:base" in quirks else ""
    items = "".join(
        f"<entry{base}><title>{escape(one.title)}</title><id>{escape(one.guid)}</id>"
        f'<link rel="alternate" href="{escape(_shorten(one.link, url, quirks))}"/>'
        f"<published>{one.published_at.isoformat()}</published><updated>{one.updated_at.isoformat()}</updated>"
        f"{_content(one, quirks)}</entry>"
        for one in entries
    )
    newest = max((one.updated_at.isoformat() for one in entries), default="2026-01-01T00:00:00Z")
    over = f' xml:base="{url}/"' if "xml:base" in quirks else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"{over}><title>Paper</title>'
        f"<id>{url}/</id><updated>{newest}</updated>{items}</feed>"
    ).encode()


def _shorten(link: str, url: str, quirks: frozenset[str]) -> str:
    return link.removeprefix(f"{url}/archive/") if "xml:base" in quirks else link


def _content(one: Entry, quirks: frozenset[str]) -> str:
    if "xhtml" in quirks:
        return f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(one.summary)}</p></div></content>'
    if "html inside" in quirks:
        return f'<content type="html"><![CDATA[<!DOCTYPE html><html><body><p>{escape(one.summary)}</p></body></html>]]></content>'
    return f"<summary>{escape(one.summary)}</summary>"


def write_json(entries: Sequence[Entry]) -> bytes:
    """Return a JSON Feed."""
    items = [
        {
            "id": one.guid,
            "url": one.link,
            "title": one.title,
            "summary": one.summary,
            "date_published": one.published_at.isoformat(),
            "date_modified": one.updated_at.isoformat(),
        }
        for one in entries
    ]
    facts = {"version": "https://jsonfeed.org/version/1.1", "title": "Paper", "items": items}
    return json.dumps(facts, ensure_ascii=False).encode()
