"""Walls that answer 200 in place of articles: refused for now, or retracted once a third address shows the same page."""

import sqlite3
from contextlib import closing
from pathlib import Path

from crawler.config.schema import Config
from tests.fakes import Asked, FakeSite, Reply, article_page
from tests.spiders.test_crawl import configure, crawl, rows, settings

NAMES = ("harbour strike", "library roof", "ferry timetable", "mayor resigns", "bridge tender")
PROSE = "The council heard on Monday that the work takes until spring, and that nobody knows yet who is going to pay for it."
# more than a short page, with an author and a date: nothing on the page itself shows that it is a wall
WALL = (
    "We are moving house tonight, and every drone of ours is busy carrying boxes from the old cellar to the new one. "
    "Until all of them have landed, what you wanted to read rests in a crate somewhere between the two. "
) * 5


def feed(site: FakeSite, *links: tuple[str, str]) -> Reply:
    items = "".join(
        f"<item><title>{title}</title><link>{site.url}{path}</link><guid>{path}</guid>"
        "<pubDate>Mon, 23 Nov 2026 09:00:00 GMT</pubDate></item>"
        for path, title in links
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><link>{site.url}</link><description>d</description>{items}</channel></rss>'
    return Reply(body.encode(), content_type="application/rss+xml")


def announce(site: FakeSite, count: int = 5) -> list[str]:
    links = [(f"/n/{7 * n + 100}", f"News of the {name}") for n, name in enumerate(NAMES[:count])]
    site.pages["/rss"] = feed(site, *links)
    return [path for path, _ in links]


def wall(number: int = 0) -> Reply:
    text = f"{WALL} Reference {number * 7919}."
    page = article_page("Moving house", text).replace(
        b"</h1>", b"</h1><p class='byline'>By Ann Lee</p>"
    )
    return Reply(page)


async def test_a_login_page_that_all_entries_redirect_to_is_no_article(
    site: FakeSite, tmp_path: Path
) -> None:
    paths = announce(site)

    def ask(asked: Asked) -> Reply:
        return Reply(status=302, headers={"Location": f"{site.url}/konto?zurueck={asked.path}"})

    site.pages |= dict.fromkeys(paths, ask)
    site.default = lambda asked: wall() if asked.path.startswith("/konto") else Reply(status=404)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(0,)]
    reasons = rows(config, "SELECT DISTINCT reason FROM entries")
    assert all("/konto answered in place of" in str(reason) for (reason,) in reasons)


async def test_a_wall_is_retracted_at_its_third_address(site: FakeSite, tmp_path: Path) -> None:
    paths = announce(site, 2)
    for number, path in enumerate(paths):
        site.pages[path] = wall(number)
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    assert rows(config, "SELECT count(*) FROM articles") == [(2,)]

    paths = announce(site, 3)
    site.pages[paths[2]] = wall(2)
    await crawl(config)

    # one alert had been sent: it stays, with its article, and its address is free again
    left = rows(
        config, "SELECT withdrawn_at IS NOT NULL, url_key, url LIKE '%#withdrawn-%' FROM articles"
    )
    assert left == [(1, None, 1)]
    assert rows(config, "SELECT count(*) FROM withdrawals") == [(2,)]
    assert rows(config, "SELECT count(*) FROM entries WHERE article_id IS NOT NULL") == [(0,)]
    assert rows(config, "SELECT count(*) FROM stories WHERE article_count > 0") == [(0,)]


async def test_walls_of_one_visit_leave_nothing_behind(site: FakeSite, tmp_path: Path) -> None:
    for number, path in enumerate(announce(site)):
        site.pages[path] = wall(number)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles WHERE withdrawn_at IS NULL") == [(0,)]
    assert rows(config, "SELECT count(*) FROM entries WHERE state = 'fetched'") == [(0,)]


