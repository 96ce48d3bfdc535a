"""Where each part of a cluster ends: what an article and a visit cost home and workers, and what a million sources would need.

    python -m bench.scale.cluster [--articles 400] [--watches 1000] [--before 2000]

Articles of 150 kB pages go from page to database in one process: understood and written down as a worker does, then read and replayed as
the home does, by the product's own functions, into a file that holds ``--before`` articles already. Visits that find nothing new are
handed out and replayed in bundles of 16. Processor time of a thread, by part. The second table multiplies: each part at 60 % load, six visits an
article (Media Cloud's 180,000 feeds), pages as real ones are.
What PostgreSQL costs is measured by ``bench.cluster.queue``.
"""

import argparse
import pickle
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from pathlib import Path

from bench.dedup.__main__ import OPEN
from bench.growth.archive.settings import choose_queries, write_watches
from bench.growth.archive.texts import Press, read_bodies
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.cluster.home.home import make_worker_rules
from crawler.flows.cluster.home.packing import claim, pack
from crawler.flows.cluster.home.replay import Replay
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import ArticleNote, ConcludeNote, ResultNote, SentPage
from crawler.flows.cluster.wire import (
    join_notes,
    key_of,
    read_bundle,
    read_notes,
    watches_version,
    write_bundle,
    write_note,
    write_rules,
)
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import understand_page
from crawler.flows.process.parse_pool.watches import WatchSet, put_in_force
from crawler.flows.process.rules import load_rules
from crawler.model.article import Page
from crawler.model.cluster.bundle import Bundle, PagesTask
from crawler.model.source import Endpoint, EndpointKind, FeedEntry, FetchResult
from crawler.model.visit import WaitingEntry
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate

_SOURCES = 64
_A_NOTE = 20  # articles in one message: 256 KB deflated
_MARKUP = "<div class='c'><a class='l' href='/section'>A menu entry</a></div>\n" * 2200
# mean of kept pages of real papers, as they are stored (2026-11-25); the markup made here packs better
_REAL_PAGE_BYTES = 36_000
_DAY = 86_400
_LOAD = 0.6
# of Media Cloud (180,000 feeds): visits for each article
_VISITS_AN_ARTICLE = 6
_WORLDS = ((50_000, 500_000), (200_000, 1_500_000), (400_000, 5_000_000), (1_000_000, 50_000_000))


@dataclass(slots=True)
class Costs:
    """Processor milliseconds and bytes, of an article or of a visit that found nothing new."""

    worker_article: float = 0.0
    home_article: float = 0.0
    home_visit: float = 0.0
    worker_visit: float = 0.0
    sent_bytes: float = 0.0
    text_bytes: float = 0.0
    page_bytes: float = 0.0


