"""Sitemaps as hand-written programs make them: raw ampersands, elements that do not close, charsets that are none."""

from datetime import UTC, datetime

import pytest

from crawler.errors import NotAFeed
from crawler.extract.sitemaps.sitemap import parse_sitemap
from crawler.model.source import Sitemap
from tests.fakes import START

A, B = "http://x.example/news?id=1&sec=2&copy=3", "http://x.example/b"
RAW = f"<url><loc>{A}</loc></url><url><loc>{B}</loc></url>"
URLSET = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
DECLARED = '<?xml version="1.0" encoding="{}"?>'


def urlset(inner: str) -> str:
    return f"{URLSET}{inner}</urlset>"


def parse(body: str | bytes) -> Sitemap:
    return parse_sitemap(
        body if isinstance(body, bytes) else body.encode(),
        url="http://x.example/sitemap.xml",
        fetched_at=START,
        max_entries=99,
        max_bytes=1_000_000,
    )


@pytest.mark.parametrize(
    "body",
    [
        urlset(RAW),
        urlset(RAW.replace("</url>", "")),
        urlset(f"<url><loc>{A}</loc><loc>{B}</loc></url>"),
        urlset(f"<loc>{A}</loc><loc>{B}</loc>"),
        urlset(f"<url><loc><![CDATA[\n{A}\n]]></loc></url><url><loc>\n  {B}</loc></url>"),
        urlset(f"<url><loc>{A}<!-- of today --></loc></url><url><loc><!-- -->{B}</loc></url>"),
        urlset(RAW).replace("url", "URL").replace("loc>", "LOC>"),
        f"\n\n{DECLARED.format('UTF-8')}{urlset(RAW)}",
        f"<br />\n<b>Warning</b>: headers sent on line <b>3</b>\n{urlset(RAW)}",
        f"{DECLARED.format('UTF-8')}<!-- {'made by hand ' * 900} -->{urlset(RAW)}",
        DECLARED.format("UTF-16") + urlset(RAW),
        (DECLARED.format("UTF-16") + urlset(RAW)).encode("utf-16"),
        f"# addresses\n\n{A}\r\n{B}\r\n",
        f"{A}\r\n{B}\r\n".encode("utf-16"),
    ],
    ids=[
        "raw ampersands", "url not closed", "two addresses in one", "no element around them", "CDATA", "comments", "capitals",
        "blank lines first", "a warning first", "a long comment first", "utf-8 that says utf-16", "utf-16", "text with a comment",
        "text in utf-16",
    ],
)  # fmt: skip
def test_every_address_is_read_as_it_stands(body: str | bytes) -> None:
    assert {entry.url for entry in parse(body).entries} == {A, B}


@pytest.mark.parametrize("inner", ["<loc>{}</loc><loc>{}</loc>", "{}</sitemap><sitemap>{}"])
def test_every_file_of_an_index_is_read(inner: str) -> None:
    body = f"<sitemapindex><sitemap>{inner.format(A, B)}</sitemap></sitemapindex>"

    assert [url for _, url in parse(body).children] == [A, B]


def test_an_element_without_an_address_is_not_the_sitemap_itself() -> None:
    assert parse(urlset("<url></url><url><lastmod>2026-11-20</lastmod></url>")).entries == ()


def test_news_of_a_prefix_that_nobody_declared_is_news() -> None:
    news = "<news:news><news:publication_date>2026-11-23</news:publication_date><news:title>Drones</news:title></news:news>"

    found = parse(urlset(f"<url><loc>{B}</loc>{news}</url>"))

    assert found.is_news
    (entry,) = found.entries
    assert (entry.title, entry.stated_at) == ("Drones", datetime(2026, 11, 23, tzinfo=UTC))


def test_a_feed_in_place_of_a_sitemap_is_named() -> None:
    with pytest.raises(NotAFeed, match="it is a feed"):
        parse("<rss version='2.0'><channel></channel></rss>")
