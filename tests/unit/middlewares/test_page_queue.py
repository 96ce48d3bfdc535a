"""The queue of pages: by domain, news first, and never all places for one kind."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request

from crawler.middlewares.download.page_queue import PageQueue
from crawler.model.article import Occasion
from crawler.model.visit import WaitingEntry


class Downloads:
    """A queue, and a downloader that holds what it is given until it is answered."""

    def __init__(self, *, concurrency: int = 1, most_pages: int = 64) -> None:
        budget = SimpleNamespace(concurrency=concurrency)
        config = SimpleNamespace(fetch=SimpleNamespace(per_domain=budget))
        self.active: set[Request] = set()
        spider = SimpleNamespace(
            services=SimpleNamespace(rules=SimpleNamespace(config=config)), most_pages=most_pages
        )
        engine = SimpleNamespace(downloader=SimpleNamespace(active=self.active))
        crawler: Any = SimpleNamespace(spider=spider, engine=engine)
        self.queue = PageQueue.from_crawler(crawler)

    def ask(self, url: str, occasion: Occasion = Occasion.NEWS, *, visit: object = None) -> None:
        entry = WaitingEntry(
            id=0, url=url, title="", stated_at=None, attempt_count=0, occasion=occasion
        )
        self.queue.enqueue_request(Request(url, meta={"entry": entry, "visit": visit}))

    def give(self) -> list[str]:
        """Give the downloader all it may have, as Scrapy does, and return the addresses."""
        given = []
        while (request := self.queue.next_request()) is not None:
            self.active.add(request)
            given.append(request.url.removeprefix("http://"))
        return given

    def answer(self, is_answered: Callable[[str], bool] = lambda _url: True) -> None:
        self.active -= {one for one in self.active if is_answered(one.url)}

    def drain(self) -> list[str]:
        """Answer everything as soon as it is given, and return the order."""
        order: list[str] = []
        while given := self.give():
            order += given
            self.answer()
        return order


def test_a_domain_has_no_more_pages_with_the_downloader_than_its_budget() -> None:
    downloads = Downloads(concurrency=2)
    for name in ("a.slow.org", "b.slow.org", "slow.org", "quick.org"):
        downloads.ask(f"http://{name}/")

    assert downloads.give() == ["a.slow.org/", "b.slow.org/", "quick.org/"]
    assert downloads.give() == []
    downloads.answer(lambda url: "quick" in url)
    assert downloads.give() == []
    downloads.answer(lambda url: "a.slow" in url)
    assert downloads.give() == ["slow.org/"]
    assert not downloads.queue.has_pending_requests()


def test_news_passes_a_backfill_that_came_first_and_keeps_its_own_order() -> None:
    downloads = Downloads()
    for number in range(3):
        downloads.ask(f"http://x.org/old{number}", Occasion.BACKFILL)
    downloads.ask("http://x.org/edited", Occasion.REVISIT)
    downloads.ask("http://x.org/new1")
    downloads.ask("http://x.org/new2")

    order = [url.removeprefix("x.org/") for url in downloads.drain()]

    assert order == ["new1", "new2", "edited", "old0", "old1", "old2"]


def test_news_goes_on_though_a_backfill_page_of_its_domain_waits_with_the_downloader() -> None:
    downloads = Downloads()
    for number in range(2):
        downloads.ask(f"http://x.org/old{number}", Occasion.BACKFILL)
    assert downloads.give() == ["x.org/old0"]
    for number in range(2):
        downloads.ask(f"http://x.org/new{number}")

    given = downloads.give()
    downloads.answer(lambda url: "old" in url)

    assert given == ["x.org/new0"]
    assert downloads.give() == []


def test_the_backfill_of_many_sites_leaves_half_of_the_places_to_news() -> None:
    downloads = Downloads(most_pages=6)
    for number in range(9):
        downloads.ask(f"http://old{number}.org/", Occasion.BACKFILL)

    waves = [len(downloads.give())]
    for number in range(5):
        downloads.ask(f"http://new{number}.org/")
    waves.append(len(downloads.give()))
    downloads.answer(lambda url: "old" in url)
    later = downloads.give()

    assert waves == [3, 3]
    assert later[:2] == ["new3.org/", "new4.org/"]
    assert len(later) == 3


def test_a_page_that_redirects_waits_in_the_line_of_its_new_domain() -> None:
    downloads = Downloads()
    downloads.ask("http://new.org/a")
    downloads.ask("http://old.org/b", Occasion.BACKFILL)
    downloads.ask("http://new.org/c", Occasion.BACKFILL)
    assert downloads.give() == ["new.org/a", "old.org/b"]
    (moved,) = (one for one in downloads.active if "old" in one.url)
    downloads.active.discard(moved)

    # as Scrapy makes it
    downloads.queue.enqueue_request(moved.replace(url="http://new.org/b", priority=2))

    assert downloads.give() == []
    assert downloads.drain() == []
    downloads.answer()
    assert downloads.drain() == ["new.org/b", "new.org/c"]


@pytest.mark.parametrize("asked", [1, 4])
def test_pages_of_a_visit_are_taken_out_of_every_line(asked: int) -> None:
    downloads, visit, other = Downloads(), object(), object()
    for number in range(asked):
        downloads.ask(f"http://x.org/{number}", visit=visit)
        downloads.ask(f"http://y{number}.org/", visit=visit)
    downloads.ask("http://x.org/other", visit=other)

    left = downloads.queue.withdraw(visit)

    assert len(left) == 2 * asked
    assert downloads.drain() == ["x.org/other"]
