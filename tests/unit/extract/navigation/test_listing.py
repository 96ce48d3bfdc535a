"""Section pages: which links are articles, by the shape of their addresses."""

import json

import pytest

from crawler.errors import NotAFeed
from crawler.extract.navigation.home_page import study_page
from crawler.extract.navigation.listing import ListingHints, read_listing
from crawler.extract.navigation.shapes import shape_of
from crawler.model.source import Listing
from tests.fakes import START

URL = "https://x.org/world"
MENU = "".join(f'<a href="/{word}">{word}</a>' for word in ("world", "sport", "about", "login"))


def page(*links: str, text: str = "A headline of several words") -> bytes:
    cards = "".join(f'<h2><a href="{link}">{text}</a></h2>' for link in links)
    tags = "".join(f'<a href="/tag/long-tag-name-{n}">tag</a>' for n in range(9))
    return f"<html><body><nav>{MENU}</nav><main>{MENU}{cards}{tags}</main></body></html>".encode()


def read(body: bytes, **facts: object) -> Listing:
    hints = ListingHints(**facts)  # type: ignore[arg-type]  # test facts
    return read_listing(body, url=URL, max_entries=50, now=START, hints=hints)


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        ("https://x.org/world/2026/11/23/drones-over-the-harbour", "w/Y/D/D/S"),
        ("https://x.org/politik/drohnen-ueber-dem-hafen-a-123456.html", "w/S.html"),
        ("https://x.org/essaydetails.php?eid=51234&cid=2", "essaydetails.php?cid=N&eid=N"),
        ("https://x.org/news/67281930", "w/N"),
        ("https://x.org/articles/c4ngk17zzkpo2", "w/N"),
        ("https://x.org/about", "about"),
    ],
)
def test_addresses_of_articles_are_known_by_their_shape(url: str, shape: str) -> None:
    assert shape_of(url) == shape


def test_articles_are_distinguished_from_menus_tags_and_other_sites() -> None:
    stories = [f"/world/2026/11/2{n}/some-story-number-{n}" for n in range(5)]

    found = read(page(*stories, "https://other.org/world/2026/11/23/not-our-story-at-all"))

    assert [entry.url for entry in found.entries] == [f"https://x.org{path}" for path in stories]
    assert found.pattern == "w/Y/D/D/S"


def test_learned_shapes_find_the_one_new_article_of_a_quiet_day() -> None:
    learned = read(page(*(f"/n/{n}0001-a-long-slug-here" for n in range(1, 6)))).pattern

    found = read(page("/n/90001-another-slug-here"), pattern=learned)

    assert [entry.url for entry in found.entries] == ["https://x.org/n/90001-another-slug-here"]


def test_new_shapes_are_learned_when_a_site_changes_its_addresses() -> None:
    found = read(page(*(f"/story/{n}2345678" for n in range(1, 6))), pattern="w/Y/D/S")

    assert len(found.entries) == 5


def test_known_articles_show_a_shape_nobody_would_guess() -> None:
    links = [f"/{word}" for word in ("harbour", "ferry", "pilot", "quay", "tide")]
    examples = tuple(f"https://x.org{link}" for link in links[:3])

    with pytest.raises(NotAFeed, match="no group of links"):
        read(page(*links))
    shapes = {shape_of(example) for example in examples}
    assert len(shapes) == 3  # single words are names, not a shape: those need a selector
    by_hand = read(page(*links), selector="h2")
    assert len(by_hand.entries) == 5


def test_one_article_linked_twice_is_one_with_its_longest_text() -> None:
    links = [f"/world/2026/11/2{n}/some-story-number-{n}" for n in range(4)]
    twice = page(*links).replace(
        b"<main>", f'<main><a href="{links[0]}?utm_source=x"><img></a>'.encode()
    )

    found = read(twice)

    assert len(found.entries) == 4
    assert all(entry.title == "A headline of several words" for entry in found.entries)


