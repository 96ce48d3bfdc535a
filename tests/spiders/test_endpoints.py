"""Endpoints: from a home page to feeds, sitemaps, sections and watched pages, each as a real crawl on loopback."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes import Asked, FakeSite, Reply, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings


def ago(age: timedelta) -> str:
    return (datetime.now(UTC) - age).isoformat()


def news_sitemap(*items: tuple[str, timedelta]) -> bytes:
    """Return a Google News sitemap of (address, age)."""
    urls = "".join(
        f"<url><loc>{url}</loc><n:news><n:publication_date>{ago(age)}</n:publication_date>"
        "<n:title>Told by the sitemap</n:title></n:news></url>"
        for url, age in items
    )
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    ).encode()


def listing(*links: str) -> bytes:
    """Return a section page with a menu and these links to articles."""
    menu = "".join(f'<a href="/{word}">{word}</a>' for word in ("world", "sport", "about", "login"))
    cards = "".join(
        f'<div><h2><a href="{link}">A headline of several words {number}</a></h2></div>'
        for number, link in enumerate(links)
    )
    return f"<html><body><nav>{menu}</nav><main>{menu}{cards}</main></body></html>".encode()


def put_articles(site: FakeSite, *paths: str) -> None:
    for path in paths:
        site.put_article(path, f"Ferry Leaves {path}", PROSE, f"{PROSE} It was said of {path}.")


async def test_a_home_page_leads_to_feed_sitemap_and_section_together(
    site: FakeSite, tmp_path: Path
) -> None:
    old = [f"/news/an-older-story-number-{n}.html" for n in range(6)]
    put_articles(site, *old, "/news/told-by-the-sitemap-alone.html", "/news/only-on-the-page-itself.html")  # fmt: skip
    feed = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    site.pages["/"] = Reply(listing(*old).replace(b"<body>", f"<head>{feed}</head><body>".encode()))
    site.put_feed("/rss", *old[:3])
    site.pages["/robots.txt"] = Reply(f"User-agent: *\nAllow: /\nSitemap: {site.url}/s/news.xml".encode(), content_type="text/plain")  # fmt: skip
    site.pages["/s/news.xml"] = Reply(news_sitemap((f"{site.url}{old[0]}", timedelta(hours=2))))
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto", backfill="0s"))
    await crawl(config)
    site.pages["/s/news.xml"] = Reply(
        news_sitemap((f"{site.url}/news/told-by-the-sitemap-alone.html", timedelta(minutes=5)))
    )
    site.pages["/"] = Reply(listing(*old, "/news/only-on-the-page-itself.html"))
    await crawl(config)

    assert rows(config, "SELECT kind, origin, first_count FROM endpoints ORDER BY kind") == [
        ("feed", "link", 0),
        ("section", "home page", 1),
        ("sitemap", "robots.txt", 1),
    ]
    assert rows(config, "SELECT count(*) FROM articles") == [(2,)]
    assert rows(config, "SELECT count(*) FROM entries WHERE state = 'skipped'") == [(6,)]


async def test_a_site_that_names_no_feed_is_tried_at_the_usual_paths(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/"] = Reply(b"<html><body><p>Welcome</p></body></html>")
    site.put_feed("/feed", "/a")
    put_articles(site, "/a")
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto"))

    await crawl(config)

    assert rows(config, "SELECT kind, origin FROM endpoints") == [("feed", "well-known path")]
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


async def test_a_page_without_any_endpoint_is_reported(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/"] = Reply(b"<html><body><p>Welcome</p></body></html>")
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto"))

    await crawl(config)

    reason = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert "names no feed and no news sitemap" in reason


async def test_a_feed_of_a_hundred_thousand_entries_is_read_up_to_its_limit(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, *(f"/{number}" for number in range(20)))
    items = [(f"{site.url}/{number}", "") for number in range(100_000)]
    site.pages["/rss"] = Reply(rss(items), content_type="application/rss+xml")
    config = configure(
        tmp_path, settings(f"{site.url}/rss", backfill="0s"), max_entries=20, max_size="50MB"
    )

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM entries") == [(20,)]
    assert "99,980 entries over the limit" in str(rows(config, "SELECT note FROM visits")[0][0])


async def test_a_json_feed_is_a_feed(site: FakeSite, tmp_path: Path) -> None:
    put_articles(site, "/a")
    item = {"id": "1", "url": f"{site.url}/a", "date_published": ago(timedelta(0)), "title": "T"}
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [item]}
    site.pages["/feed.json"] = Reply(json.dumps(document).encode(), content_type="application/json")
    config = configure(tmp_path, settings(f"{site.url}/feed.json"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


async def test_a_sitemap_index_leads_to_its_compressed_news_sitemap(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/ancient")
    site.put_article("/a", "As told by the sitemap", PROSE, DRONES)
    children = "".join(f"<sitemap><loc>{site.url}/{name}</loc></sitemap>" for name in ("archive.xml", "news.xml.gz"))  # fmt: skip
    site.pages["/sitemap.xml"] = Reply(f"<sitemapindex>{children}</sitemapindex>".encode())
    news = news_sitemap(
        (f"{site.url}/a", timedelta(hours=1)), (f"{site.url}/ancient", timedelta(days=90))
    )
    site.pages["/news.xml.gz"] = Reply(gzip.compress(news), content_type="application/gzip")
    site.pages["/archive.xml"] = Reply(news_sitemap())
    source = settings(f"{site.url}/sitemap.xml", kind="sitemap", backfill="2d")
    config = configure(tmp_path, source)

    await crawl(config)
    await crawl(config)

    assert rows(config, "SELECT title, state FROM entries") == [("Told by the sitemap", "fetched")]
    assert rows(config, "SELECT outcome FROM visits") == [("ok",), ("unchanged",)]


async def test_archives_in_robots_txt_do_not_hide_the_news_sitemap_at_its_usual_path(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/a")
    site.pages["/"] = Reply(listing("/a"))
    archives = "".join(f"Sitemap: {site.url}/archive-{number}.xml\n" for number in range(9))
    site.pages["/robots.txt"] = Reply(
        f"User-agent: *\nAllow: /\n{archives}".encode(), content_type="text/plain"
    )
    for number in range(9):
        old = news_sitemap((f"{site.url}/old-{number}", timedelta(days=900)))
        site.pages[f"/archive-{number}.xml"] = Reply(old)
    site.pages["/news-sitemap.xml"] = Reply(news_sitemap((f"{site.url}/a", timedelta(hours=1))))
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto", backfill="0s"))

    await crawl(config)

    found = rows(config, "SELECT origin, url FROM endpoints WHERE kind = 'sitemap'")
    assert found == [("well-known path", f"{site.url}/news-sitemap.xml")]


async def test_an_endpoint_found_for_another_address_is_read_as_if_never_before(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/a", "/b")
    site.put_feed("/rss", "/a")
    await crawl(configure(tmp_path, settings(f"{site.url}/rss", backfill="0s")))
    feed = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    site.pages["/"] = Reply(listing("/a").replace(b"<body>", f"<head>{feed}</head><body>".encode()))
    site.put_feed("/rss", "/b")
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto", backfill="0s"))

    await crawl(config)

    # of an entry that is older than the last visit, a first look does not know whether it is news
    found = rows(config, "SELECT announced_url, state FROM entries ORDER BY id")
    assert found == [(f"{site.url}/a", "skipped"), (f"{site.url}/b", "skipped")]


async def test_an_endless_sitemap_index_is_given_up_soon(site: FakeSite, tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        inner = "".join(
            f"<sitemap><loc>{site.url}{asked.path}/{n}</loc></sitemap>" for n in range(9)
        )
        return Reply(f"<sitemapindex>{inner}</sitemapindex>".encode())

    site.default = answer
    config = configure(tmp_path, settings(f"{site.url}/sitemap.xml", kind="sitemap"))

    await crawl(config)

    assert len(site.paths()) <= 15


async def test_a_section_is_read_by_the_shape_of_its_links(site: FakeSite, tmp_path: Path) -> None:
    old = [f"/news/2026/11/2{n}/some-older-story-{n}" for n in range(4)]
    put_articles(site, "/news/2026/11/24/a-brand-new-story?utm_source=front")
    site.pages["/world"] = Reply(listing(*old))
    config = configure(
        tmp_path,
        settings(f"{site.url}/world", kind="section", backfill="0s", exclude=["*/sport/*"]),
    )
    await crawl(config)
    site.pages["/world"] = Reply(
        listing(
            "/news/2026/11/24/a-brand-new-story?utm_source=front",
            "/news/2026/11/sport/a-match-was-played",
            "https://elsewhere.example/news/2026/11/24/not-ours-at-all",
            *old,
        )
    )
    await crawl(config)

    fetched = rows(config, "SELECT announced_url FROM entries WHERE state = 'fetched'")
    assert fetched == [(f"{site.url}/news/2026/11/24/a-brand-new-story?utm_source=front",)]
    assert rows(config, "SELECT count(*) FROM entries") == [(5,)]


async def test_a_section_is_read_by_its_selector_where_one_is_set(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/x1", "/x2")
    site.pages["/"] = Reply(b'<a href="/menu">m</a><ul class=n><li><a href=/x1>a</a><li><a href=/x2>b</a></ul>')  # fmt: skip
    source = settings(f"{site.url}/", kind="section", select={"links": "ul.n"}, backfill="0s")
    config = configure(tmp_path, source)

    await crawl(config)

    assert rows(config, "SELECT url FROM entries") == [(f"{site.url}/x1",), (f"{site.url}/x2",)]


async def test_a_watched_page_alerts_when_it_comes_to_say_the_word(
    site: FakeSite, tmp_path: Path
) -> None:
    def page(*lines: str) -> Reply:
        items = "".join(f"<li>{line}</li>" for line in lines)
        return Reply(f"<title>Notices</title><h1>Notices</h1><ul>{items}</ul>".encode())

    site.pages["/notices"] = page("No ferry on Sunday", "Drones may be flown on the pier")
    config = configure(tmp_path, settings(f"{site.url}/notices", kind="page", backfill="0s"))
    await crawl(config)
    alerts_at_first = rows(config, "SELECT count(*) FROM alerts")
    await crawl(config)
    site.pages["/notices"] = page("No ferry on Sunday", "No more drones on the pier, at any hour")
    await crawl(config)

    assert alerts_at_first == [(0,)]
    assert rows(config, "SELECT outcome FROM visits") == [("ok",), ("unchanged",), ("ok",)]
    assert rows(config, "SELECT revision_count FROM articles") == [(2,)]
    assert rows(config, "SELECT kind FROM alerts") == [("new",)]
    assert site.paths() == ["/notices"] * 3


async def test_one_article_under_several_addresses_is_fetched_once(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/story")
    site.put_feed("/rss", "/story?utm_medium=rss", "/story/amp", "/story#top", "/story/", "/story?amp=1")  # fmt: skip
    feed = site.pages["/rss"]
    assert isinstance(feed, Reply)
    feed.body = re.sub(rb"Entry \d", b"Ferry leaves", feed.body)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert len(site.paths()) == 2
    assert rows(config, "SELECT count(*) FROM entries") == [(1,)]


async def test_redirects_are_followed(site: FakeSite, tmp_path: Path) -> None:
    put_articles(site, "/new-place")
    site.pages["/old-place"] = Reply(status=301, headers={"Location": "/new-place"})
    site.pages["/rss-old"] = Reply(status=302, headers={"Location": "/rss"})
    site.pages["/loop"] = Reply(status=302, headers={"Location": "/loop"})
    site.put_feed("/rss", "/old-place", "/loop")
    config = configure(tmp_path, settings(f"{site.url}/rss-old"))

    await crawl(config)

    assert rows(
        config,
        "SELECT articles.url FROM articles JOIN revisions ON revisions.id = revision_id WHERE from_feed IS NULL",
    ) == [(f"{site.url}/new-place",)]
    assert len([path for path in site.paths() if path == "/loop"]) <= 7


async def test_articles_lost_by_a_rollover_are_found_in_the_sitemap(
    site: FakeSite, tmp_path: Path
) -> None:
    put_articles(site, "/n1", "/n2", "/missed")
    site.put_feed("/rss", "/o1", "/o2")
    config = configure(tmp_path, settings(f"{site.url}/rss", backfill="0s"))
    await crawl(config)
    site.pages["/sitemap.xml"] = Reply(
        news_sitemap(
            (f"{site.url}/missed", timedelta(minutes=-1)), (f"{site.url}/o1", timedelta(hours=5))
        )
    )
    site.put_feed("/rss", "/n1", "/n2")

    await crawl(config)

    visit = rows(config, "SELECT is_rollover, note FROM visits ORDER BY id DESC LIMIT 1")[0]
    assert visit[0] == 1
    assert "rolled over" in str(visit[1])
    found = rows(config, "SELECT url FROM articles ORDER BY url")
    assert found == [(f"{site.url}/missed",), (f"{site.url}/n1",), (f"{site.url}/n2",)]


async def test_a_degraded_source_is_reported(site: FakeSite, tmp_path: Path) -> None:
    wall = b"<html><head><title>Ferry</title></head><body><p>Please wait while we are checking your browser.</p></body></html>"
    for number in range(8):
        site.pages[f"/a{number}"] = Reply(wall)
    site.put_feed("/rss", *(f"/a{number}" for number in range(8)))
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT health FROM sources") == [("degraded",)]
    event = rows(config, "SELECT health, health_before, reason FROM source_events")[0]
    assert event[:2] == ("degraded", "new")
    assert "8 of the last 8 pages held no article" in str(event[2])


async def test_identical_texts_at_different_addresses_cause_no_alert(
    site: FakeSite, tmp_path: Path
) -> None:
    for number in range(4):
        site.put_article(f"/a{number}", "Before you continue", PROSE, DRONES)
    site.put_feed("/rss", *(f"/a{number}" for number in range(4)))
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert "the same text" in str(rows(config, "SELECT health_reason FROM sources")[0][0])


@pytest.mark.parametrize("kind", ["feed", "sitemap", "section"])
async def test_an_endpoint_of_another_kind_than_configured_is_reported(
    site: FakeSite, tmp_path: Path, kind: str
) -> None:
    site.pages["/x"] = Reply(b"<!doctype html><html><body><p>Nothing here</p></body></html>")
    config = configure(tmp_path, settings(f"{site.url}/x", kind=kind))

    await crawl(config)

    reason = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert {"feed": "HTML page", "sitemap": "not a sitemap", "section": "no group of links"}[kind] in reason  # fmt: skip


async def test_an_entry_on_another_site_is_read_from_a_feed_that_links_there(
    site: FakeSite, tmp_path: Path
) -> None:
    with FakeSite() as other:
        put_articles(other, "/there")
        site.pages["/rss"] = Reply(
            rss([(f"{other.url}/there", "")]), content_type="application/rss+xml"
        )
        config = configure(tmp_path, settings(f"{site.url}/rss"))

        await crawl(config)

        assert rows(config, "SELECT url FROM articles") == [(f"{other.url}/there",)]
