"""The only file that uses private parts of Scrapy and Twisted does what it promises."""

import ast
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scrapy import Request
from scrapy.core.downloader import Downloader, Slot
from scrapy.utils.test import get_crawler
from twisted.internet.defer import Deferred

from crawler.middlewares.scrapy_internals import (
    find_concurrency,
    restart_pause,
    set_pace,
    take_waiting,
)

ROOT = Path(__file__).parents[3]
ADAPTER = ROOT / "crawler" / "middlewares" / "scrapy_internals.py"
# the downloader and its slots are documented nowhere
UNDOCUMENTED = {"downloader", "slots", "per_slot_settings", "lastseen"}


def find_private(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {"scrapy", "twisted"}:  # fmt: skip
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            yield from (one for one in names if "._" in one or module.startswith("scrapy.core"))
        elif isinstance(node, ast.Attribute) and node.attr in UNDOCUMENTED:
            yield f".{node.attr}"


def test_no_other_file_uses_private_names_of_scrapy_and_twisted() -> None:
    rooms = (ROOT / room for room in ("crawler", "scheduler", "watchword"))
    files = [file for room in rooms for file in room.rglob("*.py") if file != ADAPTER]

    found = {str(file.relative_to(ROOT)): [*find_private(ast.parse(file.read_text()))] for file in files}  # fmt: skip

    assert {file: names for file, names in found.items() if names} == {}
    assert [*find_private(ast.parse(ADAPTER.read_text()))]


def make_crawler(**slots: Slot) -> Any:
    """Return a crawler with Scrapy's own downloader, and slots in it."""
    crawler = get_crawler()
    downloader = Downloader.__new__(Downloader)
    downloader.slots, downloader.per_slot_settings = dict(slots), {}
    return SimpleNamespace(engine=SimpleNamespace(downloader=downloader), settings=crawler.settings)


def test_a_pace_applies_to_the_existing_slot_and_to_the_next_one() -> None:
    slot = Slot(concurrency=8, delay=0.0, jitter=0.0)
    crawler = make_crawler(a=slot)

    set_pace(crawler, "a", delay=2.0, concurrency=1, jitter=0.1, most=9)

    assert (slot.delay, slot.concurrency, slot.jitter) == (2.0, 1, 0.1)
    assert find_concurrency(crawler, "a") == 1
    assert find_concurrency(crawler, "b") is None
    assert crawler.engine.downloader.per_slot_settings["a"] == {"delay": 2.0, "concurrency": 1, "jitter": 0.1}  # fmt: skip


def test_a_request_takes_the_place_of_one_of_a_lower_rank_in_the_queue_of_its_slot() -> None:
    slot = Slot(concurrency=1, delay=5.0, jitter=0.0)
    slot.queue.append((Request("http://x.org/feed"), Deferred()))
    set_pace(make_crawler(a=slot), "a", delay=5.0, concurrency=1, jitter=0.0, most=9)

    for name, rank in (("old", 0), ("edit", 100), ("robots", None), ("new1", 200), ("new2", 200)):
        meta = {} if rank is None else {"rank": rank}
        slot.queue.append((Request(f"http://x.org/{name}", meta=meta), Deferred()))

    order = [request.url.removeprefix("http://x.org/") for request, _ in slot.queue]
    assert order == ["feed", "new1", "new2", "robots", "edit", "old"]
    assert slot.queue.popleft()[0].url == "http://x.org/feed"


def test_paces_of_closed_slots_are_forgotten_in_the_end() -> None:
    crawler = make_crawler()

    for number in range(10):
        set_pace(crawler, str(number), delay=1.0, concurrency=1, jitter=0.0, most=9)

    assert crawler.engine.downloader.per_slot_settings == {}


def test_a_pause_begins_at_the_given_moment() -> None:
    slot = Slot(concurrency=1, delay=5.0, jitter=0.0)

    restart_pause(make_crawler(a=slot), "a", at=12.5)
    restart_pause(make_crawler(), "a", at=12.5)

    assert slot.lastseen == 12.5


def test_removing_requests_keeps_the_others_in_order() -> None:
    slot = Slot(concurrency=1, delay=5.0, jitter=0.0)
    answers: list[Deferred[Any]] = [Deferred() for _ in range(4)]
    urls = ["http://x.org/1", "http://y.org/2", "http://x.org/3", "http://y.org/4"]
    slot.queue = deque((Request(url), answer) for url, answer in zip(urls, answers, strict=True))

    left = take_waiting(make_crawler(a=slot), "a", is_leaving=lambda one: "//x" in one.url)

    assert left == (answers[0], answers[2])
    assert [request.url for request, _ in slot.queue] == ["http://y.org/2", "http://y.org/4"]
    assert take_waiting(make_crawler(), "a", is_leaving=lambda _: True) == ()
