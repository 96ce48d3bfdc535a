"""Watched pages over HTTP: counters and clocks make no revision, real changes do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from crawler.config.schema import Config
from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import configure, crawl, rows, settings

TEXT = "Tenders of the harbour office are printed here on the day they are opened, says the clerk who keeps the list up to date."
Line = Callable[[int], str]


async def read(
    site: FakeSite, folder: Path, pages: dict[str, Line], *, visits: int = 4
) -> tuple[Config, dict[str, int]]:
    """Read pages several times, with other last lines each time; return by name the number of further revisions of each."""
    # one crawl for all: each page is a source of its own
    sources = [
        settings(f"{site.url}/{place}", kind="page", name=name) for place, name in enumerate(pages)
    ]
    config = configure(folder, *sources)
    for number in range(visits):
        for place, (name, line) in enumerate(pages.items()):
            title, end = f"Tenders of {name}", TEXT.replace("day", "morning")
            site.pages[f"/{place}"] = Reply(
                article_page(title, TEXT, *line(number).split("\n"), end)
            )
        await crawl(config)
    counts = rows(
        config,
        """SELECT sources.name, sum(diff IS NOT NULL) FROM sources LEFT JOIN articles ON articles.source_id = sources.id
           LEFT JOIN revisions ON revisions.article_id = articles.id GROUP BY sources.name""",
    )
    return config, {str(name): int(str(count)) for name, count in counts}


NOISE: dict[str, Line] = {
    "counter": lambda n: f"Besucher: {5012 + 7 * n}",
    "clock": lambda n: f"It is 10:1{n}:2{n} on the quay",
    "milliseconds": lambda n: f"({13 + n} ms, {7 + 2 * n} Abfragen)",
    "token": lambda n: f"Request id {'9f' * n}7c{n}e",
    "boxes": lambda n: "\n".join(["We sell boats and ropes.", "We buy nets and lamps.", "We lend oars."][:: -1 if n % 2 else 1]),
    "views": lambda n: f"Просмотров: {120 + n}",
    "online": lambda n: f"当前在线 {(17, 3, 90, 41)[n]} 人",
    "weather and boxes": lambda n: "\n".join([f"{n + 3} °C", "We sell boats.", f"Wind {n * 2 + 1} km/h"][:: -1 if n % 2 else 1]),
    "stocks": lambda n: f"DAX {18000 + 13 * n} ({n},{n} %)",
    "ends in": lambda n: f"Offer ends in {50 - n} hours",
}  # fmt: skip


async def test_counters_and_clocks_make_no_revision(site: FakeSite, tmp_path: Path) -> None:
    config, counts = await read(site, tmp_path, NOISE)

    assert counts == dict.fromkeys(NOISE, 0)
    found = rows(config, "SELECT line, change_count, is_held FROM watched_lines WHERE line LIKE 'Besucher%'")  # fmt: skip
    assert found == [("Besucher: 5033", 3, 1)]


MATTERS: dict[str, Line] = {
    "price": lambda n: f"Price: {100 if n < 1 else 90} EUR",
    "count": lambda n: f"{3 if n < 1 else 4} tenders open",
    "deadline": lambda n: f"Offers are taken until {3 if n < 1 else 17} December 2026 at noon.",
    "state": lambda n: "Open" if n < 2 else "Closed",
    "price beside a counter": lambda n: f"Visitor {n}\nPrice: {100 if n < 1 else 90} EUR",
    "words beside a counter": lambda n: (
        f"Visitor {n}\nA tender for {'nets' if n < 1 else 'drones'} is open."
    ),
}


async def test_a_real_change_causes_one_alert(site: FakeSite, tmp_path: Path) -> None:
    config, counts = await read(site, tmp_path, MATTERS)

    assert counts == dict.fromkeys(MATTERS, 1)
    bodies = rows(config, "SELECT body FROM revisions WHERE body LIKE '%Visitor%'")
    assert len(bodies) == 4
    assert all("Visitor 0" in str(body) for (body,) in bodies)


async def test_a_maintenance_page_is_no_revision_until_it_stays(
    site: FakeSite, tmp_path: Path
) -> None:
    page = Reply(article_page("Tenders of the harbour", *(f"{TEXT} Number {n}." for n in range(6))))
    down = Reply(article_page("Back soon", "New disks are put in tonight; every drone sleeps."))
    config = configure(tmp_path, settings(f"{site.url}/tenders", kind="page", name="office"))
    for answer in (page, down, down, page):
        site.pages["/tenders"] = answer
        await crawl(config)

    assert rows(config, "SELECT count(*) FROM revisions") == [(1,)]
    assert rows(config, "SELECT outcome FROM visits ORDER BY id") == [
        ("ok",), ("failed",), ("failed",), ("ok",),
    ]  # fmt: skip

    site.pages["/tenders"] = down
    await crawl(config)
    with closing(sqlite3.connect(config.store.path)) as connection, connection:
        connection.execute("UPDATE entries SET missing_since = '2020-01-01T00:00:00.000Z'")
    await crawl(config)

    assert rows(config, "SELECT headline FROM articles") == [("Back soon",)]
