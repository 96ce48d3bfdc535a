"""Keeps the file small: what is deleted, added up or compressed, and after which time (``[store]``).

Each rule does a few rows at a time, so that nobody waits for it, and goes on a minute later. A rule that is done rests for a while.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.storage.crawl.entries.pages import count_old_pages, expire_pages
from crawler.storage.retention.file_room import estimate_row_bytes
from crawler.storage.retention.old_entries import count_old_entries, forget_entries
from crawler.storage.retention.old_learning import (
    count_old_robots,
    count_old_shingles,
    count_rare_lines,
    forget_rare_lines,
    forget_robots,
    forget_shingles,
)
from crawler.storage.retention.old_records import count_old_records, forget_records
from crawler.storage.retention.old_stories import count_old_stories, forget_stories
from crawler.storage.retention.packed_texts import count_texts_to_pack, pack_texts
from crawler.storage.retention.swept import Sweep, Swept
from crawler.storage.retention.visit_days import add_up_visits, count_visits_to_add_up

# what was learned from pages is of use as long as sites look as they did
_LEARNED = timedelta(days=90)
# texts of the window are compared; one that joins late, or a window that is made longer, needs some more
_BEYOND_WINDOW = timedelta(days=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what becomes of the old rows of a table.

    table   the table whose rows become fewer or shorter
    deed    what is done with them, for people: deleted, added up, compressed
    age     how old they are then; None: never
    share   of a row's bytes, those that become free
    with_table  its rows become free too, about one each
    limit   rows at a time: a transaction of some hundredths of a second
    rest    how long it rests once nothing is left
    """

    table: str
    deed: str
    sweep: Sweep
    count: Callable[[sqlite3.Connection, datetime], int]
    age: Callable[[Config], timedelta | None]
    share: float = 1.0
    with_table: str = ""
    limit: int = 500
    rest: timedelta = timedelta(hours=1)


def _expire(connection: sqlite3.Connection, before: datetime, _after: int, limit: int) -> Swept:
    count = expire_pages(connection, before=before, limit=limit)
    return Swept(count, 0 if count == limit else None)


def _record_rule(table: str) -> Rule:
    def sweep(connection: sqlite3.Connection, before: datetime, _after: int, limit: int) -> Swept:
        return forget_records(connection, table, before=before, limit=limit)

    def count(connection: sqlite3.Connection, before: datetime) -> int:
        return count_old_records(connection, table, before=before)

    return Rule(
        table=table,
        deed="deleted",
        sweep=sweep,
        count=count,
        age=lambda config: config.store.record_retention,
    )


# of the crawl process
CRAWL_RULES = (
    # a page may have some megabytes; deleting fifty holds the database for a few hundredths of a second
    Rule(table="pages", deed="deleted", sweep=_expire, count=count_old_pages, age=lambda config: config.store.page_retention, limit=50),
    Rule(table="revisions", deed="compressed", sweep=pack_texts, count=count_texts_to_pack, rest=timedelta(minutes=5), age=lambda config: config.store.compress_after, share=0.5, limit=200),
    Rule(table="visits", deed="added up", sweep=add_up_visits, count=count_visits_to_add_up, age=lambda config: config.store.visit_retention),
    Rule(table="entries", deed="deleted", sweep=forget_entries, count=count_old_entries, age=lambda config: config.store.entry_retention),
    Rule(table="shingles", deed="deleted", sweep=forget_shingles, count=count_old_shingles, age=lambda config: config.story.window + _BEYOND_WINDOW),
    Rule(table="boilerplate", deed="deleted", sweep=forget_rare_lines, count=count_rare_lines, age=lambda _: _LEARNED, limit=200),
    Rule(table="robots", deed="deleted", sweep=forget_robots, count=count_old_robots, age=lambda _: _LEARNED),
    # with its articles and their texts
    Rule(table="stories", deed="deleted", sweep=forget_stories, count=count_old_stories, age=lambda config: config.store.article_retention, with_table="revisions", limit=100),
)  # fmt: skip
# of the daemon
DAEMON_RULES = tuple(map(_record_rule, ("attempts", "requests", "source_events")))


@dataclass(slots=True)
class _Place:
    """How far a rule has come: after which number it goes on, and when it was last done."""

    after: int = 0
    done_at: datetime | None = None


@dataclass(slots=True)
class Sweeper:
    """Applies rules, a few rows at a time; remembers how far each has come while the process lives.

    counts  table -> number of rows so far, of tables with any
    """

    rules: Sequence[Rule]
    counts: dict[str, int] = field(default_factory=dict)
    _places: dict[str, _Place] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows were done so far."""
        return sum(self.counts.values())

    def sweep(self, connection: sqlite3.Connection, config: Config, *, now: datetime) -> bool:
        """Do some of what is due; return whether there is more."""
        left = [self._apply(rule, connection, config, now=now) for rule in self.rules]
        return any(left)

    def _apply(
        self, rule: Rule, connection: sqlite3.Connection, config: Config, *, now: datetime
    ) -> bool:
        place, age = self._places.setdefault(rule.table, _Place()), rule.age(config)
        # a clock that was set back must not make it rest for days
        is_resting = place.done_at is not None and timedelta(0) <= now - place.done_at < rule.rest
        if age is None or is_resting:
            return False
        swept = rule.sweep(connection, now - age, place.after, rule.limit)
        if swept.count:
            self.counts[rule.table] = self.counts.get(rule.table, 0) + swept.count
        place.after, place.done_at = swept.after or 0, now if swept.after is None else None
        return swept.after is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a rule would do now: how many rows of its table, and about how many bytes become free."""

    rule: Rule
    count: int
    bytes: int


def list_due(connection: sqlite3.Connection, config: Config, *, now: datetime) -> tuple[Due, ...]:
    """Return what each rule would do now; reads only. Rules that are never applied are left out."""
    found = []
    for rule in (*CRAWL_RULES, *DAEMON_RULES):
        age = rule.age(config)
        if age is not None:
            count = rule.count(connection, now - age)
            tables = filter(None, (rule.table, rule.with_table)) if count else ()
            room = sum(estimate_row_bytes(connection, table) for table in tables)
            found.append(Due(rule=rule, count=count, bytes=round(count * rule.share * room)))
    return tuple(found)
