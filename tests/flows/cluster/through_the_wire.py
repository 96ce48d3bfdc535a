"""A field notebook whose bundles come from a home and whose notes are replayed there, all in one test, over bytes."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from crawler.config.sections.sources import SourceSettings
from crawler.flows.cluster.field.gathering import Gathering
from crawler.flows.cluster.field.notebook import FieldNotebook
from crawler.flows.cluster.home.isolation import take_back
from crawler.flows.cluster.home.packing import claim, pack
from crawler.flows.cluster.home.replay import Replay, Replayed
from crawler.flows.cluster.home.replaying import Replaying
from crawler.flows.cluster.wire import key_of, read_bundle, read_notes, write_bundle, write_rules
from crawler.flows.cluster.worker_rules import make_worker_rules
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import Rules, load_rules
from crawler.model.cluster.bundle import Bundle, PagesTask, SourceTask
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START, FakeClock


class Wire:
    """Home and worker of one database, in step.

    sent  every message of notes that the worker gave, for tests that bring one again
    """

    def __init__(self, database: sqlite3.Connection, rules: Rules, clock: FakeClock) -> None:
        self.database = database
        self.rules = rules
        self.clock = clock
        self.notebook = FieldNotebook(clock, lambda: rules)
        self.key = key_of(write_rules(make_worker_rules(rules, ())))
        self.sent: list[tuple[int, int, bytes]] = []

    def hand_out(self, *, places: int = 1) -> tuple[Bundle, ...]:
        """Claim what is due and return the bundles as a worker reads them."""
        now = self.clock()
        claim(self.database, self.rules, now=now, limit=100)
        packed = pack(self.database, self.rules, key=self.key, now=now, places=places)
        return tuple(read_bundle(write_bundle(one)) for one in packed)

    @asynccontextmanager
    async def working_on(self, bundle: Bundle) -> AsyncIterator[FieldNotebook]:
        """Let a worker say something of a bundle; all of it has arrived at the end."""

        async def give(bundle_id: int, _number: int, body: bytes) -> None:
            # a worker has one notebook entry for a bundle; tests come back to it
            number = 1 + sum(one == bundle_id for one, _, _ in self.sent)
            self.sent.append((bundle_id, number, body))

        self.notebook.begin(bundle, Gathering(bundle.id, give))
        began = len(self.sent)
        yield self.notebook
        await self.notebook.finish(bundle.id)
        for sent in self.sent[began:]:
            self.replay(*sent)

    def replay(self, bundle_id: int, number: int, body: bytes) -> Replayed:
        """Replay one message at home."""
        replay = Replay(Replaying(self.rules, key=self.key, now=self.clock()))
        return replay.run(self.database, bundle_id, number, read_notes(body))

    def take_back(self, *bundles: Bundle, has_died: bool = True) -> tuple[str, ...]:
        """Take bundles back; return the domains that are isolated now."""
        ids = [one.id for one in bundles]
        return take_back(self.database, ids, has_died=has_died, now=self.clock())

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.database.execute(sql)]


_OPENED: list[sqlite3.Connection] = []


def make_wire(folder: Path, *sources: SourceSettings) -> Wire:
    """Return a wire over a new database; whoever asks for one calls `close_wires` at the end of the test."""
    config = make_config(folder, sources=sources)
    database = open_for_writing(config.store.path)
    _OPENED.append(database)
    migrate(database)
    apply_config(database, config, now=START)
    return Wire(database, load_rules(database, config), FakeClock())


def close_wires() -> None:
    """Close the database of every wire."""
    while _OPENED:
        _OPENED.pop().close()


def sources_of(bundles: Sequence[Bundle]) -> list[SourceTask]:
    return [task for bundle in bundles for one in bundle.domains for task in one.sources]


def pages_of(bundles: Sequence[Bundle]) -> list[PagesTask]:
    return [task for bundle in bundles for one in bundle.domains for task in one.pages]


def later(clock: FakeClock, **parts: float) -> datetime:
    clock.advance(**parts)
    return clock()
