"""Addresses as sites write them: requested as announced, and compared so that two articles stay two and one stays one."""

from pathlib import Path

from tests.fakes import Asked, FakeSite, Reply, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings


async def test_a_session_id_in_every_link_makes_no_article_new(
    site: FakeSite, tmp_path: Path
) -> None:
    visits = iter(range(1, 9))

    def feed(_: Asked) -> Reply:
        visit = next(visits)
        links = [f"{site.url}/a;jsessionid=AB{visit}", f"{site.url}/r?id=7&sid={visit:032x}"]
        site.put_article(f"/a;jsessionid=AB{visit}", "Drones", PROSE, DRONES)
        site.put_article(f"/r?id=7&sid={visit:032x}", "Ferry", DRONES, PROSE)
        return Reply(rss([(link, "") for link in links]))

    site.pages["/rss"] = feed
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    for _ in range(3):
        await crawl(config)

    assert rows(config, "SELECT count(*) FROM entries") == [(2,)]
    assert len([path for path in site.paths() if path != "/rss"]) == 2
    assert rows(config, "SELECT max(is_rollover) FROM visits") == [(0,)]


async def test_the_announced_address_is_the_one_that_is_requested_and_stored(
    site: FakeSite, tmp_path: Path
) -> None:
    paths = ["/caf%E9?ref=1041", "/a%20b.html?q=%E9", "/read.php?src=77", "/read.php?src=78"]
    for number, path in enumerate(paths):
        site.put_article(path, f"Drones {number}", f"{number} {PROSE}", DRONES)
    links = [(f"{site.url}{path}".replace("%20", " "), "") for path in paths]
    site.pages["/rss"] = Reply(rss(links))
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert sorted(site.paths()[1:]) == sorted(paths)
    kept = rows(config, "SELECT url FROM articles")
    assert sorted(str(url) for (url,) in kept) == sorted(f"{site.url}{path}" for path in paths)
