"""Large sitemaps in any order: new articles are found at either end, in any of the files, and once."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.extract.sitemaps.sitemap_memory import unpack_memory
from tests.fakes import FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

DAYS = timedelta(days=1)
NEW = "/stories/drones-over-the-mole"


def urlset(site: FakeSite, paths: Iterable[str], *, lastmod: str = "") -> bytes:
    stated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    inner = "".join(f"<url><loc>{site.url}{path}</loc>{stated}</url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</urlset>'.encode()


def plain(site: FakeSite, paths: Iterable[str]) -> bytes:
    return "".join(f"{site.url}{path}\n" for path in paths).encode()


def index(site: FakeSite, names: Iterable[str], *, lastmod: str = "") -> Reply:
    stated = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    inner = "".join(f"<sitemap><loc>{site.url}{name}</loc>{stated}</sitemap>" for name in names)
    return Reply(f"<sitemapindex>{inner}</sitemapindex>".encode())


def old_stories(count: int, *, of: int = 0) -> list[str]:
    return [f"/stories/old-{of}-{number}" for number in range(count)]


def make_config(
    folder: Path, site: FakeSite, path: str = "/sitemap.xml", **facts: object
) -> Config:
    return configure(folder, settings(f"{site.url}{path}", kind="sitemap", backfill="7d", **facts))


def fetched(config: Config) -> list[object]:
    found = rows(config, "SELECT announced_url FROM entries WHERE state = 'fetched' ORDER BY id")
    return [str(url).partition("/stories/")[2] for (url,) in found]


def notes(config: Config) -> list[object]:
    return [note for (note,) in rows(config, "SELECT note FROM visits ORDER BY id")]


@pytest.fixture
def site() -> Iterable[FakeSite]:
    with FakeSite() as site:
        site.put_article(NEW, "Drones Over The Mole", PROSE, DRONES)
        yield site


@pytest.mark.parametrize("write", [plain, urlset])
@pytest.mark.parametrize("is_newest_first", [False, True])
async def test_a_new_address_among_twenty_thousand_undated_ones_is_news(
    site: FakeSite, tmp_path: Path, write: object, is_newest_first: bool
) -> None:
    old = old_stories(20_000)
    site.pages["/sitemap.xml"] = Reply(write(site, old))  # type: ignore[operator]  # plain or urlset
    config = make_config(tmp_path, site)
    await crawl(config)
    both = [NEW, *old] if is_newest_first else [*old, NEW]
    site.pages["/sitemap.xml"] = Reply(write(site, both))  # type: ignore[operator]  # plain or urlset

    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]
    assert rows(config, "SELECT count(*) <= 501 FROM entries") == [(1,)]
    first, second = notes(config)
    assert str(first).startswith("19,500 addresses without a date count as seen; 500 entries carry")
    assert second is None


async def test_the_newest_articles_in_the_last_file_of_a_wordpress_index_are_found(
    site: FakeSite, tmp_path: Path
) -> None:
    posts = [f"/wp-sitemap-posts-post-{number}.xml" for number in range(1, 12)]
    others = ["/wp-sitemap-posts-page-1.xml", "/wp-sitemap-taxonomies-category-1.xml", "/wp-sitemap-users-1.xml"]  # fmt: skip
    site.pages["/sitemap.xml"] = index(site, [*posts, *others])
    for number, path in enumerate([*posts, *others]):
        site.pages[path] = Reply(urlset(site, old_stories(3, of=number)))
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages[posts[-1]] = Reply(urlset(site, [*old_stories(3, of=10), NEW]))

    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]
    first, second = map(str, notes(config))
    assert first.startswith("2 of 14 sitemaps were not read; 36 entries carry no date")
    assert second.startswith("10 of 14 sitemaps were not read")


async def test_every_file_of_an_index_is_read_in_turn_and_its_new_articles_are_found(
    site: FakeSite, tmp_path: Path
) -> None:
    names = [f"/part-{name}.xml" for name in "abcdefg"]
    site.pages["/sitemap.xml"] = index(site, names, lastmod="2026-11-20T10:00:00Z")
    for number, path in enumerate(names):
        site.pages[path] = Reply(urlset(site, old_stories(3, of=number)))
    config = make_config(tmp_path, site)
    for _ in range(6):
        await crawl(config)
    asked = {path for path in site.paths() if path.startswith("/part")}
    site.pages["/part-c.xml"] = Reply(urlset(site, [NEW, *old_stories(3, of=2)]))

    for _ in range(6):
        await crawl(config)

    assert asked == set(names)
    assert fetched(config) == ["drones-over-the-mole"]


async def test_a_new_article_in_any_file_of_a_short_index_is_found_at_once(
    site: FakeSite, tmp_path: Path
) -> None:
    names = [f"/part-{name}.xml" for name in ("aq", "xz", "fe", "po", "lk", "mn", "we", "rt")]
    site.pages["/sitemap.xml"] = index(site, names, lastmod="2014-01-01")
    for number, path in enumerate(names):
        site.pages[path] = Reply(urlset(site, old_stories(3, of=number)))
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages["/part-po.xml"] = Reply(urlset(site, [*old_stories(3, of=3), NEW]))

    for _ in range(6):
        await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]


async def test_a_new_file_of_an_index_is_news_as_a_whole_unless_all_files_have_new_names(
    site: FakeSite, tmp_path: Path
) -> None:
    names = [f"/part-{number}.xml" for number in range(1, 4)]
    for number, path in enumerate(names):
        site.pages[path] = Reply(urlset(site, old_stories(3, of=number)))
    site.pages["/sitemap.xml"] = index(site, names)
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages["/sitemap.xml"] = index(site, [*names, "/part-4.xml"])
    site.pages["/part-4.xml"] = Reply(urlset(site, [NEW]))

    await crawl(config)
    for number, path in enumerate([*names, "/part-4.xml"]):
        site.pages[f"{path}?v=2"] = site.pages[path] if number else Reply(urlset(site, old_stories(4)))  # fmt: skip
    site.pages["/sitemap.xml"] = index(site, [f"{path}?v=2" for path in [*names, "/part-4.xml"]])
    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]


async def test_a_template_date_makes_nothing_news_and_an_old_date_hides_no_news(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/sitemap.xml"] = Reply(urlset(site, old_stories(50), lastmod="2019-01-01"))
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages["/sitemap.xml"] = Reply(urlset(site, [*old_stories(50), NEW], lastmod="2019-01-02"))
    await crawl(config)
    site.default = Reply(b"", 404)
    today = rows(config, "SELECT substr(max(started_at), 1, 10) FROM visits")[0][0]
    site.pages["/sitemap.xml"] = Reply(
        urlset(site, [*old_stories(50), NEW], lastmod=f"{today}T00:00:00Z")
    )

    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]
    assert rows(config, "SELECT count(*) FROM entries WHERE state = 'waiting'") == [(0,)]


async def test_a_relaunch_is_not_read_as_thousands_of_news_and_the_rest_is_reported(
    site: FakeSite, tmp_path: Path
) -> None:
    site.default = Reply(b"", 410)
    site.pages["/sitemap.xml"] = Reply(urlset(site, old_stories(900)))
    config = make_config(tmp_path, site, exclude=["*/stories/*"])
    await crawl(config)
    site.pages["/sitemap.xml"] = Reply(urlset(site, old_stories(900, of=7)))

    await crawl(config)
    await crawl(config)

    left = notes(config)[1]
    assert left == "600 addresses not listed before were left out (/stories/old-7-150 to /stories/old-7-749)"  # fmt: skip
    assert notes(config)[2] is None


async def test_an_address_that_returns_to_the_list_is_not_new(
    site: FakeSite, tmp_path: Path
) -> None:
    old = old_stories(30)
    config = make_config(tmp_path, site)
    for listed in (old, old[:20], [*old, NEW]):
        site.pages["/sitemap.xml"] = Reply(urlset(site, listed))
        await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]


async def test_a_broken_file_does_not_affect_the_others(site: FakeSite, tmp_path: Path) -> None:
    names = [f"/part-{number}.xml" for number in range(1, 7)]
    site.pages["/sitemap.xml"] = index(site, names)
    for number, path in enumerate(names[:5]):
        site.pages[path] = Reply(urlset(site, old_stories(3, of=number)))
    site.pages[names[5]] = Reply(b"", 404)
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages["/part-1.xml"] = Reply(urlset(site, [*old_stories(3), NEW]))

    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]
    assert "sitemap /part-6.xml could not be read: " in str(notes(config)[1])
    assert rows(config, "SELECT outcome FROM visits") == [("ok",), ("ok",)]


async def test_the_best_files_of_each_nested_index_are_read(site: FakeSite, tmp_path: Path) -> None:
    years = [f"/{year}.xml" for year in range(2023, 2027)]
    site.pages["/sitemap.xml"] = index(site, years)
    for year in years:
        months = [f"{year[:5]}-{month:02d}.xml" for month in range(1, 12)]
        site.pages[year] = index(site, months)
        for number, path in enumerate(months):
            site.pages[path] = Reply(urlset(site, old_stories(2, of=int(year[1:5]) + number * 10)))
    config = make_config(tmp_path, site)
    await crawl(config)
    site.pages["/2026-11.xml"] = Reply(urlset(site, [NEW]))

    await crawl(config)

    assert fetched(config) == ["drones-over-the-mole"]
    assert "sitemaps were not read" in str(notes(config)[1])


async def test_the_memory_of_sitemaps_is_in_the_database(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/sitemap.xml"] = Reply(plain(site, old_stories(1200)))
    config = make_config(tmp_path, site)

    await crawl(config)

    seen_keys = rows(config, "SELECT seen_keys FROM endpoints")[0][0]
    assert isinstance(seen_keys, bytes)
    assert [len(each.keys) for each in unpack_memory(seen_keys).values()] == [8 * 1200]