class _Clock:
    """Adds up the processor time of this thread."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._began = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.thread_time() - self._began


def _write_config(folder: Path, watches: int) -> Path:
    bodies = [body for texts in read_bodies(OPEN).values() for body in texts]
    sources = "".join(
        f'[[source]]\nname = "s{n}"\nurl = "http://n{n}.example/feed"\nkind = "feed"\nbackfill = "9d"\n'
        for n in range(_SOURCES)
    )
    text = f'[store]\npath = "{folder}/watchword.db"\n{sources}{write_watches(choose_queries(bodies, watches))}'
    path = folder / "watchword.toml"
    path.write_text(text, encoding="utf-8")
    return path


class Bench:
    """A home and a worker in one process."""

    def __init__(self, folder: Path, *, watches: int) -> None:
        self.config = load_config(_write_config(folder, watches), environ={})
        self.database = open_for_writing(self.config.store.path)
        migrate(self.database)
        apply_config(self.database, self.config, now=utc_now())
        self.rules = load_rules(self.database, self.config)
        body = write_rules(make_worker_rules(self.rules, ()))
        self.key = key_of(body)
        put_in_force(pickle.dumps(WatchSet(watches_version(self.key), self.rules.index.list_watches())))  # fmt: skip
        self.press = Press(OPEN, most_words=600)
        self._made = 0
        self._numbers: dict[int, int] = {}

    def hand_out(self) -> tuple[Bundle, ...]:
        """Make every source due, hand it out, and return the bundles as workers read them."""
        self.database.execute("UPDATE marks SET value = (SELECT coalesce(max(finish_no), 0) FROM visits) WHERE name = 'visits'")  # fmt: skip
        self.database.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z'")
        claim(self.database, self.rules, now=utc_now(), limit=_SOURCES)
        return self.pack()

    def pack(self) -> tuple[Bundle, ...]:
        """Return what waits, as bundles of sixteen domains."""
        packed = pack(self.database, self.rules, key=self.key, now=utc_now(), places=_SOURCES // 16)
        return tuple(read_bundle(write_bundle(one)) for one in packed)

    def replay(self, bundle_id: int, body: bytes) -> None:
        """Replay a message."""
        number = self._numbers[bundle_id] = self._numbers.get(bundle_id, 0) + 1
        replay = Replay(Replaying(self.rules, key=self.key, now=utc_now()))
        replay.run(self.database, bundle_id, number, read_notes(body))

    def announce(self, each: int) -> tuple[Bundle, ...]:
        """Have every source announce some articles, and return the bundles with their pages."""
        for bundle in self.hand_out():
            for tasks in bundle.domains:
                for task in tasks.sources:
                    now, numbers = utc_now(), range(self._made, self._made + each)
                    self._made += each
                    links = [f"http://n{task.source.name[1:]}.example/{n}" for n in numbers]
                    entries = tuple(FeedEntry(url=link, title="", stated_at=now) for link in links)
                    endpoint = Endpoint(id=0, kind=EndpointKind.FEED, url=task.source.url)
                    result = FetchResult(endpoint=endpoint, http_status=200, entries=entries)
                    notes = (
                        ResultNote(at=now, visit_id=task.visit.id, result=result),
                        ConcludeNote(at=now, visit_id=task.visit.id, results=(result,)),
                    )
                    self.replay(bundle.id, join_notes([write_note(one) for one in notes]))
        return self.pack()

    def pages(self, bundles: Sequence[Bundle]) -> Iterator[tuple[int, PagesTask, WaitingEntry]]:
        """Yield the pages of bundles, each with the bundle's id."""
        for bundle in bundles:
            for tasks in bundle.domains:
                for task in tasks.pages:
                    for entry in task.entries:
                        yield bundle.id, task, entry

    def make_page(self, task: PagesTask, entry: WaitingEntry, now: datetime) -> Page:
        """Return the page of an entry: an invented article amid 150 kB of markup."""
        number = int(entry.url.rpartition("/")[2])
        (made,) = self.press.make(number, 1, source_of=lambda _: ("s", "h"))
        paragraphs = "".join(f"<p>{escape(one)}</p>\n" for one in made.article.body.split("\n\n"))
        title, language = escape(made.article.headline), made.article.language
        body = (
            f"<!doctype html><html lang='{language}'><head><title>{title}</title></head><body><nav>{_MARKUP}</nav>"
            f"<article><h1>{title}</h1>\n{paragraphs}</article></body></html>"
        )
        return Page(url=entry.url, requested_url=entry.url, body=body.encode(), content_type="text/html", fetched_at=now, visit_id=task.visit.id, source_id=task.source.id, entry_id=entry.id, settings=task.source.page_settings)  # fmt: skip


def measure_articles(bench: Bench, count: int, *, costs: Costs | None) -> None:
    """Take articles the whole way; ``costs`` gets what they cost, None to fill the file only."""
    worker, home, sent_bytes, done = _Clock(), _Clock(), 0, 0
    while done < count:
        waiting: dict[int, list[bytes]] = {}
        for bundle_id, task, entry in bench.pages(bench.announce(4)):
            page = bench.make_page(task, entry, utc_now())
            with worker:
                understood = understand_page(page, source=task.source.name, scopes=task.source.scopes, is_kept=True)  # fmt: skip
                sent = SentPage(page=replace(page, body=b""), packed=understood.packed)
                note = ArticleNote(at=utc_now(), sent=sent, understood=replace(understood, packed=b""))  # fmt: skip
                waiting.setdefault(bundle_id, []).append(write_note(note))
            done += 1
        for bundle_id, written in waiting.items():
            for at in range(0, len(written), _A_NOTE):
                with worker:
                    body = join_notes(written[at : at + _A_NOTE])
                sent_bytes += len(body)
                with home:
                    bench.replay(bundle_id, body)
    if costs is not None:
        costs.worker_article = worker.seconds * 1000 / done
        costs.home_article = home.seconds * 1000 / done
        costs.sent_bytes = sent_bytes / done


