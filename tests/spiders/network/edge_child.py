"""A crawler with our settings, in a process of its own: it runs one scenario and prints the result as JSON.

robots.txt and politeness need our services and are left out; handler, resolver, guard, byte budget and reasons are real.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.errors import WatchwordError
from crawler.flows.process.private_hosts import allow_private_hosts
from crawler.middlewares.download.byte_budget import ByteBudget, budget_of
from crawler.middlewares.download.download_handler import _ShortLivedPool
from crawler.middlewares.network.resolver import GuardedResolver
from crawler.model.source import Source, SourceKind
from crawler.settings import worker_settings

HOST = "news.example"
MB = 1_000_000


class Scene:
    """The tools of a scenario: a table of names, a clock, and a way to send requests."""

    def __init__(self, crawler: Any, port: int) -> None:
        self.crawler = crawler
        self.port = port
        self.names: dict[str, list[str]] = {}
        self.looked_up: list[str] = []
        self.now = 1000.0
        GuardedResolver.look_up = staticmethod(self._look_up)
        GuardedResolver.clock = _ShortLivedPool.clock = staticmethod(lambda: self.now)

    def _look_up(self, name: str, *_: object, **__: object) -> list[tuple[Any, ...]]:
        self.looked_up.append(name)
        if name not in self.names:
            raise OSError("no such host")
        return [(0, 0, 0, "", (address, 0)) for address in self.names[name]]

    def url(self, path: str = "/", host: str = HOST, scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def fetch(self, url: str, *, allow_private: bool = True) -> Response:
        source = Source(id=1, name="x", url=url, kind=SourceKind.FEED, allow_private=allow_private)
        request = Request(url, dont_filter=True, meta={"source": source})
        answer: Response = await self.crawler.engine.download_async(request)
        return answer

    async def ask(self, url: str, *, allow_private: bool = True) -> str:
        """Return the text of a page, or why it could not be fetched."""
        try:
            answer = await self.fetch(url, allow_private=allow_private)
        except WatchwordError as error:
            return f"{type(error).__name__}: {error}"
        return answer.body[:80].decode()


async def moved(scene: Scene) -> object:
    """The site moves, and its old address refuses connections."""
    scene.names[HOST] = ["127.0.0.3"]
    before = await scene.ask(scene.url())
    scene.names[HOST] = ["127.0.0.2"]
    return [before, await scene.ask(scene.url()), scene.looked_up]


async def moved_quietly(scene: Scene) -> object:
    """The site moves, and the old address continues to answer over a kept connection."""
    scene.names[HOST] = ["127.0.0.1"]
    answers = [await scene.ask(scene.url())]
    scene.names[HOST] = ["127.0.0.2"]
    answers.append(await scene.ask(scene.url()))
    scene.now += 299
    answers.append(await scene.ask(scene.url()))
    return answers


async def both_families(scene: Scene) -> object:
    """The name has an address that refuses connections and one that answers, in either order."""
    answers = []
    for number, addresses in enumerate((["::1", "127.0.0.1"], ["127.0.0.1", "::1"])):
        scene.names[f"s{number}.example"] = addresses
        answers.append(await scene.ask(scene.url(host=f"s{number}.example")))
    return answers


async def refused(scene: Scene) -> object:
    """Request private addresses, as names and literals, for a source that may not use them."""
    scene.names["inside.example"] = ["10.0.0.1", "fd00::1"]
    scene.names["both.example"] = ["127.0.0.1", "::ffff:127.0.0.1", "0100::1"]
    hosts = ["inside.example", "both.example", "[::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost.", "nobody.example"]  # fmt: skip
    return [await scene.ask(scene.url(host=host), allow_private=False) for host in hosts]


async def ask_all(scene: Scene) -> object:
    """Request /0 to /3 at the same time; return the answers and the memory that took, in MB."""
    scene.names[HOST] = ["127.0.0.1"]
    await scene.ask(scene.url("/warm"))
    before = _resident_mb()
    answers = await asyncio.gather(*(scene.ask(scene.url(f"/{number}")) for number in range(4)))
    return {"answers": answers, "grown_mb": _resident_mb() - before}


async def ask_safely(scene: Scene) -> object:
    """Ask over TLS."""
    scene.names[HOST] = ["127.0.0.1"]
    return await scene.ask(scene.url(scheme="https"))


async def ask_much(scene: Scene) -> object:
    """Request 24 answers at the same time, and hold each for a while; return the highest count of bytes."""
    scene.names.update((f"s{number}.example", ["127.0.0.1"]) for number in range(24))
    budget = budget_of(scene.crawler)
    most = _watch(budget)

    async def hold(number: int) -> int:
        answer = await scene.fetch(scene.url("/big", host=f"s{number}.example"))
        await asyncio.sleep(0.01)
        return len(answer.body)

    sizes = await asyncio.gather(*(hold(number) for number in range(24)))
    for _ in range(10):
        await asyncio.sleep(0)
    return {"sizes": sizes, "most": max(most), "left": budget.held_bytes}


def _watch(budget: ByteBudget) -> list[int]:
    seen: list[int] = []
    take = budget.take

    def watched(ticket: Any, count: int) -> None:
        take(ticket, count)
        seen.append(budget.held_bytes)

    budget.take = watched  # type: ignore[method-assign]  # looked at, not changed
    return seen


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


SCENARIOS: dict[str, Callable[[Scene], Awaitable[object]]] = {
    scenario.__name__: scenario
    for scenario in (moved, moved_quietly, both_families, refused, ask_all, ask_safely, ask_much)
}


class EdgeSpider(scrapy.Spider):
    """Runs the scenario named on the command line."""

    name = "edge"

    async def start(self) -> AsyncIterator[Request]:
        """Run it; Scrapy requires a generator."""
        scene = Scene(self.crawler, int(sys.argv[2]))
        sys.stdout.write(json.dumps(await SCENARIOS[sys.argv[1]](scene)))
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request


def main() -> None:
    hosts = [HOST, *(f"s{number}.example" for number in range(24)), "[::1]", "127.0.0.1"]
    fetch = {"timeout": "20s", "max_size": "1MB", "in_flight": "2MB"}
    sources = tuple(
        SourceSettings(
            name=f"n{number}", url=f"http://{host}/", allow_private=sys.argv[1] != "refused"
        )
        for number, host in enumerate(hosts)
    )
    config = Config.model_validate({"fetch": fetch, "sources": sources})
    allow_private_hosts(config)
    settings = worker_settings(config)
    middlewares = settings["DOWNLOADER_MIDDLEWARES"]
    assert isinstance(middlewares, dict)
    needy = ("robots.RobotsGate", "politeness.Politeness")
    settings["DOWNLOADER_MIDDLEWARES"] = {
        name: None if name.endswith(needy) else place for name, place in middlewares.items()
    }
    settings["CONCURRENT_REQUESTS_PER_DOMAIN"] = 8
    settings["DOWNLOAD_DELAY"] = 0
    process = AsyncCrawlerProcess(settings)
    process.crawl(process.create_crawler(EdgeSpider))
    process.start(install_signal_handlers=False)


if __name__ == "__main__":
    main()
