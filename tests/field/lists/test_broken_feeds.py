"""Broken feeds as real programs write them: in any charset, with stray text around them, with unclosed markup."""

import contextlib
import json
import time
from pathlib import Path

import pytest

from crawler.errors import NotAFeed
from crawler.extract.documents.charset import decode_page
from crawler.extract.feeds.feed import parse_feed
from crawler.model.source import Feed
from tests.fakes import START, FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

TITLE = "Drohne über Łódź"
FIRST = f"<item><title>{TITLE}</title><link>http://x.example/a?n=1&amp;m=2</link><description>Words</description></item>"  # fmt: skip
SECOND = "<item><title>Second</title><link>http://x.example/b</link></item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{head}<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>'


PLAIN = rss(FIRST, SECOND)
BYTES = PLAIN.encode()
ESCAPED = PLAIN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": "1", "url": "http://x.example/a?n=1&m=2", "title": TITLE},
            {"id": "2", "url": "http://x.example/b", "title": "Second"},
        ],
    },
    ensure_ascii=False,
)
READ: dict[str, tuple[bytes, str]] = {
    "utf-16": (rss(FIRST, SECOND, head=declared("UTF-16")).encode("utf-16"), "text/xml"),
    "utf-16 without a mark": (rss(FIRST, SECOND, head=declared("UTF-16")).encode("utf-16-le"), "text/xml"),
    "utf-16 the other way round": (PLAIN.encode("utf-16-be"), "text/xml; charset=utf-8"),
    "utf-8 that says utf-16": (rss(FIRST, SECOND, head=declared("UTF-16")).encode(), "text/xml"),
    "utf-8 of a server that says utf-16": (BYTES, "text/xml; charset=utf-16"),
    "utf-8 that says latin-1": (rss(FIRST, SECOND, head=declared("ISO-8859-1")).encode(), "text/xml"),
    "a charset nobody knows": (rss(FIRST, SECOND, head=declared("utf8mb4")).encode(), "text/xml; charset=none"),
    "a few bytes of another charset": (BYTES.replace(b"Words", b"W\xf6rter \x96"), "text/xml; charset=utf-8"),
    "two marks": (b"\xef\xbb\xbf" * 2 + BYTES, "text/xml"),
    "as a page": (BYTES, "text/html; charset=iso-8859-1"),
    "as a download": (BYTES, "application/octet-stream"),
    "control characters": (PLAIN.replace("Dro", "D\x0br\x00o").encode(), "text/xml"),
    "references to control characters": (PLAIN.replace("Words", "&#x1F;&#0;&#xFFFE;W").encode(), "text/xml"),
    "references to halves of letters": (PLAIN.replace("Words", "&#xD83D;&#xDE81; &#55357;&#56961; &#xD83D;").encode(), "text/xml"),
    "a warning before it": (b"<br />\n<b>Warning</b>: headers already sent on line <b>3</b>\n" + BYTES, "text/xml"),
    "headers before it": (b"Content-Type: text/xml\r\n\r\n" + BYTES, "text/xml"),
    "a page around it": (b"<!DOCTYPE html><html><head></head><body>" + BYTES + b"</body></html>", "text/html"),
    "a browser's view of it": (f"<html><head></head><body><pre>{ESCAPED}</pre></body></html>".encode(), "text/html"),
    "a web service around it": (f'{declared("utf-8")}<string xmlns="http://tempuri.org/">{ESCAPED}</string>'.encode(), "text/xml"),
    "the declaration of a page": (rss(FIRST, SECOND, head="<!DOCTYPE html>").encode(), "text/xml"),
    "something behind it": (BYTES + b"<script>count()</script>\nFatal error: <b>x", "text/xml"),
    "two feeds in one": ((rss(FIRST) + rss(SECOND)).encode(), "text/xml"),
    "an element closed by another name": (PLAIN.replace("</description>", "</descripton>").encode(), "text/xml"),
    "entities of HTML": (PLAIN.replace("Words", "&nbsp;&eacute;&hellip; &made-up; A & B <br> x < y").encode(), "text/xml"),
    "prefixes nobody declared": (PLAIN.replace("<description>", "<dc:creator>A</dc:creator><media:thumbnail url='x'/><description>").encode(), "text/xml"),
    "json": (JSON.encode("utf-16"), "application/json"),
    "json with too many commas": (JSON.replace("}]", "},]").encode(), "application/json"),
    "json that must not be run": (b")]}',\n" + JSON.encode(), "application/json"),
    "json behind a warning": (b"<br/>Warning: x" + JSON.encode(), "text/html"),
}  # fmt: skip


def parse(body: bytes, content_type: str) -> Feed:
    return parse_feed(
        body,
        url="http://x.example/feed",
        content_type=content_type,
        fetched_at=START,
        max_entries=500,
    )


