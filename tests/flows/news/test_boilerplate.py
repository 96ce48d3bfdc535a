"""Boilerplate learned from a site's pages: removed from fingerprint, match and snippet, and never taken from prose."""

import sqlite3
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.news.judging.boilerplate import reads_as_prose, without_boilerplate
from crawler.storage.news.boilerplate import Ruling, rule_line
from tests.fakes import START, FakeSite
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_crawls")]

SLOGAN = "All drones, all day"


def put(site: FakeSite, *names: str, slogan: str = SLOGAN) -> None:
    for name in names:
        site.put_article(f"/{name}", f"Headline {name}", f"Part {name}. {PROSE}", slogan, f"More of {name}. {PROSE}")  # fmt: skip
    site.put_feed("/rss", *(f"/{name}" for name in names))


def bodies(config: Config) -> dict[str, str]:
    found = rows(
        config,
        "SELECT articles.url, body FROM articles JOIN revisions ON revisions.id = revision_id",
    )
    return {str(url)[-1]: str(body) for url, body in found}


async def test_a_line_on_three_pages_is_boilerplate_for_body_and_match(
    site: FakeSite, tmp_path: Path
) -> None:
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    put(site, "a", "b", "c")
    await crawl(config)
    put(site, "d", "e")
    await crawl(config)

    found = bodies(config)
    assert SLOGAN in found["a"] + found["b"]
    assert SLOGAN not in found["d"] + found["e"]
    matched = rows(config, "SELECT DISTINCT articles.url FROM matches JOIN articles ON articles.id = article_id")  # fmt: skip
    assert {str(url)[-1] for (url,) in matched} <= {"a", "b", "c"}


async def test_an_article_is_not_revised_because_a_line_became_boilerplate(
    site: FakeSite, tmp_path: Path
) -> None:
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    put(site, "a", "b", "c", "d")
    await crawl(config)
    site.put_feed("/rss", "/a", "/b", "/c", "/d", updated="2026-11-23T23:00:00Z")

    await crawl(config)

    assert rows(config, "SELECT sum(revision_count), count(*) FROM articles") == [(4, 4)]


async def test_the_decision_of_a_person_counts_last(site: FakeSite, tmp_path: Path) -> None:
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    put(site, "a")
    await crawl(config)
    connection = sqlite3.connect(config.store.path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    line = {"key": "alldronesallday", "line": SLOGAN, "now": START}

    rule_line(connection, "127.0.0.1", ruling=Ruling.CUT, **line)  # type: ignore[arg-type]  # test facts
    put(site, "b")
    await crawl(config)
    rule_line(connection, "127.0.0.1", ruling=Ruling.KEEP, **line)  # type: ignore[arg-type]  # test facts
    put(site, "c", "d", "e", "f")
    await crawl(config)
    connection.close()

    found = bodies(config)
    assert [name for name in sorted(found) if SLOGAN in found[name]] == ["a", "c", "d", "e", "f"]


async def test_the_same_sentence_in_many_articles_stays(site: FakeSite, tmp_path: Path) -> None:
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    put(site, "a", "b", "c", slogan=DRONES)
    await crawl(config)
    put(site, "d", slogan=DRONES)

    await crawl(config)

    assert DRONES in bodies(config)["d"]


@pytest.mark.parametrize(
    ("line", "is_prose"),
    [
        (PROSE, True), ("Our app is free", False), ("Background", False), ("What happened next?", False),
        ("The ferry is late again, says the harbour master, and nobody on the shore knows why.", True),
        ("\u56fd\u8fde\u5f00" * 25, True), ("\u5206\u4eab", False),
    ],
)  # fmt: skip
def test_prose_is_distinguished_from_short_lines(line: str, is_prose: bool) -> None:
    assert reads_as_prose(line) is is_prose


def test_a_body_is_never_emptied(database: sqlite3.Connection) -> None:
    rule_line(database, "x.org", key="onlyline", line="Only line", ruling=Ruling.CUT, now=START)

    assert without_boilerplate(database, "https://x.org/a", "Only line") == "Only line"
    assert without_boilerplate(database, "https://x.org/a", "Only line\n\nOther") == "Other"
    assert without_boilerplate(database, "https://y.org/a", "Only line\n\nOther").startswith("Only")
