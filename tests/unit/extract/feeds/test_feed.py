from datetime import UTC, datetime, timedelta

import pytest

from crawler.errors import NotAFeed
from crawler.extract.feeds.feed import parse_feed
from crawler.extract.navigation.home_page import find_feeds
from crawler.model.source import Feed
from tests.fakes import START

URL = "https://x.example/feeds/rss"


def parse(body: bytes, *, max_entries: int = 100) -> Feed:
    return parse_feed(
        body, url=URL, content_type="application/xml", fetched_at=START, max_entries=max_entries
    )


def feed(*items: str, language: str = "en-gb") -> bytes:
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><language>{language}</language>'
        f"{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    ).encode()


def test_entries_come_in_order_with_absolute_addresses() -> None:
    parsed = parse(
        feed(
            "<title>One</title><link>/a</link>",
            "<title>Two</title><link>https://y.example/b</link>",
        )
    )

    assert [entry.url for entry in parsed.entries] == ["https://x.example/a", "https://y.example/b"]
    assert parsed.language == "en"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", ""]
)
def test_links_that_are_not_web_addresses_are_ignored(link: str) -> None:
    (entry,) = parse(feed(f"<title>x</title><link>{link}</link>")).entries

    assert (entry.url, entry.title) == ("", "x")


def test_titles_are_one_clean_line() -> None:
    title = "&lt;b&gt;Bad&lt;/b&gt;&lt;script&gt;evil()&lt;/script&gt; &#10;Bcc: x \u202e\u2028 end"

    entry = parse(feed(f"<title>{title}</title><link>/a</link>")).entries[0]

    assert entry.title == "Bad Bcc: x end"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Mon, 23 Nov 2026 09:00:00 GMT", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("13-12-2022 01:45", datetime(2022, 12, 13, 1, 45, tzinfo=UTC)),
        ("Fri, 01 Jan 2999 00:00:00 GMT", None),
        ("Mon, 01 Jan 1900 00:00:00 GMT", None),
        ("9 hours ago", None),
        ("99999-99-99", None),
    ],
)
def test_only_believable_dates_are_taken(text: str, stated: datetime | None) -> None:
    entry = parse(feed(f"<title>x</title><link>/a</link><pubDate>{text}</pubDate>")).entries[0]

    assert entry.stated_at == stated


def test_a_missing_update_is_not_taken_from_the_publication() -> None:
    entry = parse(
        feed("<title>x</title><link>/a</link><pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate>")
    ).entries[0]

    assert entry.updated_at is None


def test_an_entry_listed_twice_is_one_entry_and_those_over_the_limit_are_counted() -> None:
    items = [f"<title>{n % 2}</title><link>/a{n % 2}</link>" for n in range(10)]

    parsed = parse(feed(*items), max_entries=6)

    assert len(parsed.entries) == 2
    assert parsed.cut_count == 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>hi</body></html>", "HTML page"),
        (b"hello", "is not a feed"),
        (b"\x89PNG\r\n", "is not a feed"),
    ],
)
def test_the_error_for_other_documents_says_what_came_instead(body: bytes, words: str) -> None:
    with pytest.raises(NotAFeed, match=words):
        parse(body)


def test_a_page_names_its_feeds() -> None:
    page = (
        b'<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml">'
        b'<link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" href="/x.css">'
        b'<link rel="alternate" type="application/atom+xml" href="javascript:x"></head></html>'
    )

    found = find_feeds(page, url="https://x.example/")
    assert [feed.url for feed in found] == ["https://x.example/rss.xml"]
    assert find_feeds(b"", url="https://x.example/") == ()


def test_an_entity_bomb_stays_small() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss version="2.0"><channel><item><title>&b;&b;</title><link>/a</link></item></channel></rss>'

    parsed = parse(bomb)

    assert all(len(entry.title) <= 500 for entry in parsed.entries)


