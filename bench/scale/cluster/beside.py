"""The home beside two others on the same texts: storing without a cluster, and the commit before anything was done elsewhere."""

import asyncio
import gc
import pickle
import shutil
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.cluster.queue import VISITS, measure_cost
from bench.dedup.__main__ import OPEN
from bench.growth.archive.filled import fill_archive
from bench.growth.archive.settings import write_config
from bench.growth.archive.texts import Press, read_bodies
from bench.matching.watches import WatchMaker
from bench.scale.cluster.home import Clock, Feeds, Home, Understandings
from bench.scale.cluster.pages import A_ROUND, MOST_WORDS, Pages, make_page
from bench.scale.cluster.peer import Peer, fill_peer
from crawler.clock import utc_now
from crawler.flows.crawl.visit import claim_visits, conclude_visit, end_visit, keep_result
from crawler.flows.news.ingest import keep_article
from crawler.model.article import Article
from crawler.model.visit import VisitOutcome
from tests.servers.postgres_server import PostgresServer

# of Media Cloud (180,000 feeds): visits for each article
VISITS_AN_ARTICLE = 6
_BUNDLES = 100
_SAID_SHARE = 3
_MESSAGE_BYTES, _BUNDLE_BYTES, _BRIEF_BYTES = 256_000, 24_000, 300
EARLIER, ALONE, HOME = "f6b1981, all where it is stored", "without a cluster", "home of a cluster"


@dataclass(slots=True)
class Column:
    """One of the three: milliseconds an article of each round, and what its articles met."""

    rounds: list[float] = field(default_factory=list)
    matches: int = 0
    alerts: int = 0


class Alone:
    """The database of a crawl process without a cluster, on a file of its own."""

    def __init__(self, file: Path) -> None:
        # the same rules as the home's, by its own connection
        self._home = Home(file)
        self.database = self._home.database
        self._feeds = Feeds(self.database, len(self._home.config.sources))

    def take_articles(
        self, understood: Understandings, articles: Mapping[str, list[Article]]
    ) -> float:
        """Visit all sources, and return the seconds that storing their articles took on the database's thread."""
        database, rules, clock = self.database, self._home.rules, Clock()
        for visit, source in claim_visits(database, rules, now=utc_now(), limit=len(articles)):
            result = self._feeds.read(source.name, source.endpoints[0], articles)
            keep_result(database, visit, source, result, now=utc_now())
            waiting = conclude_visit(database, visit, source, (result,), unwritten=(), now=utc_now())  # fmt: skip
            for entry in waiting:
                body, found = understood[entry.url]
                reading = found.reading and replace(found.reading, version=rules.version)
                sent = pickle.dumps(replace(found, reading=reading))
                page = make_page(body, entry, source, visit_id=visit.id, now=utc_now())
                with clock:
                    keep_article(database, page, pickle.loads(sent), source=source, rules=rules, now=utc_now())  # fmt: skip
                clock.count += 1
            end_visit(database, visit, outcome=VisitOutcome.OK, now=utc_now())
        self._home.plan()
        if clock.count != sum(map(len, articles.values())):
            raise SystemExit(f"{clock.count} articles came without a cluster, not one of each source")  # fmt: skip
        return clock.seconds


