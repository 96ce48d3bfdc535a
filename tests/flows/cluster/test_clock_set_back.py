"""The home's clock is set back while notes are on their way: what they say of moments to come is closer by as much."""

from datetime import timedelta
from pathlib import Path

from crawler.errors import HostThrottled
from crawler.flows.process.notebook import Unread
from crawler.model.site import Throttle
from crawler.storage.crawl.domains import list_throttles
from crawler.storage.file.database import to_instant
from tests.fakes import START
from tests.flows.cluster.test_handing_out import page_of, read_source, source
from tests.flows.cluster.through_the_wire import make_wire, pages_of, sources_of

_HOUR = timedelta(hours=1)


async def test_a_throttle_and_a_page_that_waits_for_it_last_no_hour_longer(tmp_path: Path) -> None:
    wire = make_wire(tmp_path, source("a", "x.example"))
    [bundle] = wire.hand_out()
    await read_source(wire, bundle, sources_of([bundle])[0], "http://x.example/1")
    [second] = wire.hand_out()
    (pages,) = pages_of([second])
    until = START + timedelta(minutes=5)

    async with wire.working_on(second) as notebook:
        throttle = Throttle(domain="x.example", until=until, reason="HTTP 429", refusal_count=1)
        await notebook.save_throttle(throttle)
        unread = Unread(page=page_of(pages, pages.entries[0]), source=pages.source)
        wait = HostThrottled("HTTP 429", until=until)
        await notebook.hold_page(pages.visit, unread, wait)
        wire.clock.advance(hours=-1)

    (kept,) = list_throttles(wire.database, now=wire.clock())
    [(next_try_at,)] = wire.rows("SELECT next_try_at FROM entries")
    assert kept.until == until - _HOUR
    assert to_instant(str(next_try_at)) == until - _HOUR