async def test_the_article_that_replaces_a_wall_causes_an_alert(
    site: FakeSite, tmp_path: Path
) -> None:
    paths = announce(site, 3)
    for number, path in enumerate(paths):
        site.pages[path] = wall(number)
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    for path, name in zip(paths, NAMES, strict=False):
        site.put_article(
            path,
            f"News of the {name}",
            f"{name}: {PROSE}",
            "A drone saw it all, says the mayor, who was not there that day either.",
        )
    await _ask_again(config)

    assert rows(config, "SELECT count(*) FROM articles WHERE withdrawn_at IS NULL") == [(3,)]
    assert {
        str(url).rpartition("/")[2]
        for (url,) in rows(config, "SELECT url FROM articles WHERE withdrawn_at IS NULL")
    } == {path.rpartition("/")[2] for path in paths}
    assert rows(
        config,
        "SELECT count(DISTINCT watch_id) FROM matches JOIN articles ON articles.id = article_id WHERE withdrawn_at IS NULL",
    ) == [(1,)]


async def _ask_again(config: Config) -> None:
    """Make every entry due now, as the passing of time does."""
    with closing(sqlite3.connect(config.store.path)) as connection, connection:
        connection.execute(
            "UPDATE entries SET state = 'waiting', next_try_at = '2020-01-01T00:00:00.000Z'"
        )
    await crawl(config)


async def test_copies_of_one_article_at_three_addresses_are_not_a_wall(
    site: FakeSite, tmp_path: Path
) -> None:
    links = [(f"/{part}/harbour-strike-ends", "Harbour strike ends") for part in ("a", "b", "c")]
    site.pages["/rss"] = feed(site, *links)
    site.pages |= dict.fromkeys((path for path, _ in links), wall())
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(3,)]


async def test_a_known_article_is_not_revised_by_a_wall(site: FakeSite, tmp_path: Path) -> None:
    path = announce(site, 1)[0]
    site.put_article(
        path,
        "News of the harbour strike",
        PROSE,
        "A drone saw the boats lie still, says the harbour master on Monday.",
    )
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)

    site.put_article(
        path,
        "Back soon",
        "Nous revenons bientôt, merci de votre patience pendant que nous rangeons la maison pour vous, chers lecteurs et lectrices du soir.",
    )
    await _ask_again(config)

    assert rows(config, "SELECT headline, revision_count, withdrawn_at FROM articles") == [
        ("News of the harbour strike", 1, None)
    ]


async def test_bulletins_made_from_one_template_are_kept(site: FakeSite, tmp_path: Path) -> None:
    links = [(f"/q/{n}", f"Quake of magnitude {n}.{n} near Saltmere") for n in range(2, 7)]
    site.pages["/rss"] = feed(site, *links)
    for n, (path, title) in enumerate(links, 2):
        site.put_article(
            path,
            title,
            f"A quake of magnitude {n}.{n} was felt near Saltmere at {n}:30 today. Nobody was hurt, says the office, which counts on more of them before the week ends.",
        )
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(5,)]


async def test_the_text_of_a_feed_is_used_for_a_script_application_and_not_for_a_short_wall(
    site: FakeSite, tmp_path: Path
) -> None:
    app = b"<title>Please enable JavaScript</title><body><noscript>x</noscript><p>Please enable JavaScript to view this page.</p><div id=a></div></body>"
    check = b"<title>quay</title><body><p>Please enable JS.</p><script src=https://ct.captcha-delivery.com/c.js></script></body>"
    links = [(f"/n/{number}", f"Drone seen at the {name}") for number, name in ((110, "mill"), (120, "quay"), (130, "weir"))]  # fmt: skip
    site.pages["/rss"] = feed(site, *links)
    site.pages |= {"/n/110": Reply(app), "/n/120": Reply(check)}
    site.pages["/n/130"] = Reply(status=302, headers={"Location": f"{site.url}/konto?ziel=/n/130"})
    site.pages["/konto?ziel=/n/130"] = Reply(b"<title>Anmeldung</title><body><h1>Anmeldung</h1><p>Name und Kennwort</p></body>")  # fmt: skip
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT headline FROM revisions") == [("Drone seen at the mill",)]
    reasons = rows(config, "SELECT reason FROM entries ORDER BY url")
    assert ["wall" in str(reason) for (reason,) in reasons] == [False, True, True]


async def test_retracted_pages_are_requested_again_on_request(
    site: FakeSite, tmp_path: Path
) -> None:
    for number, path in enumerate(announce(site, 3)):
        site.pages[path] = wall(number)
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    asked = len(site.paths())

    await crawl(config)

    # the feed, the two pages that were stored, and the third
    assert len(site.paths()) == asked + 4
