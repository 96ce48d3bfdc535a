"""What a watch would have matched: the index gives candidates, and the same test as live decides."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.key_index import analyze_row
from crawler.matching.analyzer import Document
from crawler.matching.inflection import rules_language
from crawler.matching.matcher import CompiledWatch, holds, make_match
from crawler.matching.requirements import AllOf, AnyOf, Key, Requirement, require
from crawler.model.watch import Match
from crawler.storage.database import to_instant, to_instant_or_none
from crawler.storage.keys import find_candidates, list_languages, list_texts, summarize_texts

_AT_ONCE = 100
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMatch:
    """A watch would have met an article: its first text that says so."""

    article_id: int
    story_id: int
    source: str
    url: str
    headline: str
    seen_at: datetime
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a watch would have matched since an instant, newest first, one match an article.

    article_count  articles first seen since then
    begins_at      when the first of these was seen, None where there are none
    """

    article_count: int
    begins_at: datetime | None
    matches: tuple[PastMatch, ...]

    @property
    def story_ids(self) -> frozenset[int]:
        """The stories it would have matched."""
        return frozenset(found.story_id for found in self.matches)


def search_past(
    connection: sqlite3.Connection,
    compiled: CompiledWatch,
    config: Config,
    *,
    since: datetime,
    tell: Tell = lambda _done, _all: None,
) -> Past:
    """Find what a watch would have matched in the texts fetched since an instant.

    The index must be complete since then: see ``key_index.complete_key_index``.
    """
    found: dict[int, PastMatch] = {}
    for row, document, _ in _scan(connection, [compiled], config, since=since, tell=tell):
        # from the newest text back: what stays is the first that matched
        found[row["article_id"]] = _describe(row, make_match(compiled, document))
    count, first = summarize_texts(connection, since=since)
    newest_first = sorted(
        found.values(), key=lambda one: (one.seen_at, one.article_id), reverse=True
    )
    return Past(
        article_count=count, begins_at=to_instant_or_none(first), matches=tuple(newest_first)
    )


def count_stories(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    most: int,
    tell: Tell = lambda _done, _all: None,
) -> tuple[tuple[int, ...], bool]:
    """Count the stories each of several watches would have matched, reading every text once.

    most   texts that are read, the newest first
    gives  the counts in the order of the watches, and whether every candidate was read
    """
    stories, is_whole = list_story_sets(
        connection, watches, config, since=since, most=most, tell=tell
    )
    return tuple(map(len, stories)), is_whole


def list_story_sets(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    most: int,
    tell: Tell = lambda _done, _all: None,
) -> tuple[tuple[frozenset[int], ...], bool]:
    """List the stories each of several watches would have matched; see ``count_stories``."""
    stories: list[set[int]] = [set() for _ in watches]
    ids = _list_candidates(connection, watches, since=since)
    for row, _, answers in _scan(
        connection, watches, config, since=since, tell=tell, ids=ids[:most]
    ):
        for found, is_held in zip(stories, answers, strict=True):
            if is_held:
                found.add(row["story_id"])
    return tuple(map(frozenset, stories)), len(ids) <= most


def _scan(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    tell: Tell,
    ids: Sequence[int] | None = None,
) -> Iterator[tuple[sqlite3.Row, Document, tuple[bool, ...]]]:
    """Give every stored text that at least one of the watches holds for, newest first."""
    if ids is None:
        ids = _list_candidates(connection, watches, since=since)
    for start in range(0, len(ids), _AT_ONCE):
        for row in list_texts(connection, ids[start : start + _AT_ONCE]):
            document = analyze_row(row)
            scopes = config.scopes_of(row["source"])
            answers = tuple(holds(watch, document, scopes) for watch in watches)
            if any(answers):
                yield row, document, answers
        tell(min(start + _AT_ONCE, len(ids)), len(ids))


def _list_candidates(
    connection: sqlite3.Connection, watches: Sequence[CompiledWatch], *, since: datetime
) -> tuple[int, ...]:
    """List the texts that have the keys one of the watches needs, newest first."""
    found: set[int] = set()
    for language in list_languages(connection, since=since):
        required = {require(watch.query, rules_language(language)) for watch in watches}
        label = _quote(Key(f"@lang:{language}"))
        for requirement in required:
            needed = f"{label} AND ({_write(requirement)})" if requirement else label
            found.update(find_candidates(connection, needed, since=since))
    return tuple(sorted(found, reverse=True))


def _write(requirement: Requirement) -> str:
    """Write what a text must have as an FTS5 expression."""
    match requirement:
        case Key():
            return _quote(requirement)
        case AllOf(parts):
            return " AND ".join(f"({_write(part)})" for part in parts)
        case AnyOf(parts):
            return " OR ".join(f"({_write(part)})" for part in parts)


def _quote(key: Key) -> str:
    quoted = '"' + key.key.replace('"', '""') + '"'
    return f"{quoted} *" if key.is_prefix else quoted


def _describe(row: sqlite3.Row, match: Match) -> PastMatch:
    return PastMatch(
        article_id=row["article_id"],
        story_id=row["story_id"],
        source=row["source"],
        url=row["url"],
        headline=row["headline"],
        seen_at=to_instant(row["fetched_at"]),
        match=match,
    )