def measure_visits(bench: Bench, rounds: int, costs: Costs) -> None:
    """Hand out and replay visits that find nothing new."""
    home, worker, visits = _Clock(), _Clock(), 0
    for _ in range(rounds):
        with home:
            bundles = bench.hand_out()
        for bundle in bundles:
            with worker:
                notes = []
                for task in (one for tasks in bundle.domains for one in tasks.sources):
                    endpoint = replace(task.source.endpoints[0], seen_keys=b"")
                    same = FetchResult(endpoint=endpoint, http_status=304, is_unchanged=True)
                    notes.append(write_note(ConcludeNote(at=utc_now(), visit_id=task.visit.id, results=(same,), unwritten=(same,))))  # fmt: skip
                body = join_notes(notes)
            with home:
                bench.replay(bundle.id, body)
            visits += len(notes)
        for bundle in bench.pack():  # pages that were left over: not counted here
            bench.replay(bundle.id, join_notes([]))
    costs.home_visit = home.seconds * 1000 / visits
    costs.worker_visit = worker.seconds * 1000 / visits


def measure_disk(bench: Bench, costs: Costs) -> None:
    """Note what an article takes in the file: kept pages, and all else."""
    ask = bench.database.execute
    articles = ask("SELECT count(*) FROM articles").fetchone()[0]
    whole = ask("PRAGMA page_count").fetchone()[0] * ask("PRAGMA page_size").fetchone()[0]
    pages = ask("SELECT coalesce(sum(length(body)), 0) FROM pages").fetchone()[0]
    costs.page_bytes, costs.text_bytes = pages / articles, (whole - pages) / articles


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--watches", type=int, default=1_000)
    parser.add_argument("--before", type=int, default=2_000)
    options = parser.parse_args(arguments)
    costs = Costs()
    with tempfile.TemporaryDirectory(prefix="watchword-scale-") as name:
        bench = Bench(Path(name), watches=options.watches)
        with closing(bench.database):
            measure_articles(bench, options.before, costs=None)
            measure_articles(bench, options.articles, costs=costs)
            measure_visits(bench, 20, costs)
            measure_disk(bench, costs)
    show(costs)


def show(costs: Costs) -> None:
    """Print what one costs, and what many need."""
    print("| | worker, ms | home, ms | sent, kB | text and index, kB | page, kB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| article | {costs.worker_article:.1f} | {costs.home_article:.1f} | {costs.sent_bytes / 1000:.1f} "
        f"| {costs.text_bytes / 1000:.1f} | {costs.page_bytes / 1000:.1f} |"
    )
    print(f"| visit without news | {costs.worker_visit:.2f} | {costs.home_visit:.2f} | | | |\n")
    print("| sources | articles a day | a second | homes (cores at 60 %) | worker cores at 60 % | through PostgreSQL, MB/s | text a day, GB | pages a day, GB |")  # fmt: skip
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    home = costs.home_article + _VISITS_AN_ARTICLE * costs.home_visit
    worker = costs.worker_article + _VISITS_AN_ARTICLE * costs.worker_visit
    for sources, articles in _WORLDS:
        rate = articles / _DAY
        print(
            f"| {sources:,} | {articles:,} | {rate:.1f} | {rate * home / 1000 / _LOAD:.1f} | {rate * worker / 1000 / _LOAD:.1f} "
            f"| {rate * costs.sent_bytes / 1e6:.2f} | {articles * costs.text_bytes / 1e9:.0f} | {articles * _REAL_PAGE_BYTES / 1e9:.0f} |"
        )


if __name__ == "__main__":
    main()
