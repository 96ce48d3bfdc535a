"""A visit reads its endpoints, then its pages wait by their own domain: paced there, news first, and none is lost between."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.config.schema import Config
from scheduler.one_crawl import run_crawl
from tests.fakes import Asked, FakeSite, Reply, article_page, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

PAUSE = 0.2


@pytest.fixture
def sites() -> Iterator[list[FakeSite]]:
    """Yield three sites on ports of their own: each is a domain to Watchword."""
    with ExitStack() as stack:
        yield [stack.enter_context(FakeSite()) for _ in range(3)]


def announce(site: FakeSite, path: str, links: list[str]) -> None:
    feed = rss([(link, "") for link in links])
    site.pages[path] = Reply(feed, content_type="application/rss+xml")


def serve_articles(site: FakeSite, asked_at: list[float]) -> None:
    """Answer every address with an article of its own, and note when it was asked for."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/robots.txt":
            return Reply(status=404)
        asked_at.append(time.monotonic())
        return Reply(article_page(f"Ferry {asked.path}", f"{PROSE} {asked.path} " * 3, DRONES))

    site.default = answer


def paced(folder: Path, *sources: object, **fetch: object) -> Config:
    budget = {"concurrency": 1, "delay": f"{PAUSE}s"}
    # a feed that waits for something must not be given up on a busy machine
    return configure(folder, *sources, per_domain=budget, timeout="60s", **fetch)  # type: ignore[arg-type]  # settings


async def test_the_pages_of_aggregators_share_the_pace_of_their_own_sites(
    sites: list[FakeSite], tmp_path: Path
) -> None:
    hub, left, right = sites
    asked_left, asked_right = list[float](), list[float]()
    serve_articles(left, asked_left)
    serve_articles(right, asked_right)
    # two aggregators, and both name pages of both sites; each lists a whole site before the other
    for name in ("one", "two"):
        links = [f"{site.url}/{name}{n}" for site in (left, right) for n in range(4)]
        announce(hub, f"/{name}", links)
    sources = [settings(f"{hub.url}/{name}", name=name) for name in ("one", "two")]

    await crawl(paced(tmp_path, *sources))

    assert (len(asked_left), len(asked_right)) == (8, 8)
    for asked in (asked_left, asked_right):
        assert min(after - before for before, after in pairwise(asked)) >= PAUSE
    # beside each other: neither site waited for the other to be done
    assert asked_right[0] < asked_left[3]
    assert asked_left[0] < asked_right[3]


async def test_a_slow_site_keeps_no_page_of_another_site_waiting(
    sites: list[FakeSite], tmp_path: Path
) -> None:
    hub, slow, quick = sites
    asked_slow, asked_quick = list[float](), list[float]()
    serve_articles(slow, asked_slow)
    serve_articles(quick, asked_quick)
    # more than Scrapy's downloader took at once; the pages of the other site are among them
    links = [f"{slow.url}/{n}" for n in range(140)]
    links[70:70] = [f"{quick.url}/a", f"{quick.url}/b"]
    announce(hub, "/rss", links)
    config = configure(
        tmp_path,
        settings(f"{hub.url}/rss"),
        per_domain={"concurrency": 1, "delay": "0.02s"},
        timeout="60s",
    )

    await crawl(config)

    assert len(asked_slow) == 140
    assert asked_quick[1] < asked_slow[9]


async def test_a_fresh_entry_does_not_wait_for_the_backfill_of_another_source(
    sites: list[FakeSite], tmp_path: Path
) -> None:
    hub, press, other = sites
    asked_at = list[float]()
    serve_articles(press, asked_at)
    announce(other, "/known", [f"{press.url}/seen"])
    known = settings(f"{other.url}/known", name="known", backfill="0s")
    await crawl(paced(tmp_path, known))
    assert asked_at == []

    def answer_late(_asked: Asked) -> Reply:
        wait_until(lambda: len(asked_at) >= 3)
        links = [f"{press.url}/fresh", f"{press.url}/seen"]
        return Reply(rss([(link, "") for link in links]), content_type="application/rss+xml")

    other.pages["/known"] = answer_late
    announce(hub, "/rss", [f"{press.url}/old{n}" for n in range(30)])

    await crawl(paced(tmp_path, settings(f"{hub.url}/rss"), known))

    paths = press.paths()
    assert len(paths) == 31
    assert 3 <= paths.index("/fresh") < 15
    # what is left is fetched in the order of its feed, newest first
    assert [path for path in paths if path != "/fresh"] == [f"/old{n}" for n in range(30)]


def wait_until(is_true: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(600):
        if is_true():
            return
        patience.wait(0.05)
    raise AssertionError("it never came true")


def kill_between_the_stages(connection: sqlite3.Connection) -> None:
    """Kill the crawl process once its visit has read its source and has pages to fetch."""
    sql = "SELECT count(*) FROM visits WHERE read_at IS NOT NULL AND finished_at IS NULL"
    if not connection.execute(sql).fetchone()[0]:
        return
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if "-m\0crawler" in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(int(pid), signal.SIGKILL)


@pytest.mark.own_process
async def test_pages_of_a_visit_killed_between_its_stages_are_fetched_by_the_next_one(
    sites: list[FakeSite], tmp_path: Path
) -> None:
    hub, press, other = sites
    serve_articles(press, [])
    serve_articles(other, [])
    announce(hub, "/rss", [f"{site.url}/{n}" for n in range(4) for site in (press, other)])
    source = settings(f"{hub.url}/rss")
    slow = configure(tmp_path, source, per_domain={"concurrency": 1, "delay": "2s"}, timeout="60s")

    is_whole = await run_crawl(slow, ("courier",), on_tick=kill_between_the_stages)

    assert not is_whole
    waiting = rows(slow, "SELECT count(*) FROM entries WHERE state = 'waiting'")
    assert waiting[0][0] in range(1, 9)
    # the endpoint is not read again from the start: its answer and its entries were saved together
    assert rows(slow, "SELECT count(*) FROM endpoints WHERE read_at IS NOT NULL") == [(1,)]
    announce(hub, "/rss", [])
    assert await crawl(paced(tmp_path, source))
    assert rows(slow, "SELECT state, count(*) FROM entries GROUP BY state") == [("fetched", 8)]
    counts = "SELECT outcome, new_count + copy_count > 0 FROM visits ORDER BY id"
    assert rows(slow, counts)[1:] == [("ok", 1)]
    assert rows(slow, "SELECT sum(new_count + copy_count) FROM visits") == [(8,)]