FORMATS = {
    "rss 0.91": '<rss version="0.91"><channel><title>T</title><item><title>One</title><link>https://x.example/a</link></item></channel></rss>',
    "rss 2.0 by guid": '<rss version="2.0"><channel><item><title>One</title><guid isPermaLink="true">https://x.example/a</guid></item></channel></rss>',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>T</title></channel><item rdf:about="https://x.example/a"><title>One</title><link>https://x.example/a</link></item></rdf:RDF>',
    "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>One</title><link rel="alternate" href="/a"/><id>urn:1</id></entry></feed>',
    "json": '{"version": "https://jsonfeed.org/version/1", "items": [{"id": 7, "url": "/a", "title": "One"}]}',
    "no declaration, space before": '\n\n <rss version="2.0"><channel><item><title>One</title><link>/a</link></item></channel></rss>',
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read(name: str) -> None:
    entries = parse(FORMATS[name].encode()).entries

    assert [(entry.url, entry.title) for entry in entries] == [("https://x.example/a", "One")]


@pytest.mark.parametrize(
    ("charset", "title"), [("windows-1256", "طائرات مسيرة"), ("shift_jis", "ドローン"), ("utf-16", "Größe")]
)  # fmt: skip
def test_a_feed_is_read_in_its_own_charset(charset: str, title: str) -> None:
    text = f'<?xml version="1.0" encoding="{charset}"?><rss version="2.0"><channel><item><title>{title}</title><link>/a</link></item></channel></rss>'

    assert parse(text.encode(charset)).entries[0].title == title


def test_guids_may_be_missing_the_same_or_changing() -> None:
    first = parse(feed("<link>/a</link><guid>1</guid>", "<link>/b</link><guid>1</guid>", "<link>/c</link>"))  # fmt: skip
    later = parse(feed("<link>/a</link><guid>99</guid>"))

    assert [entry.url for entry in first.entries] == [f"https://x.example/{p}" for p in "abc"]
    assert later.entries[0].url == first.entries[0].url


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ("<guid>post-1</guid>", ""),
        ('<guid>post-1</guid><enclosure url="/a.mp3" type="audio/mpeg"/>', "https://x.example/a.mp3"),
        ('<guid isPermaLink="true">/a</guid>', "https://x.example/a"),
        ('<guid isPermaLink="TRUE">https://x.example/a</guid>', "https://x.example/a"),
        ("<link/><guid>https://x.example/a</guid>", "https://x.example/a"),
        ('<link></link><guid isPermaLink="true">\n https://x.example/a \n</guid>', "https://x.example/a"),
        ('<guid isPermaLink="false">https://x.example/a</guid>', ""),
        ('<guid isPermaLink="False"><![CDATA[https://x.example/a]]></guid>', ""),
        ('<guid isPermaLink="false">https://x.example/a</guid><link>https://x.example/a</link>', "https://x.example/a"),
        ('<link>https://x.example/a</link><guid isPermaLink="false">https://x.example/a</guid>', "https://x.example/a"),
        ("<guid>http://[bad</guid>", ""),
    ],
)  # fmt: skip
def test_a_guid_is_an_address_unless_the_feed_says_or_shows_otherwise(parts: str, url: str) -> None:
    (entry,) = parse(feed(f"<title>One</title>{parts}")).entries

    assert entry.url == url


def test_the_ttl_of_a_feed_is_read() -> None:
    ttl = parse(feed("<link>/a</link>").replace(b"<language>", b"<ttl>90</ttl><language>"))
    hourly = b'<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency><item><link>/a</link></item></channel></rss>'

    assert ttl.pause == timedelta(minutes=90)
    assert parse(hourly).pause == timedelta(minutes=15)
    assert parse(feed("<link>/a</link>")).pause is None


@pytest.mark.parametrize("ttl", ["-5", "abc", "1e99", "99999999999999999999", "NaN", "²", "0"])
def test_a_senseless_ttl_is_ignored_or_capped(ttl: str) -> None:
    pause = parse(feed("<link>/a</link>").replace(b"<language>", f"<ttl>{ttl}</ttl><language>".encode())).pause  # fmt: skip

    assert pause is None or timedelta(0) < pause <= timedelta(days=70)


@pytest.mark.parametrize(
    "document",
    [
        '{"version": "https://jsonfeed.org/version/1", "items": [1, null, {"id": "x"}, {"url": 5}, {"url": "javascript:x/"}]}',
        '{"version": "https://jsonfeed.org/version/1", "items": []}',
    ],
)
def test_a_json_feed_of_odd_items_is_read_without_them(document: str) -> None:
    assert parse(document.encode()).entries == ()


@pytest.mark.parametrize(
    "document", ['{"a": 1}', '{"a":' * 100_000, '{"version": 3, "items": {}}', "{"]
)
def test_other_json_is_not_a_feed(document: str) -> None:
    with pytest.raises(NotAFeed, match="JSON"):
        parse(document.encode())


@pytest.mark.parametrize(
    ("prefix", "name"), [("d", "created"), ("d", "available"), ("prism", "publicationDate")]
)
def test_dates_of_other_vocabularies_are_read(prefix: str, name: str) -> None:
    spaces = 'xmlns:d="http://purl.org/dc/terms/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    item = f"<title>A</title><link>/a</link><{prefix}:{name}>2026-11-23T09:33:36Z</{prefix}:{name}>"
    parsed = parse(feed(item).replace(b"<rss ", f"<rss {spaces} ".encode()))

    assert parsed.entries[0].stated_at == datetime(2026, 11, 23, 9, 33, 36, tzinfo=UTC)