@pytest.mark.parametrize("name", READ)
def test_every_entry_is_read_as_intended(name: str) -> None:
    found = parse(*READ[name]).entries

    assert [(entry.title, entry.url) for entry in found] == [
        (TITLE, "http://x.example/a?n=1&m=2"),
        ("Second", "http://x.example/b"),
    ]


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("gb2312", "无人机镕"),
        ("shift_jis", "ドローン①髙"),
        ("euc-kr", "드론 똠방"),
        ("iso-8859-1", "“Drohne” – ü"),
        ("koi8-r", "Дрон"),
    ],
)
def test_a_charset_is_read_as_the_superset_browsers_use(encoding: str, title: str) -> None:
    wide = {"gb2312": "gbk", "shift_jis": "cp932", "euc-kr": "cp949", "iso-8859-1": "cp1252"}
    feed = rss(FIRST.replace(TITLE, title), head=declared(encoding)).encode(wide.get(encoding, encoding))  # fmt: skip

    assert parse(feed, "text/xml").entries[0].title == title


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<!-- x --><!---->\n<!doctype HTML><p>x", "an HTML page"),
        (b'<?xml version="1.0"?><html xmlns="x"><body><p>&lt;rss></body></html>', "an HTML page"),
        (b"<urlset xmlns='x'><url><loc>http://x.example/</loc></url></urlset>", "a sitemap"),
        (b"<?xml version='1.0'?><!-- x --><opml version='2.0'><body/></opml>", "a list of feeds"),
        (b"<error>not now</error>", "is not a feed that can be read"),
        (b'{"error": "rate limited"}', "JSON, but not a JSON Feed"),
    ],
)
def test_what_came_instead_is_said(body: bytes, sentence: str) -> None:
    with pytest.raises(NotAFeed, match=sentence):
        parse(body, "text/html")


def test_a_sample_feed_in_a_quotation_is_not_read() -> None:
    quoted = FIRST.replace("Words", "<![CDATA[<item><title>Fake</title><link>/f</link></item>]]>")
    broken = SECOND.replace("</title>", " & sons</title>")

    assert [entry.title for entry in parse(rss(quoted, broken).encode(), "text/xml").entries] == [
        TITLE,
        "Second & sons",
    ]


@pytest.mark.parametrize(
    "piece", ["<", "<!---->", "<?", "&#xD83D;", "&lt;rss", "<![CDATA[", "<pre ", "<rss ", "<item>", "{"]
)  # fmt: skip
def test_a_megabyte_of_anything_is_read_or_refused(piece: str) -> None:
    started = time.process_time()
    with contextlib.suppress(NotAFeed):
        parse((piece * (1_000_000 // len(piece))).encode(), "text/xml")
    assert time.process_time() - started < 60


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"<p>plain letters</p>", "text/html; charset=utf-16", "<p>plain letters</p>"),
        ("<p>Größe</p>".encode("utf-16-le"), "text/html", "<p>Größe</p>"),
        ("<p>Größe, früher </p>".encode() + b"\x96", "text/html; charset=utf-8", "<p>Größe, früher </p>–"),
        ("<p>Größe und Maß</p>".encode("latin-1"), "text/html; charset=utf-8", "<p>Größe und Maß</p>"),
    ],
)  # fmt: skip
def test_pages_are_read_in_their_real_charset(body: bytes, content_type: str, text: str) -> None:
    assert decode_page(body, content_type) == text


async def test_a_broken_feed_causes_alerts(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Drones Again", PROSE, DRONES)
    broken = f"<br />Warning<rss><channel><item><title>&nbsp;Drones &#xD83D;&#xDE81; Again</ttle><link>{site.url}/a</link></item>"  # fmt: skip
    site.pages["/rss"] = Reply(broken.encode("utf-16-le"), content_type="text/html")
    config = configure(tmp_path, settings(f"{site.url}/rss", backfill="0s"))
    await crawl(config)
    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
    assert rows(config, "SELECT state, title FROM entries") == [("skipped", "Drones 🚁 Again")]


@pytest.mark.parametrize(
    "document",
    [
        {"feed_url": "http://x.example/feed", "items": [{"id": "1", "url": "http://x.example/a"}]},
        {"version": "https://jsonfeed.org/version/1.1", "items": {"0": {"id": "1", "url": "http://x.example/a"}}},
    ],
    ids=["without its version", "a list that PHP wrote as an object"],
)  # fmt: skip
def test_a_json_feed_is_recognised_by_what_it_holds(document: dict[str, object]) -> None:
    (entry,) = parse(json.dumps(document).encode(), "application/feed+json").entries

    assert entry.url == "http://x.example/a"
