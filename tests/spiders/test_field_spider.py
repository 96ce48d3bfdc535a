"""A worker whose requests may not leave any more, or whose visits are closed: no page of a bundle holds it up."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from scrapy import Request
from twisted.python.failure import Failure

from crawler.cluster.field_spider import FieldSpider
from crawler.errors import VisitOver
from crawler.flows.cluster.carrier import WorkerCarrier
from crawler.flows.cluster.field.services import FieldServices
from crawler.flows.cluster.wire import write_bundle, write_rules
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.model.cluster.bundle import Bundle
from tests.flows.cluster.test_handing_out import read_source, source
from tests.flows.cluster.through_the_wire import Wire, close_wires, make_wire, sources_of

_LIMIT_SECONDS = 20.0


class FakeCarrier:
    """Takes notes for the home, and always has the same rules, or has lost them."""

    def __init__(self, rules: bytes | None) -> None:
        self.rules = rules
        self.given: list[tuple[int, int, bytes]] = []

    async def give(self, bundle_id: int, number: int, body: bytes) -> None:
        self.given.append((bundle_id, number, body))

    async def get_rules(self, key: str) -> bytes:
        if self.rules is None:
            raise LookupError(f"rules {key} are not there any more")
        return self.rules

    def find_silence(self) -> float:
        return 0.0


class Field:
    """A worker with a home beside it, and no network: what becomes of a request is said by a test."""

    def __init__(self, folder: Path, **facts: object) -> None:
        self.wire: Wire = make_wire(folder, source("courier", "courier.example", **facts))
        rules = make_worker_rules(self.wire.rules, ())
        self.carrier = FakeCarrier(write_rules(rules))
        # a worker has no list of sources, and so none of their secrets unless it is given them
        config = self.wire.rules.config.model_copy(update={"sources": ()})
        self.services = FieldServices(config, name="w1", clock=self.wire.clock)
        self.spider = FieldSpider(
            services=self.services, carrier=cast("WorkerCarrier", self.carrier), places=1
        )
        self.failing: set[asyncio.Task[None]] = set()
        engine = SimpleNamespace(crawl=self._fail_soon)
        crawler: Any = SimpleNamespace(engine=engine, spider=self.spider)
        self.spider.crawler = crawler
        self.meet: Callable[[Request], None] = lambda _: None

    def _fail_soon(self, request: Request) -> None:
        self.failing.add(asyncio.ensure_future(self._fail(request)))

    async def _fail(self, request: Request) -> None:
        self.meet(request)
        error = VisitOver("no request may leave")
        await request.errback(Failure(error))  # type: ignore[misc,no-untyped-call]  # our own coroutine

    async def do(self, bundle: Bundle) -> None:
        """Do a bundle, and replay at home what was said of it."""
        doing = self.spider.do_bundle(bundle.id, write_bundle(bundle))
        await asyncio.wait_for(doing, _LIMIT_SECONDS)
        for sent in self.carrier.given:
            self.wire.replay(*sent)


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    own = Field(tmp_path)
    yield own
    await asyncio.to_thread(own.services.close)
    close_wires()


def close_visits(field: Field) -> Callable[[Request], None]:
    """Return what closes the visit of a request before it fails."""
    return lambda request: field.spider._close(request.meta["visit"])


@pytest.mark.parametrize("is_closed", [False, True])
async def test_pages_that_may_not_be_asked_for_go_back_with_their_domain(
    field: Field, *, is_closed: bool
) -> None:
    [first] = field.wire.hand_out()
    pages = [f"http://courier.example/{n}" for n in range(3)]
    await read_source(field.wire, first, sources_of([first])[0], *pages)
    [second] = field.wire.hand_out()
    if is_closed:
        field.meet = close_visits(field)

    await field.do(second)

    assert field.wire.rows("SELECT count(*) FROM bundles") == [(0,)]
    assert field.wire.rows("SELECT count(*) FROM tasks WHERE bundle_id IS NULL") == [(3,)]
    assert not field.spider.open_visits


async def test_pages_whose_secret_a_worker_lacks_wait_and_lose_no_try(tmp_path: Path) -> None:
    field = Field(tmp_path, headers={"X-Key": "geheim"})
    [first] = field.wire.hand_out()
    await read_source(field.wire, first, sources_of([first])[0], "http://courier.example/1")
    [second] = field.wire.hand_out()

    await field.do(second)
    await asyncio.to_thread(field.services.close)

    [(state, tries, reason)] = field.wire.rows("SELECT state, attempt_count, reason FROM entries")
    assert (state, tries) == ("waiting", 0)
    assert "headers" in str(reason)
    assert field.wire.rows("SELECT outcome FROM visits") == [("ok",)]


async def test_a_bundle_whose_rules_are_gone_is_given_up_and_kills_no_worker(field: Field) -> None:
    [bundle] = field.wire.hand_out()
    field.carrier.rules = None

    with pytest.raises(VisitOver, match="not there any more"):
        await field.do(bundle)
