"""Canonical addresses: one is used only if it cannot be another article's, so no article revises another."""

from pathlib import Path

import pytest

from crawler.extract.metadata.canonical import is_own_address
from tests.fakes import FakeSite, Reply, article_page
from tests.field.pages.test_walls import feed
from tests.spiders.test_crawl import configure, crawl, rows, settings

TEXTS = {
    "Harbour strike ends": "The boats of Saltmere sail again since six in the morning, and the first bread arrived on the island at seven, to loud cheers.",
    "Library roof leaks": "Forty volunteers carried nine thousand books down the stairs before the rain came, and not one of them got wet, says the keeper.",
    "Mayor resigns at noon": "After eleven years in office the mayor handed her chain to the oldest member of the council, who was asleep when it happened.",
}  # fmt: skip
PATHS = {
    title: f"/news/2026/{number}/{title.lower().replace(' ', '-')}"
    for number, title in enumerate(TEXTS, 4711)
}


def page(title: str, canonical: str = "", head: str = "") -> Reply:
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = article_page(
        title,
        TEXTS[title],
        "Nobody had expected it, said a drone pilot who was there by chance and saw all of it from above.",
    )
    return Reply(body.replace(b"</head>", f"{link}{head}</head>".encode()))


@pytest.mark.parametrize("canonical", [
    "/", "/news", "/news/", "/news/2026", "https://other.example/news/2026/4711/harbour-strike-ends", "javascript:1", "/news/2026/latest", "",
    PATHS["Library roof leaks"],
])  # fmt: skip
async def test_articles_whose_template_names_one_address_stay_apart(
    site: FakeSite, tmp_path: Path, canonical: str
) -> None:
    site.pages["/rss"] = feed(site, *((path, title) for title, path in PATHS.items()))
    for title, path in PATHS.items():
        site.pages[path] = page(title, canonical)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT url, headline, revision_count FROM articles ORDER BY url")
    assert found == sorted((f"{site.url}{path}", title, 1) for title, path in PATHS.items())


async def test_a_canonical_address_that_nobody_announced_belongs_to_one_text_only(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/rss"] = feed(site, *((path, title) for title, path in PATHS.items()))
    for title, path in PATHS.items():
        site.pages[path] = page(title, "/news/2026/1/the-story-of-the-day")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    # whose address it is cannot be decided: each text stays where it was found
    found = rows(config, "SELECT url, headline, revision_count FROM articles ORDER BY url")
    assert len(found) == 3
    assert {count for _, _, count in found} == {1}
    assert sum(str(url).endswith(PATHS[str(title)]) for url, title, _ in found) >= 2


async def test_parts_of_a_series_stay_apart_although_their_canonical_address_is_that_of_one(
    site: FakeSite, tmp_path: Path
) -> None:
    parts = {
        f"Storm diary of the harbour, day {number}": (f"/news/2026/storm-diary-day-{number}", text)
        for number, text in enumerate(TEXTS.values(), 1)
    }
    site.pages["/rss"] = feed(site, *((path, title) for title, (path, _) in parts.items()))
    for title, (path, text) in parts.items():
        body = article_page(title, text, "It was seen by a drone pilot, who was there by chance.")
        link = '<link rel="canonical" href="/news/2026/storm-diary-day-1"></head>'
        site.pages[path] = Reply(body.replace(b"</head>", link.encode()))
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT url, headline, revision_count FROM articles ORDER BY url")
    assert found == [(f"{site.url}{path}", title, 1) for title, (path, _) in parts.items()]


async def test_an_article_that_was_claimed_by_another_gets_its_address_back(
    site: FakeSite, tmp_path: Path
) -> None:
    wrong, right = "Harbour strike ends", "Library roof leaks"
    site.pages["/rss"] = feed(site, (PATHS[wrong], wrong))
    site.pages[PATHS[wrong]] = page(wrong, PATHS[right])
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    assert rows(config, "SELECT url FROM articles") == [(f"{site.url}{PATHS[right]}",)]

    site.pages["/rss"] = feed(site, (PATHS[wrong], wrong), (PATHS[right], right))
    site.pages[PATHS[right]] = page(right)
    await crawl(config)

    found = rows(config, "SELECT url, headline, revision_count FROM articles ORDER BY id")
    assert found == [(f"{site.url}{PATHS[title]}", title, 1) for title in (wrong, right)]


async def test_renderings_of_one_article_share_its_address(site: FakeSite, tmp_path: Path) -> None:
    title = "Harbour strike ends"
    links = [f"{PATHS[title]}?{query}" for query in ("print=1", "from=home", "view=full")]
    site.pages["/rss"] = feed(site, *((path, title) for path in links))
    for path in links:
        site.pages[path] = page(title, PATHS[title])
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT url, revision_count FROM articles")
    assert found == [(f"{site.url}{PATHS[title]}", 1)]


@pytest.mark.parametrize(
    ("stated", "of", "is_own"),
    [
        ("https://p.org/a-b-c/", "https://p.org/a-b-c", True),
        (
            "https://p.org/2026/11/a-long-story",
            "https://www.p.org/2026/11/a-long-story?page=2",
            True,
        ),
        ("https://p.org/2026/11/a-long-story", "https://p.org/2026/11/a-long-story/2", True),
        ("https://p.org/2026/11/a-long-story", "https://p.org/2026/11/a-long-story/amp", True),
        ("https://p.org/2026/11/a-long-story", "https://p.org/2026/11/a-long-story/page/3", True),
        ("https://p.org/2026/11/a-long-story", "https://m.p.org/?p=4711", True),
        ("https://p.org/?p=4711", "https://p.org/index.php?p=4711&x=1", True),
        ("https://p.org/the-news-desk/", "https://p.org/the-news-desk/storm-ends", False),
        ("https://p.org/news/", "https://p.org/news/storm-over-saltmere", False),
        ("https://p.org/2026/11/", "https://p.org/2026/11/storm-over-saltmere", False),
        ("https://p.org", "https://p.org/?p=4711", False),
        ("https://p.org/", "https://p.org/storm", False),
        ("https://p.org/home", "https://p.org/2026/11/a-long-story", False),
        ("https://q.org/2026/11/a-long-story", "https://p.org/2026/11/a-long-story", False),
        ("https://p.org/kurz", "https://p.org/lang", True),
    ],
)
def test_which_addresses_can_be_canonical(stated: str, of: str, is_own: bool) -> None:  # a table
    assert is_own_address(stated, of=of) is is_own
