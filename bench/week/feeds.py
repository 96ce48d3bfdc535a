"""How sites announce what they have: feeds, sitemaps and lists, as sound or as sloppy as their kind is. Pure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is announced of an article."""

    link: str
    guid: str
    title: str
    summary: str
    published_at: datetime
    updated_at: datetime


def odd_date(instant: datetime, number: int) -> str:
    """Return a date as hand-made feeds have it."""
    forms = (
        f"{instant.day}. {_MONTHS_DE.split()[instant.month - 1]} {instant:%Y %H:%M}",
        f"{instant.timestamp():.0f}",
        f"{instant:%A %d %b %Y, %I:%M %p}",
        f"{instant:%Y-%m-%d %H:%M:%S}",
    )
    return forms[number % len(forms)]


def write_rss(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write RSS 2.0."""
    items = []
    for number, one in enumerate(entries):
        link = one.link.removeprefix(url) if "relative" in quirks else one.link
        shown = link if "ampersand" in quirks else escape(link)
        guid = "" if "no guid" in quirks else f'<guid isPermaLink="false">{escape(one.guid)}</guid>'
        date = odd_date(one.published_at, number) if "dates" in quirks else format_datetime(one.updated_at)  # fmt: skip
        place = "" if "text in feed" in quirks else f"<link>{shown}</link>"
        title = one.title + (" & more" if "ampersand" in quirks else "")
        items.append(
            f"<item><title>{title if 'ampersand' in quirks else escape(title)}</title>{place}{guid}"
            f"<description>{escape(one.summary)}</description><pubDate>{date}</pubDate></item>"
        )
    encoding = "windows-1251" if "cp1251" in quirks else "utf-8"
    before = "\ufeff\n  " if "bom" in quirks else ""
    text = (
        f'{before}<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>Paper</title>'
        f"<link>{url}/</link><description>news</description>{''.join(items)}</channel></rss>"
    )
    return text.encode(encoding, "xmlcharrefreplace")


def write_atom(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write Atom."""
    items = "".join(
        f'<entry><title>{escape(one.title)}</title><id>{escape(one.guid)}</id><link href="{escape(one.link)}"/>'
        f"<published>{one.published_at.isoformat()}</published><updated>{one.updated_at.isoformat()}</updated>"
        f"<summary>{escape(one.summary)}</summary></entry>"
        for one in entries
    )
    newest = max((one.updated_at.isoformat() for one in entries), default="2026-01-01T00:00:00Z")
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Paper</title>'
        f"<id>{url}/</id><updated>{newest}</updated>{items}</feed>"
    ).encode()


def write_rdf(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write RSS 1.0."""
    items = "".join(
        f'<item rdf:about="{escape(one.link)}"><title>{escape(one.title)}</title><link>{escape(one.link)}</link>'
        f"<dc:date>{one.updated_at.isoformat()}</dc:date></item>"
        for one in entries
    )
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<channel rdf:about="{url}/"><title>Paper</title><link>{url}/</link></channel>{items}</rdf:RDF>'
    ).encode()


def write_json(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write a JSON Feed."""
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


def write_news_sitemap(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write a news sitemap."""
    urls = "".join(
        f"<url><loc>{escape(one.link)}</loc><news:news><news:publication><news:name>Paper</news:name>"
        f"<news:language>en</news:language></news:publication><news:publication_date>{one.published_at.isoformat()}"
        f"</news:publication_date><news:title>{escape(one.title)}</news:title></news:news></url>"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    ).encode()


def write_sitemap(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write a sitemap without dates, oldest first, as WordPress does."""
    urls = "".join(f"<url><loc>{escape(one.link)}</loc></url>" for one in reversed(entries))
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    ).encode()


def write_sitemap_index(url: str, child_count: int) -> bytes:
    """Write the index of such sitemaps, by number."""
    children = "".join(
        f"<sitemap><loc>{url}/wp-sitemap-posts-post-{n + 1}.xml</loc></sitemap>"
        for n in range(child_count)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{children}</sitemapindex>'
    ).encode()


def write_section(url: str, entries: Sequence[Entry], quirks: frozenset[str]) -> bytes:
    """Write a page of links to articles."""
    links = "".join(
        f'<li><h2><a href="{escape(one.link)}">{escape(one.title)}</a></h2><p>{escape(one.summary)}</p></li>'
        for one in entries
    )
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>News</title></head><body><nav><a href="/about">About us'
        f'</a> <a href="/contact">Contact</a></nav><main><ul>{links}</ul></main></body></html>'
    ).encode()


WRITERS: dict[str, Callable[[str, Sequence[Entry], frozenset[str]], bytes]] = {
    "rss": write_rss,
    "atom": write_atom,
    "rdf": write_rdf,
    "json": write_json,
    "news sitemap": write_news_sitemap,
    "sitemap": write_sitemap,
    "section": write_section,
}
CONTENT_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "section": "text/html; charset=utf-8",
    "page": "text/html; charset=utf-8",
}
PATHS = {
    "rss": "/rss",
    "atom": "/atom.xml",
    "rdf": "/index.rdf",
    "json": "/feed.json",
    "news sitemap": "/news-sitemap.xml",
    "sitemap index": "/wp-sitemap.xml",
    "section": "/news/",
}
