import pytest

from crawler.extract.feeds.feed import parse_feed
from crawler.model.source import Feed
from tests.fakes import START

RSS = "<rss {names}><channel><title>T</title>{before}<item><title>One</title><link>https://x.example/a</link>{within}</item><item><title>Two</title><link>https://x.example/b</link></item></channel></rss>"
ATOM = '<feed xmlns="{name}"><title>T</title><entry><title>One</title><link href="https://x.example/a"/><updated>2026-11-22T08:00:00Z</updated></entry></feed>'


def parse(text: str) -> Feed:
    return parse_feed(text.encode(), url="https://x.example/feed", content_type="application/xml", fetched_at=START, max_entries=100)  # fmt: skip


def rss(*, names: str = "", before: str = "", within: str = "") -> str:
    return RSS.format(names=names, before=before, within=within)


@pytest.mark.parametrize(
    "name",
    [
        "http://www.w3.org/2005/ Atom",
        "http://www.w3.org/2005/\u00a0Atom",
        " http://www.w3.org/2005/Atom\n",
        "http://www.\tw3.org/ 2005/Atom",
    ],
)
def test_a_space_in_a_namespace_hides_no_entry(name: str) -> None:
    parsed = parse(ATOM.format(name=name))

    assert [(entry.title, entry.updated_at is not None) for entry in parsed.entries] == [("One", True)]  # fmt: skip
    assert parsed.title == "T"


@pytest.mark.parametrize(
    "text",
    [
        rss(names='xmlns:a="x&#160;y"', before="<a:b>1</a:b>"),
        rss(before='<psc:chapters xmlns:psc="http://podlove.org/simple-chapters"><psc:chapter title="a"/></psc:chapters>'),
        rss(before="</gml:pos>"),
        rss(before="<url></media_player>"),
        rss(before="<name><entry><textinput></updated></entry>"),
    ],
    ids=["namespace", "chapter without a start", "place", "player", "text input"],
)  # fmt: skip
def test_entries_around_what_feedparser_fails_on_are_read(text: str) -> None:
    titles = [entry.title for entry in parse(text).entries]

    assert titles == ["One", "Two"]


@pytest.mark.parametrize(
    "within",
    [
        '<gml:Envelope xmlns:gml="http://www.opengis.net/gml"><gml:pos>45.2 -71.9</gml:pos></gml:Envelope>',
        '<psc:chapters xmlns:psc="http://podlove.org/simple-chapters"><psc:chapter title="a"/></psc:chapters>',
    ],
)
def test_entries_that_feedparser_fails_on_are_read_without_places_and_chapters(within: str) -> None:
    parsed = parse(rss(within=f"{within}<pubDate>Sun, 22 Nov 2026 08:00:00 GMT</pubDate>", names='version="2.0"').replace("/b</link>", f"/b</link>{within}"))  # fmt: skip

    assert [entry.title for entry in parsed.entries] == ["One", "Two"]
    assert parsed.entries[0].stated_at is not None
    assert parsed.title == "T"


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="' * 300 + rss(),
        "<!--" + "\n" * 30_000 + "-->" + rss(),
        "<!DOCTYPE rss " + "\n<!ENTITY" * 3000 + rss(),
        rss(within=f"<author>{'a' * 30_000}</author>"),
    ],
    ids=["declarations", "blank lines", "entities", "author"],
)
def test_entries_are_read_though_what_would_take_minutes_is_left_out(text: str) -> None:
    titles = [entry.title for entry in parse(text).entries]

    assert titles == ["One", "Two"]


def test_an_entity_that_a_feed_declares_is_read() -> None:
    declared = "".join(f'<!ENTITY name{place} "x">\n' for place in range(250))

    parsed = parse(f'<!DOCTYPE rss [{declared}<!ENTITY ferry "Ferry">]>' + rss(within="<category>&ferry;</category>").replace("One", "&ferry; One"))  # fmt: skip

    assert [entry.title for entry in parsed.entries] == ["Ferry One", "Two"]