def compare(
    folder: Path, keep: Path, checkout: Path, *, articles: int, watches: int, before: int
) -> None:
    """Fill three files, take the same articles into each in turns, and print tables."""
    bodies = [body for texts in read_bodies(OPEN).values() for body in texts]
    queries = choose_rare_queries(bodies, watches)
    archive = fill_archive(keep / f"watches-{watches}", before, OPEN, queries=queries)
    earlier = fill_peer(checkout, keep / f"watches-{watches}" / f"peer-{before}", before, OPEN, queries)  # fmt: skip
    files = [_copy(one, folder / name, queries) for one, name in ((earlier.parent, "earlier"), (archive.folder, "alone"), (archive.folder, "home"))]  # fmt: skip
    pages = Pages(Press(OPEN, most_words=MOST_WORDS), A_ROUND + articles)
    with ExitStack() as stack:
        peer = stack.enter_context(Peer(checkout, files[0]))
        peer.ask("begin")
        alone, home = Alone(files[1]), Home(files[2])
        for database in (alone.database, home.database):
            stack.enter_context(closing(database))
        rounds = _Rounds(pages, peer, alone, home)
        gc.collect()
        gc.freeze()
        rounds.take(0)
        rounds.forget()
        for number in range(-(-articles // A_ROUND)):
            rounds.take(number)
        for _ in range(10):
            home.take_visits()
        show_columns(rounds.columns)
        show_home(home)


def choose_rare_queries(bodies: Sequence[str], count: int) -> tuple[str, ...]:
    """Return watches of which one article in five meets one: two of three are of names that nobody says.

    Those of ``WatchMaker`` alone met more than one each of the articles made here, which are of the same words.
    """
    said = [query for query, _ in WatchMaker(bodies).make_queries(count // _SAID_SHARE)]
    return (*said, *(f"Zq{number:x}wk" for number in range(count - len(said))))


def _copy(folder: Path, into: Path, queries: tuple[str, ...]) -> Path:
    """Copy a filled file, which is used again, and return the configuration of the copy."""
    into.mkdir()
    shutil.copy(folder / "watchword.db", into)
    return write_config(into, queries=queries)


class _Rounds:
    """Takes an article of each source into each of the three; who is first changes."""

    def __init__(self, pages: Pages, peer: Peer, alone: Alone, home: Home) -> None:
        self._pages, self._peer, self._alone, self._home = pages, peer, alone, home
        self.forget()

    def forget(self) -> None:
        """Count from here on."""
        self.columns = {EARLIER: Column(), ALONE: Column(), HOME: Column()}
        self._home.begin()

    def take(self, number: int) -> None:
        """Take a round of articles."""
        articles = self._pages.make_articles(A_ROUND)
        self._take_home(articles)
        others = [self._take_earlier, self._take_alone]
        for take in others if number % 2 else reversed(others):
            take(articles)

    def _take_home(self, articles: Mapping[str, list[Article]]) -> None:
        clock = self._home.clocks.home_article
        before, count = clock.seconds, clock.count
        with _Counting(self._home.database, self.columns[HOME]):
            self._understood = self._home.take_articles(self._pages, articles)
        if clock.count - count != A_ROUND:
            raise SystemExit(f"{clock.count - count} articles came home, not one of each source")
        self.columns[HOME].rounds.append((clock.seconds - before) * 1000 / A_ROUND)

    def _take_alone(self, articles: Mapping[str, list[Article]]) -> None:
        with _Counting(self._alone.database, self.columns[ALONE]):
            seconds = self._alone.take_articles(self._understood, articles)
        self.columns[ALONE].rounds.append(seconds * 1000 / A_ROUND)

    def _take_earlier(self, articles: Mapping[str, list[Article]]) -> None:
        column = self.columns[EARLIER]
        # as this commit reads the page, so that the texts are the same
        read = [understood.article for _, understood in self._understood.values()]
        seconds, matches, alerts = self._peer.keep(read, lambda one: self._understood[one.url][0])
        column.rounds.append(seconds * 1000 / A_ROUND)
        column.matches += matches
        column.alerts += alerts


class _Counting:
    """Adds the matches and alerts that come into a database meanwhile."""

    def __init__(self, database: sqlite3.Connection, column: Column) -> None:
        self._database, self._column = database, column

    def __enter__(self) -> None:
        self._before = self._count("matches"), self._count("alerts")

    def __exit__(self, *_: object) -> None:
        self._column.matches += self._count("matches") - self._before[0]
        self._column.alerts += self._count("alerts") - self._before[1]

    def _count(self, table: str) -> int:
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def show_columns(columns: Mapping[str, Column]) -> None:
    """Print what storing an article takes in each."""
    print("| storing an article | CPU, ms | rounds, ms | articles a CPU second | of f6b1981's | matches an article | alerts an article |")  # fmt: skip
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    first = columns[EARLIER].rounds
    for name, one in columns.items():
        each, count = statistics.median(one.rounds), len(one.rounds) * A_ROUND
        share = statistics.median(own / its for own, its in zip(one.rounds, first, strict=True))
        print(
            f"| {name} | {each:.2f} | {min(one.rounds):.2f} to {max(one.rounds):.2f} | {1000 / each:.0f} | {share:.0%} "
            f"| {one.matches / count:.2f} | {one.alerts / count:.2f} |"
        )
    print()


def show_home(home: Home) -> None:
    """Print what the home spends on an article with its visits, through a real PostgreSQL."""
    clocks = home.clocks
    sent_bytes = home.sent_bytes // clocks.home_article.count
    with_pages, without = _measure_queue(sent_bytes)
    others = VISITS_AN_ARTICLE - 1
    parts = {
        "storing it: notes read and replayed": clocks.home_article.each,
        "the visit that announces it: handed out, replayed, its page handed out": clocks.home_announcing.each,
        f"{others} visits without news: handed out and replayed": others * clocks.home_visit.each,
        f"planning the next {VISITS_AN_ARTICLE} visits": VISITS_AN_ARTICLE * clocks.planning.each,
        f"PostgreSQL, the home's side: {sent_bytes / 1000:.0f} kB with its page, and {VISITS_AN_ARTICLE} visits": with_pages + VISITS_AN_ARTICLE * without,
    }  # fmt: skip
    print("| home, for an article with six visits | CPU, ms |\n| --- | ---: |")
    for name, each in parts.items():
        print(f"| {name} | {each:.2f} |")
    whole = sum(parts.values())
    rate = 1000 / whole
    print(f"| all: {rate:.0f} articles with {VISITS_AN_ARTICLE * rate:.0f} visits a CPU second | {whole:.2f} |")  # fmt: skip


def _measure_queue(sent_bytes: int) -> tuple[float, float]:
    """Return the home's milliseconds of an article's message and of a visit without news, in bundles of 16."""
    messages = -(-sent_bytes * VISITS // _MESSAGE_BYTES)
    kinds = (
        ("articles", _BUNDLE_BYTES, sent_bytes, messages),
        ("visits", _BUNDLE_BYTES, _BRIEF_BYTES, 1),
    )
    server = PostgresServer()
    try:
        with server.database("bench_scale") as database:
            found = asyncio.run(measure_cost(server, database, _BUNDLES, kinds))
    finally:
        server.close()
    return found["articles"][0], found["visits"][0]
