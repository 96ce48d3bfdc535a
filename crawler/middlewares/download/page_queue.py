"""The queue of pages to fetch: a line for each registrable domain, whichever sources announced them, and news first.

Scrapy's own queue gives pages to its downloader until 64 are there, where those of a slow domain wait for their turn: a first
visit to one slow site kept the pages of all others waiting. It also takes the page that came last first, which is the oldest.
Here a domain has no more pages of a kind with the downloader than its budget allows at a time; the others stay in line, where
news that comes later passes a backfill. Endpoints, robots.txt and parts of an article do not stand in line: a visit or a page waits for
their answer.
"""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, Protocol, cast

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.middlewares.scrapy_internals import find_active
from crawler.middlewares.services import find_services
from crawler.model.article import Occasion
from crawler.model.visit import WaitingEntry
from crawler.text.web.urls import budget_key

# far apart, because each redirect adds two to the priority of a request
_STEP = 100
_RANKS = {Occasion.NEWS: 2 * _STEP, Occasion.REVISIT: _STEP, Occasion.BACKFILL: 0}
# for a spider that is not ours, as in `scrapy shell`
_USUAL_PAGES = 16


class _HasPages(Protocol):
    most_pages: int


class PageQueue:
    """Scrapy's scheduler: a request waits in the line of its address's domain, by the occasion of its ``meta["entry"]``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._numbers = count()
        self._lines: dict[str, list[tuple[int, int, Request]]] = {}
        self._given: dict[str, list[Request]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PageQueue":
        """Return a scheduler, as Scrapy asks for it."""
        return cls(crawler)

    def has_pending_requests(self) -> bool:
        """Return whether pages are in line."""
        return bool(self._lines)

    def enqueue_request(self, request: Request) -> bool:
        """Put a page into the line of its domain; one that redirected to another domain gets into the line there."""
        line = self._lines.setdefault(budget_key(request.url), [])
        heappush(line, (-_rank(request), next(self._numbers), request))
        return True

    def next_request(self) -> Request | None:
        """Return the page whose turn it is, None while there is no room for it."""
        self._forget_answered()
        given = [one for many in self._given.values() for one in many]
        most = self._most_pages
        each = self._find_most_of_one()
        heads = [
            (line[0], key)
            for key, line in self._lines.items()
            if self._count_rivals(key, -line[0][0]) < each
        ]
        if len(given) >= most or not heads:
            return None
        (rank, _, _), key = min(heads)
        # a backfill has half of the places: each is held for a pause, or for as long as a server hangs
        if _is_backfill(-rank) and sum(_is_backfill(one.meta["rank"]) for one in given) * 2 >= most:
            return None
        return self._give(key)

    def withdraw(self, visit: object) -> tuple[WaitingEntry, ...]:
        """Take the pages of a visit out of all lines and return their entries; those with the downloader stay there."""
        left: list[WaitingEntry] = []
        for key, line in [*self._lines.items()]:
            left += [one.meta["entry"] for _, _, one in line if one.meta.get("visit") is visit]
            line[:] = [place for place in line if place[2].meta.get("visit") is not visit]
            heapify(line)
            if not line:
                del self._lines[key]
        return tuple(left)

    def _give(self, key: str) -> Request:
        rank, _, request = heappop(self._lines[key])
        # in the downloader's queue too it goes before a lower one, which waits there for the pause of its domain
        request.meta["rank"] = -rank
        if not self._lines[key]:
            del self._lines[key]
        self._given.setdefault(key, []).append(request)
        return request

    def _forget_answered(self) -> None:
        active = find_active(self._crawler)
        kept = {key: [one for one in many if one in active] for key, many in self._given.items()}
        self._given = {key: many for key, many in kept.items() if many}

    def _count_rivals(self, key: str, rank: int) -> int:
        """Return how many pages of a domain are with the downloader that one of this rank does not pass."""
        return sum(one.meta["rank"] // _STEP >= rank // _STEP for one in self._given.get(key, ()))

    def _find_most_of_one(self) -> int:
        """Return how many pages of one domain may be with the downloader."""
        services = find_services(self._crawler)
        return services.rules.config.fetch.per_domain.concurrency if services else _USUAL_PAGES

    @property
    def _most_pages(self) -> int:
        return getattr(cast("_HasPages", self._crawler.spider), "most_pages", _USUAL_PAGES)


def _rank(request: Request) -> int:
    entry: Any = request.meta.get("entry")
    return _RANKS[entry.occasion if entry else Occasion.NEWS] + request.priority


def _is_backfill(rank: int) -> bool:
    return rank < _STEP
