"""The sources of a soak in one process: good ones that publish at their own pace, and hostile ones.

``python -m bench.soak.site.server --sources 60 --seed 1`` prints one JSON line, the list of its sources, and then obeys JSON
lines on its standard input, with one line of answer each: {"open": [names]} lets good sources begin to publish,
{"hold": true} ends publishing, {"published": true} returns what was published. Its end is the end of the server.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.soak.site import articles
from bench.soak.site import bodies as soak_bodies
from bench.soak.site.answers import FEED, PAGE, Asked, read_request, send, send_feed, send_missing
from bench.soak.site.hostile import HOSTILE, HostileSite, answer

# of 60 sources 19 are hostile, one of each kind
_HOSTILE_SHARE = 0.32
_TICK_SECONDS = 0.5
# the busiest outlet publishes each 15 s, the quietest each 2.5 minutes
_SHORTEST_PERIOD, _LONGEST_PERIOD = 15.0, 150.0
# from before the first visit: they must alert nobody
_OLD_ARTICLES = 5
_XML = "application/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of endpoint: its path, what it answers, and how the source is configured."""

    kind: str
    path: str
    content_type: str
    write: Callable[[str, list[articles.Article]], bytes]


RSS = Kind(kind="feed", path="/rss", content_type=FEED, write=articles.write_rss)
ATOM = Kind(
    kind="feed", path="/atom", content_type="application/atom+xml", write=articles.write_atom
)
JSON = Kind(
    kind="feed",
    path="/feed.json",
    content_type="application/feed+json",
    write=articles.write_json_feed,
)
SITEMAP = Kind(kind="sitemap", path="/news.xml", content_type=_XML, write=articles.write_sitemap)
SECTION = Kind(kind="section", path="/news", content_type=PAGE, write=articles.write_section)
WATCHED = Kind(kind="page", path="/ferries", content_type=PAGE, write=articles.write_watched_page)
HOME = Kind(kind="auto", path="/", content_type=PAGE, write=articles.write_home)
# of 41 good sources: about 14 RSS, 8 Atom, 5 JSON, 5 sitemaps, 5 sections, 3 watched pages, 2 home pages
_MIX = (RSS, ATOM, RSS, SECTION, JSON, RSS, SITEMAP, ATOM, RSS, SECTION, WATCHED, RSS, JSON, SITEMAP, ATOM, RSS, HOME)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source as the configuration names it."""

    name: str
    url: str
    kind: str
    hostile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published article, and the topics it mentions."""

    token: str
    source: str
    published_at: str
    topics: tuple[str, ...]


class Outlet:
    """A good source: it has old articles, and publishes new ones once it is opened."""

    def __init__(self, number: int, kind: Kind, url: str, *, seed: int) -> None:
        self.kind = kind
        self.url = url
        self.source = Source(name=f"good-{number}", url=f"{url}{kind.path}", kind=kind.kind)
        self._number, self._seed = number, seed
        self._rng = random.Random(f"{seed} {number}")
        # spread evenly on a logarithmic scale: few sources are busy, many are calm
        self._period = _SHORTEST_PERIOD * (_LONGEST_PERIOD / _SHORTEST_PERIOD) ** self._rng.random()
        self._articles: list[articles.Article] = []
        self._by_path: dict[str, articles.Article] = {}
        self._next_at: datetime | None = None
        self.published: list[Published] = []
        now = datetime.now(UTC)
        for place in range(_OLD_ARTICLES):
            self._add(now - timedelta(hours=_OLD_ARTICLES - place))

    def open(self) -> None:
        """Begin to publish. Only after the first visit, so that no new article counts as an old one."""
        self._next_at = self._next_at or datetime.now(UTC) + self._wait()

    def hold(self) -> None:
        """End publishing."""
        self._next_at = None

    def tick(self, now: datetime) -> None:
        """Publish what is due; on a watched page that is a change, not an article."""
        if self._next_at is None or now < self._next_at:
            return
        self._next_at = now + self._wait()
        article = self._add(now)
        if self.kind is not WATCHED:
            self.published.append(
                Published(
                    token=article.token,
                    source=self.source.name,
                    published_at=now.isoformat(),
                    topics=article.topics,
                )
            )

    def _wait(self) -> timedelta:
        return timedelta(seconds=self._period * self._rng.uniform(0.5, 1.5))

    def _add(self, at: datetime) -> articles.Article:
        article = articles.make_article(
            self._number, len(self._articles), seed=self._seed, published_at=at
        )
        self._articles.append(article)
        self._by_path[article.path] = article
        return article

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        article = self._by_path.get(asked.path)
        if article is not None:
            await send(writer, articles.write_page(article))
            return
        listed = self._articles[-articles.LISTED :][::-1]
        for kind in (self.kind, RSS):  # a home page links to its feed, so both paths are answered
            if asked.path == kind.path:
                body = kind.write(self.url, self._articles if kind is WATCHED else listed)
                await send_feed(writer, asked, body, kind.content_type)
                return
        await send_missing(writer)