@pytest.mark.parametrize("body", [b"", b"\x00\x00", b"<html></html>", b"%PDF-1.4 ..."])
def test_a_page_without_articles_is_reported(body: bytes) -> None:
    with pytest.raises(NotAFeed):
        read(body)


def test_a_home_page_names_feeds_but_not_those_of_comments() -> None:
    body = (
        b'<html lang="de-AT"><head><title> Kurier </title>'
        b'<link rel="alternate" type="application/rss+xml" href="/comments/feed/" title="Comments">'
        b'<link rel="alternate" type="application/atom+xml" href="/atom.xml"></head>'
        b'<body><a href="/rss/politik.xml">RSS</a><a href="/feedback">Feedback</a></body></html>'
    )

    found = study_page(body, url="https://x.org/")

    assert [(feed.url, feed.origin) for feed in found.feeds] == [
        ("https://x.org/atom.xml", "link"),
        ("https://x.org/rss/politik.xml", "anchor"),
    ]
    assert (found.title, found.language) == ("Kurier", "de")


STORIES = [f"/news/{n}-some-story-of-the-day" for n in range(3)]
NAMES = [f"Story number {n} of the day" for n in range(3)]
ITEMS = [{"@type": "ListItem", "url": url, "name": name} for url, name in zip(STORIES, NAMES, strict=True)]  # fmt: skip
POSTS = [{"@type": "BlogPosting", "@id": url, "headline": name} for url, name in zip(STORIES, NAMES, strict=True)]  # fmt: skip
INNER = [{"@type": "ListItem", "item": {"url": url, "name": name}} for url, name in zip(STORIES, NAMES, strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    "inside",
    [
        *("".join(f"<div {mark.format(url)}><h3>{name}</h3></div>" for url, name in zip(STORIES, NAMES, strict=True))
          for mark in ('data-href="{}"', "onclick=\"location.href='{}'\"", "onclick='window.open(\"{}\")'", "onclick=\"document.location = '{}';\"")),
        *(f'<script type="application/ld+json">{json.dumps(node)}</script>'
          for node in ({"@type": "ItemList", "itemListElement": ITEMS}, {"@type": "ItemList", "itemListElement": INNER}, {"@graph": [{"@type": "Blog", "blogPost": POSTS}]})),
    ],
)  # fmt: skip
def test_a_page_without_links_is_read_by_what_its_scripts_and_data_lead_to(inside: str) -> None:
    found = read(f"<html><body><nav>{MENU}</nav><main>{inside}</main></body></html>".encode())

    assert [(entry.url, entry.title) for entry in found.entries] == [
        (f"https://x.org{url}", name) for url, name in zip(STORIES, NAMES, strict=True)
    ]


@pytest.mark.parametrize(
    "inside",
    [
        "".join(f"<div onclick=\"location = '{url}' + id\">{name}</div>" for url, name in zip(STORIES, NAMES, strict=True)),
        "".join(f'<button data-url="https://x.org/share?u={url}">Share</button>' for url in STORIES),
        f'<script type="application/ld+json">{json.dumps({"@type": "BreadcrumbList", "itemListElement": ITEMS})}</script>',
        f'<script type="application/ld+json">{json.dumps({"@type": "ItemList", "itemListElement": [1, None, {"url": 5}, {"name": "x"}]})}</script>',
    ],
)  # fmt: skip
def test_nothing_is_made_of_what_leads_nowhere(inside: str) -> None:
    with pytest.raises(NotAFeed):
        read(f"<html><body><main>{inside}</main></body></html>".encode())


def test_links_that_a_page_shows_are_not_mixed_with_others() -> None:
    stated = json.dumps({"@type": "ItemList", "itemListElement": ITEMS})
    shown = page(*(f"/world/2026/11/2{n}/shown-story-number-{n}" for n in range(5)))

    found = read(shown.replace(b"</main>", f'</main><script type="application/ld+json">{stated}</script>'.encode()))  # fmt: skip

    assert all("shown-story" in entry.url for entry in found.entries)
