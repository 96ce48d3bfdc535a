"""A home and a worker of a cluster in one process: each part by the product's own functions, its processor time counted apart."""

import pickle
import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.scale.cluster.pages import Pages, make_page
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.cluster.home.packing import MOST_DOMAINS, claim, pack
from crawler.flows.cluster.home.replay import Replay
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.notes import (
    ArticleNote,
    ConcludeNote,
    DoneNote,
    Note,
    ResultNote,
    SentPage,
)
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
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import Understood, understand_page
from crawler.flows.process.parse_pool.watches import WatchSet, put_in_force
from crawler.flows.process.rules import load_rules
from crawler.model.article import Article
from crawler.model.cluster.bundle import Bundle
from crawler.model.source import Endpoint, FeedEntry, FetchResult
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from scheduler.due.planning import plan_finished_visits

# as the gathering of a worker's notes has it
_MESSAGE_BYTES = 256_000
# entries of a feed, of which one is new
_LISTED = 20


class Clock:
    """Adds up the processor time of this thread, and counts what it was spent on."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.count = 0

    def __enter__(self) -> None:
        self._began = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.thread_time() - self._began

    @property
    def each(self) -> float:
        """Milliseconds of one."""
        return self.seconds * 1000 / self.count


@dataclass(frozen=True, slots=True)
class Clocks:
    """Processor time of articles, of visits that announce one each, and of visits that find nothing new."""

    worker_article: Clock = field(default_factory=Clock)
    home_article: Clock = field(default_factory=Clock)
    home_announcing: Clock = field(default_factory=Clock)
    home_visit: Clock = field(default_factory=Clock)
    worker_visit: Clock = field(default_factory=Clock)
    planning: Clock = field(default_factory=Clock)


# what came of the pages of a round, by the article's address
Understandings = Mapping[str, tuple[bytes, Understood]]


class Home:
    """A home and a worker on one database.

    sent_bytes  that went through PostgreSQL with articles
    """

    def __init__(self, file: Path) -> None:
        self.config = load_config(file, environ={})
        self.database = open_for_writing(self.config.store.path)
        migrate(self.database)
        apply_config(self.database, self.config, now=utc_now())
        self.rules = load_rules(self.database, self.config)
        self.key = key_of(write_rules(make_worker_rules(self.rules, ())))
        put_in_force(pickle.dumps(WatchSet(watches_version(self.key), self.rules.index.list_watches())))  # fmt: skip
        self.clocks = Clocks()
        self.sent_bytes = 0
        self._numbers: dict[int, int] = {}
        self._feeds = Feeds(self.database, len(self.config.sources))
        make_due(self.database)

    def begin(self) -> None:
        """Count from here on."""
        self.clocks, self.sent_bytes = Clocks(), 0

    def take_articles(self, pages: Pages, articles: Mapping[str, list[Article]]) -> Understandings:
        """Have each source announce its articles, and take these the whole way; return what a worker understood."""
        clocks, found = self.clocks, dict[str, tuple[bytes, Understood]]()
        for bundle in self._hand_out(clocks.home_announcing):
            self._replay(bundle, self._announce(bundle, articles), clocks.home_announcing)
        clocks.home_announcing.count += sum(map(len, articles.values()))
        known = {one.url: one for each in articles.values() for one in each}
        for bundle in self._pack(clocks.home_announcing):
            written = []
            for note, body in self._understand(bundle, pages, known):
                whole = replace(note.understood, packed=note.sent.packed)
                found[note.sent.page.url] = body, whole
                with clocks.worker_article:
                    written.append(write_note(note))
            clocks.home_article.count += len(written)
            clocks.worker_article.count += len(written)
            written += _finish(bundle)
            for message in self._gather(written):
                self.sent_bytes += len(message)
                self._replay(bundle, message, clocks.home_article)
        self.plan()
        return found

    def take_visits(self) -> None:
        """Have each source say that nothing is new."""
        home, worker = self.clocks.home_visit, self.clocks.worker_visit
        for bundle in self._hand_out(home):
            with worker:
                notes: list[Note] = []
                for task in (one for tasks in bundle.domains for one in tasks.sources):
                    endpoint = replace(task.source.endpoints[0], seen_keys=b"")
                    same = FetchResult(endpoint=endpoint, http_status=304, is_unchanged=True)
                    notes.append(ConcludeNote(at=utc_now(), visit_id=task.visit.id, results=(same,), unwritten=(same,)))  # fmt: skip
                message = join_notes([*map(write_note, notes), *_finish(bundle)])
            self._replay(bundle, message, home)
            home.count += len(notes)
            worker.count += len(notes)
        self.plan()

    def _hand_out(self, clock: Clock) -> tuple[Bundle, ...]:
        """Hand out all sources, and return them as workers read them."""
        with clock:
            claim(self.database, self.rules, now=utc_now(), limit=len(self.config.sources))
        return self._pack(clock)

    def _pack(self, clock: Clock) -> tuple[Bundle, ...]:
        places = -(-len(self.config.sources) // MOST_DOMAINS)
        with clock:
            packed = pack(self.database, self.rules, key=self.key, now=utc_now(), places=places)
            written = [write_bundle(one) for one in packed]
        return tuple(map(read_bundle, written))

    def _announce(self, bundle: Bundle, articles: Mapping[str, list[Article]]) -> bytes:
        """Return what a worker says of the sources of a bundle."""
        notes: list[Note] = []
        for task in (one for tasks in bundle.domains for one in tasks.sources):
            now = utc_now()
            result = self._feeds.read(task.source.name, task.source.endpoints[0], articles)
            brief = replace(result, entries=())
            notes.append(ResultNote(at=now, visit_id=task.visit.id, result=result))
            notes.append(ConcludeNote(at=now, visit_id=task.visit.id, results=(brief,)))
        return join_notes([*map(write_note, notes), *_finish(bundle)])

    def _understand(
        self, bundle: Bundle, pages: Pages, articles: Mapping[str, Article]
    ) -> Iterator[tuple[ArticleNote, bytes]]:
        """Yield what a worker says of the pages of a bundle, each with the page."""
        for task in (one for tasks in bundle.domains for one in tasks.pages):
            for entry in task.entries:
                body = pages.make_body(articles[entry.url])
                page = make_page(body, entry, task.source, visit_id=task.visit.id, now=utc_now())
                with self.clocks.worker_article:
                    understood = understand_page(page, source=task.source.name, scopes=task.source.scopes, is_kept=True)  # fmt: skip
                    sent = SentPage(page=replace(page, body=b""), packed=understood.packed)
                    note = ArticleNote(at=utc_now(), sent=sent, understood=replace(understood, packed=b""))  # fmt: skip
                yield note, body

    def _gather(self, written: Iterable[bytes]) -> Iterator[bytes]:
        """Yield notes as messages of the usual size."""
        waiting, size = list[bytes](), 0
        for one in written:
            if waiting and size + len(one) > _MESSAGE_BYTES:
                yield self._join(waiting)
                waiting, size = [], 0
            waiting.append(one)
            size += len(one)
        yield self._join(waiting)

    def _join(self, written: Sequence[bytes]) -> bytes:
        with self.clocks.worker_article:
            return join_notes(written)

    def _replay(self, bundle: Bundle, message: bytes, clock: Clock) -> None:
        """Replay a message as the home does when it comes."""
        number = self._numbers[bundle.id] = self._numbers.get(bundle.id, 0) + 1
        with clock:
            replay = Replay(Replaying(self.rules, key=self.key, now=utc_now()))
            replay.run(self.database, bundle.id, number, read_notes(message))

    def plan(self) -> None:
        """Plan the next visits as the daemon does, and then make them due at once."""
        clock = self.clocks.planning
        with clock:
            clock.count += plan_finished_visits(self.database, self.config, now=utc_now())
        make_due(self.database)


class Feeds:
    """What the feed of each source lists: new entries before the last ones."""

    def __init__(self, database: sqlite3.Connection, sources: int) -> None:
        self._lists: dict[str, deque[FeedEntry]] = {}
        rows = database.execute(
            """SELECT sources.name, entries.url, entries.title FROM entries JOIN sources ON sources.id = entries.source_id
               ORDER BY entries.id DESC LIMIT ?""",
            [sources * _LISTED * 4],
        ).fetchall()
        for name, url, title in rows:
            self._list(name).append(FeedEntry(url=url, title=title))

    def read(
        self, source: str, endpoint: Endpoint, articles: Mapping[str, list[Article]]
    ) -> FetchResult:
        """Return what a source's feed says when these articles are new."""
        # feeds state seconds; what is stored is shorter than microseconds, and every entry would have changed
        listed, now = self._list(source), utc_now().replace(microsecond=0)
        new = articles.get(source, [])
        listed.extendleft(FeedEntry(url=one.url, title=one.headline, stated_at=now) for one in new)
        return FetchResult(endpoint=endpoint, http_status=200, etag=f'"{now}"', entries=tuple(listed))  # fmt: skip

    def _list(self, source: str) -> deque[FeedEntry]:
        return self._lists.setdefault(source, deque(maxlen=_LISTED))


def make_due(database: sqlite3.Connection) -> None:
    """Make all sources due."""
    database.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z'")


def _finish(bundle: Bundle) -> list[bytes]:
    """Return the notes that end a bundle, as they are sent."""
    return [write_note(DoneNote(at=utc_now(), pace=one.pace)) for one in bundle.domains]