Answer = Callable[[Asked, asyncio.StreamWriter], Any]


async def serve(host: str, choose: Callable[[str], Answer]) -> str:
    """Serve on a free port of a host and return the address; ``choose`` returns the handler for that address."""
    answers: list[Answer] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while not writer.is_closing() and (asked := await read_request(reader)) is not None:
                await answers[0](asked, writer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, host, 0, backlog=200)
    url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    answers.append(choose(url))
    return url


async def open_sources(count: int, seed: int) -> tuple[list[Outlet], list[Source]]:
    """Start all sources, each at its own loopback address and port, so that each has its own politeness budget."""
    outlets, hostile = list[Outlet](), list[Source]()
    hostile_count = round(count * _HOSTILE_SHARE)
    for number in range(count - hostile_count):
        kind = _MIX[number % len(_MIX)]

        def choose(url: str, number: int = number, kind: Kind = kind) -> Answer:
            outlets.append(Outlet(number, kind, url, seed=seed))
            return outlets[-1].answer

        await serve(f"127.77.1.{number + 1}", choose)
    for number in range(hostile_count):
        name = list(HOSTILE)[number % len(HOSTILE)]

        def choose_hostile(url: str, name: str = name) -> Answer:
            site = HostileSite(url)
            return lambda asked, writer: answer(name, site, asked, writer)

        url = await serve(f"127.77.2.{number + 1}", choose_hostile)
        stated = Source(name=f"hostile-{number}", url=f"{url}/rss", kind="feed", hostile=name)
        hostile.append(stated)
    return outlets, hostile


async def _publish(outlets: list[Outlet]) -> None:
    while True:
        now = datetime.now(UTC)
        for outlet in outlets:
            outlet.tick(now)
        await asyncio.sleep(_TICK_SECONDS)


def obey(line: bytes, outlets: list[Outlet]) -> dict[str, object]:
    """Carry out one line and return the answer."""
    order = json.loads(line)
    for outlet in outlets:
        if outlet.source.name in order.get("open", ()):
            outlet.open()
        if order.get("hold"):
            outlet.hold()
    if not order.get("published"):
        return {}
    return {"published": [asdict(one) for outlet in outlets for one in outlet.published]}


async def run(count: int, seed: int) -> None:
    """Serve until standard input ends."""
    soak_bodies.prepare()
    outlets, hostile = await open_sources(count, seed)
    print(json.dumps([asdict(one) for one in [*(o.source for o in outlets), *hostile]]), flush=True)
    publishing = asyncio.create_task(_publish(outlets))
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        print(json.dumps(obey(line, outlets)), flush=True)
    publishing.cancel()


def main() -> None:
    """Run the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    asyncio.run(run(args.sources, args.seed))


if __name__ == "__main__":
    main()
