"""Watched pages over HTTP: what moves by itself makes no revision, what matters does."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import configure, crawl, rows, settings

TEXT = "Tenders of the harbour office are printed here on the day they are opened, says the clerk who keeps the list up to date."
Line = Callable[[int], str]


async def read(
    site: FakeSite, folder: Path, line: Line, *, visits: int = 4
) -> list[tuple[object, ...]]:
    """Read a page some times, its last line another one each time; return the lines each revision differs by."""
    config = configure(folder, settings(f"{site.url}/tenders", kind="page", name="office"))
    for number in range(visits):
        site.pages["/tenders"] = Reply(article_page("Tenders of the harbour", TEXT, *line(number).split("\n"), TEXT.replace("day", "morning")))  # fmt: skip
        await crawl(config)
    return rows(config, "SELECT diff FROM revisions WHERE diff IS NOT NULL")


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


@pytest.mark.parametrize("name", NOISE)
async def test_what_moves_by_itself_makes_no_revision(
    site: FakeSite, tmp_path: Path, name: str
) -> None:
    assert await read(site, tmp_path, NOISE[name]) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (lambda n: f"Price: {100 if n < 1 else 90} EUR", 1),
        (lambda n: f"{3 if n < 1 else 4} tenders open", 1),
        (lambda n: f"Offers are taken until {3 if n < 1 else 17} December 2026 at noon.", 1),
        (lambda n: "Open" if n < 2 else "Closed", 1),
        (lambda n: f"Visitor {n}\nPrice: {100 if n < 1 else 90} EUR", 1),
        (lambda n: f"Visitor {n}\nA tender for {'nets' if n < 1 else 'drones'} is open.", 1),
    ],
)
async def test_what_matters_is_told_once(
    site: FakeSite, tmp_path: Path, line: Line, count: int
) -> None:
    found = await read(site, tmp_path, line)

    assert len(found) == count
    config = configure(tmp_path, settings(f"{site.url}/tenders", kind="page", name="office"))
    bodies = rows(config, "SELECT body FROM revisions WHERE body LIKE '%Visitor%'")
    assert all("Visitor 0" in str(body) for (body,) in bodies)


async def test_how_lines_behave_is_remembered(site: FakeSite, tmp_path: Path) -> None:
    await read(site, tmp_path, NOISE["counter"])

    config = configure(tmp_path, settings(f"{site.url}/tenders", kind="page", name="office"))
    assert rows(config, "SELECT line, change_count, is_held FROM watched_lines") == [
        ("Besucher: 5033", 3, 1)
    ]


async def test_maintenance_in_place_of_a_page_is_no_revision_until_it_stays(
    site: FakeSite, tmp_path: Path
) -> None:
    page = Reply(article_page("Tenders of the harbour", *(f"{TEXT} Number {n}." for n in range(6))))
    down = Reply(article_page("Back soon", "New disks are put in tonight; every drone sleeps."))
    config = configure(tmp_path, settings(f"{site.url}/tenders", kind="page", name="office"))
    for answer in (page, down, down, page):
        site.pages["/tenders"] = answer
        await crawl(config)

    assert rows(config, "SELECT count(*) FROM revisions") == [(1,)]
    assert rows(config, "SELECT outcome FROM runs ORDER BY id") == [
        ("ok",), ("failed",), ("failed",), ("ok",),
    ]  # fmt: skip

    site.pages["/tenders"] = down
    await crawl(config)
    with closing(sqlite3.connect(config.store.path)) as connection, connection:
        connection.execute("UPDATE entries SET missing_since = '2020-01-01T00:00:00.000Z'")
    await crawl(config)

    assert rows(config, "SELECT headline FROM articles") == [("Back soon",)]
