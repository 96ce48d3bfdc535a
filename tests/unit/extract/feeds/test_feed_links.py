"""Which address an entry has: that of its page as the feed's author meant it, and never one that nobody wrote."""

import pytest

from crawler.extract.feeds.feed import parse_feed
from crawler.model.source import FeedEntry
from tests.fakes import START

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{}</feed>'
RSS = '<rss version="2.0"><channel><title>T</title>{}</channel></rss>'


def read(text: str) -> tuple[FeedEntry, ...]:
    return parse_feed(
        text.encode(),
        url="https://x.org/feeds/rss",
        content_type="application/xml",
        fetched_at=START,
        max_entries=99,
    ).entries


def rss(*items: str) -> list[str]:
    return [entry.url for entry in read(RSS.format("".join(f"<item>{i}</item>" for i in items)))]


def atom(*entries: str) -> list[str]:
    inner = "".join(f"<entry><title>D</title>{one}</entry>" for one in entries)
    return [entry.url for entry in read(ATOM.format(inner))]


@pytest.mark.parametrize("link", ["https://x.org/", "https://x.org/notices"])
def test_permalinks_are_the_addresses_of_entries_that_share_a_link(link: str) -> None:
    items = [f"<link>{link}</link><guid>https://x.org/a/{number}</guid>" for number in (1, 2)]

    assert rss(*items) == ["https://x.org/a/1", "https://x.org/a/2"]


def test_a_permalink_is_the_address_of_an_entry_that_links_to_the_front_page() -> None:
    assert rss("<link>https://x.org</link><guid>https://x.org/a/1</guid>") == ["https://x.org/a/1"]


@pytest.mark.parametrize(
    "guids",
    [
        ["<guid isPermaLink='false'>https://x.org/1</guid>", "<guid isPermaLink='false'>https://x.org/2</guid>"],
        ["<guid>https://x.org/same</guid>", "<guid>https://x.org/same</guid>"],
        ["<guid>https://feedmaker.com/1</guid>", "<guid>https://feedmaker.com/2</guid>"],
        ["<guid>1</guid>", "<guid>2</guid>"],
    ],
    ids=["that say so", "that are alike", "of another site", "without a scheme"],
)  # fmt: skip
def test_the_link_stays_where_guids_are_no_permalinks(guids: list[str]) -> None:
    found = rss(*(f"<title>{g[-9]}</title><link>https://x.org/n</link>{g}" for g in guids))

    assert set(found) == {"https://x.org/n"}


def test_a_link_of_its_own_stays_the_address() -> None:
    items = [f"<link>https://x.org/a/{n}</link><guid>https://x.org/?p={n}</guid>" for n in (1, 2)]

    assert rss(*items) == ["https://x.org/a/1", "https://x.org/a/2"]


def test_an_identifier_of_atom_that_is_no_address_becomes_none() -> None:
    assert atom("<id>post-1</id>", "<id><![CDATA[ post-2 ]]></id>") == ["", ""]


def test_content_elsewhere_is_the_page() -> None:
    page = '<id>1</id><content type="text/html" src="/a/1"/>'
    photo = '<id>2</id><content type="image/png" src="/p.png"/>'

    assert atom(page, photo) == ["https://x.org/a/1", ""]


def test_a_page_is_found_by_another_relation_where_no_alternate_is_named() -> None:
    own = '<id>1</id><link rel="self" type="application/atom+xml" href="/1.atom"/><link rel="related" href="/a/1"/>'
    both = '<id>2</id><link rel="related" href="/r"/><link href="/a/2"/>'

    assert atom(own, both) == ["https://x.org/a/1", "https://x.org/a/2"]


def test_a_link_is_read_as_it_was_typed() -> None:
    links = ["www.x.org/1", "x.org/2", "https:/x.org/3", "http://https//x.org/4", "\n <![CDATA[www.x.org/5]]>"]  # fmt: skip

    assert rss(*(f"<link>{link}</link>" for link in links)) == [
        "https://www.x.org/1", "https://x.org/2", "https://x.org/3", "https://x.org/4", "https://www.x.org/5",
    ]  # fmt: skip


def test_parameters_behind_raw_ampersands_are_no_entities() -> None:
    raw = "https://x.org/a?id=1&copy=3&lang=en"

    assert rss(f"<link>{raw}</link>", f"<link><![CDATA[{raw}&reg=4]]></link>") == [raw, f"{raw}&reg=4"]  # fmt: skip
    assert rss(f"<link>{raw.replace('&', '&amp;')}</link>") == [raw]
