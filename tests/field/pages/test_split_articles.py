"""Articles that are split over several pages are one article, read before anything is matched."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import lxml.html
import pytest

from crawler.config.schema import Config
from crawler.extract.elsewhere.split_article import find_parts
from tests.fakes import Answer, Asked, FakeSite, Reply
from tests.spiders.test_crawl import DRONES, OTHER, PROSE, configure, crawl, rows, settings

TITLE = "A day at the harbour"
EXTRA = "In the evening the last boat came back, and the men who had been on board went home without a word to anybody."
MORE = "The mayor had promised a new quay four years ago, and what is there now is a fence and a sign with her name."
SITE = "https://post.example"


def part(*paragraphs: str, links: str = "", title: str = TITLE) -> Reply:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return Reply(
        f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}'
        f'<nav class="pager">{links}</nav></article></body></html>'.encode()
    )


def link(address: str, text: str) -> str:
    return f'<a href="{address}">{text}</a>'


def set_up(site: FakeSite, folder: Path, **pages: Answer | Callable[[Asked], Answer]) -> Config:
    site.put_feed("/rss", "/a/long")
    site.pages.update({f"/a/{path}": reply for path, reply in pages.items()})
    return configure(folder, settings(f"{site.url}/rss"))


def bodies(config: Config) -> list[str]:
    return [str(body) for (body,) in rows(config, "SELECT body FROM revisions")]


@pytest.mark.parametrize(
    "second",
    ["long?page=2", "long/2", "long/2/", "long-2", "long_2", "long/page/2/", "long/seite-2", "long,2"],
)  # fmt: skip
async def test_a_word_on_the_second_page_alerts(
    site: FakeSite, tmp_path: Path, second: str
) -> None:
    pages = {
        "long": part(PROSE, OTHER, links=link(f"/a/{second}", "2")),
        second: part(DRONES, EXTRA),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == ["\n\n".join((PROSE, OTHER, DRONES, EXTRA))]
    assert rows(config, "SELECT count(*) FROM matches") == [(1,)]
    assert site.paths() == ["/rss", "/a/long", f"/a/{second}"]


async def test_pages_that_name_only_the_next_one_are_all_read(
    site: FakeSite, tmp_path: Path
) -> None:
    pages = {
        "long": part(PROSE, links=link("?page=2", "Weiter")),
        "long?page=2": part(OTHER, links=link("?page=1", "1") + link("?page=3", "Weiter")),
        "long?page=3": part(PROSE, DRONES, links=link("?page=2", "2")),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == ["\n\n".join((PROSE, OTHER, DRONES))]


async def test_a_version_of_the_article_on_one_page_is_requested_first(
    site: FakeSite, tmp_path: Path
) -> None:
    links = link("?page=2", "2") + link("?page=all", "Read on one page")
    pages = {
        "long": part(PROSE, OTHER, links=links),
        "long?page=2": part(DRONES),
        "long?page=all": part(PROSE, OTHER, DRONES, EXTRA),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == ["\n\n".join((PROSE, OTHER, DRONES, EXTRA))]
    assert site.paths() == ["/rss", "/a/long", "/a/long?page=all"]


async def test_a_page_that_does_not_continue_the_article_ends_it(
    site: FakeSite, tmp_path: Path
) -> None:
    pages = {
        "long": part(PROSE, OTHER, links=link("?page=2", "2") + link("?page=3", "3")),
        "long?page=2": part(PROSE, OTHER, links=link("?page=3", "3")),  # comments, page 2
        "long?page=3": part(DRONES),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == [f"{PROSE}\n\n{OTHER}"]
    assert site.paths() == ["/rss", "/a/long", "/a/long?page=2"]


async def test_another_headline_is_another_article(site: FakeSite, tmp_path: Path) -> None:
    pages = {
        "long": part(PROSE, OTHER, links=link("/a/long-2", "2")),
        "long-2": part(DRONES, EXTRA, title="Drones over the harbour"),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == [f"{PROSE}\n\n{OTHER}"]


@pytest.mark.parametrize("answer", [Reply(status=500), Reply(status=404), Reply(b"", headers={"Location": "http://10.0.0.1/"}, status=302)])  # fmt: skip
async def test_the_parts_that_were_read_cause_an_alert_where_the_rest_cannot_be_read(
    site: FakeSite, tmp_path: Path, answer: Reply
) -> None:
    pages = {"long": part(PROSE, DRONES, links=link("?page=2", "2")), "long?page=2": answer}
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == [f"{PROSE}\n\n{DRONES}"]
    assert rows(config, "SELECT state FROM entries") == [("fetched",)]
    assert rows(config, "SELECT count(*) FROM matches") == [(1,)]


async def test_the_parts_before_a_failing_one_are_kept(site: FakeSite, tmp_path: Path) -> None:
    pages = {
        "long": part(PROSE, OTHER, links=link("?page=2", "2") + link("?page=3", "3")),
        "long?page=2": part(DRONES, EXTRA),
        "long?page=3": Reply(status=404),
    }
    config = set_up(site, tmp_path, **pages)

    await crawl(config)

    assert bodies(config) == ["\n\n".join((PROSE, OTHER, DRONES, EXTRA))]


async def test_robots_txt_applies_to_further_pages(site: FakeSite, tmp_path: Path) -> None:
    pages = {"long": part(PROSE, DRONES, links=link("/a/long/2", "2")), "long/2": part(EXTRA)}
    config = set_up(site, tmp_path, **pages)
    site.pages["/robots.txt"] = Reply(
        b"User-agent: *\nDisallow: /a/long/\n", content_type="text/plain"
    )

    await crawl(config)

    assert site.paths() == ["/rss", "/a/long"]
    assert bodies(config) == [f"{PROSE}\n\n{DRONES}"]


async def test_at_most_ten_pages_are_read(site: FakeSite, tmp_path: Path) -> None:
    config = set_up(site, tmp_path)

    def answer(asked: Asked) -> Reply:
        number = int(asked.path.partition("=")[2] or 1)
        text = " ".join(f"boat{number}x{word} came" for word in range(30))
        return part(f"{text}.", f"{text} again.", links=link(f"?page={number + 1}", "Next"))

    site.default = answer
    await crawl(config)

    assert len(site.paths()) == 1 + 10


async def test_a_known_article_is_not_cut_short_by_a_page_that_fails_later(
    site: FakeSite, tmp_path: Path
) -> None:
    pages = {
        "long": part(PROSE, OTHER, links=link("?page=2", "2")),
        "long?page=2": part(DRONES, EXTRA),
    }
    config = set_up(site, tmp_path, **pages)
    await crawl(config)
    site.pages["/a/long?page=2"] = Reply(status=503)
    with closing(sqlite3.connect(config.store.path)) as connection, connection:
        connection.execute("UPDATE entries SET revisit_at = '2026-01-01T00:00:00.000Z'")

    await crawl(config)

    assert len(bodies(config)) == 1
    assert site.paths().count("/a/long") == 2


def urls(page: str, inside: str) -> tuple[str, ...]:
    tree = lxml.html.fromstring(f"<html><body>{inside}</body></html>")
    return tuple(url.removeprefix(SITE) for url in find_parts(tree, url=SITE + page).urls)


@pytest.mark.parametrize(
    ("page", "inside", "found"),
    [
        ("/a/long.html", link("long-2.html", "2") + link("long-3.html", "3"), ("/a/long-2.html", "/a/long-3.html")),
        ("/a/long-1.html", link("long-2.html", "2"), ("/a/long-2.html",)),
        ("/a/index.html", link("index2.html", "2"), ("/a/index2.html",)),
        ("/a?id=5", link("?id=5&amp;page=2", "2") + link("?id=6&amp;page=2", "2"), ("/a?id=5&page=2",)),
        ("/a/long", '<link rel="next" href="?page=2">', ("/a/long?page=2",)),
        ("/a/long", link("?page=2", "التالي"), ("/a/long?page=2",)),
        ("/a/long", link("?page=2", "下一页"), ("/a/long?page=2",)),
        ("/a/long", link("?page=0", "1") + link("?page=1", "2") + link("?page=2", "3"), ("/a/long?page=1", "/a/long?page=2")),
        ("/a/long", link("?start=1", "2") + link("?start=2", "3"), ("/a/long?start=1", "/a/long?start=2")),
        ("/a/long", "<select><option value='/a/long?seite=1'>Seite 1<option value='/a/long?seite=2'>Seite 2</select>", ("/a/long?seite=2",)),
        ("/a/long", link("?page=2", "Seite 2"), ("/a/long?page=2",)),
        ("/a/2", "<select><option value='1'>1<option value='3'>3</select>", ()),
        # the next article, a list, comments, another site
        ("/?p=24", '<link rel="next" href="/?p=25">' + link("/?p=25", "next"), ()),
        ("/news/12345", '<link rel="next" href="/news/12346">' + link("/news/12346", "Next"), ()),
        ("/a/long", link("/news?page=2", "2") + link("/page/2", "2"), ()),
        ("/a/long", f'<div id="comments">{link("?page=2", "2")}</div>', ()),
        ("/a/long", link("comment-page-2/", "2") + link("?cpage=2", "2") + link("?page=2#comments", "2"), ()),
        ("/a/long", link("https://other.example/a/long?page=2", "2"), ()),
        ("/2026/11/24/x", link("/2026/11/2", "2"), ()),
        ("/", link("/?page=2", "2"), ()),
        ("/a/long", link("?page=99999", "99999") + link("?page=0", "0") + link("?page=-2", "-2"), ()),
    ],
)  # fmt: skip
def test_parts_are_recognised_by_their_addresses(
    page: str, inside: str, found: tuple[str, ...]
) -> None:
    assert urls(page, inside) == found


@pytest.mark.parametrize("sign", ["-1", "/2", "_", "?page=2", "2", "&page=2"])
def test_hostile_addresses_are_ignored(sign: str) -> None:
    assert urls("/a/long", link(sign * 100_000, "2") * 3) == ()
