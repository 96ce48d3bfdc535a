"""What a watch would have matched: candidates come from the index, and the same test as live decides (decision 016).

As live, a text is matched when it is stored, and again for each further source that announces its article while the text is
the current one. A test holds both to the same answers for 600 watches and 2,000 articles.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.watch.key_index import analyze_announced
from crawler.matching.analysis.analyzer import Document, add_sources
from crawler.matching.analysis.inflection import rules_language
from crawler.matching.matcher import CompiledWatch, holds, make_match
from crawler.matching.queries.expressions import label_key
from crawler.matching.queries.prefilter import (
    AllOf,
    AnyOf,
    Key,
    Requirement,
    list_source_keys,
    require,
    without_sources,
)
from crawler.model.watch import Match
from crawler.storage.file.database import to_instant, to_instant_or_none
from crawler.storage.news.article_sources import Announcer, list_source_ids, map_announcers
from crawler.storage.watch.keys import find_candidates, list_languages, list_texts, summarize_texts

# texts read at a time: bodies of a whole archive do not fit into memory
_AT_ONCE = 100
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMatch:
    """An article that a watch would have matched, by the first of its texts that matches.

    source   the one whose announcement would have made the match
    seen_at  when that was
    """

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
    begins_at      when the first of these was seen, None if there are none
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
    on_progress: OnProgress = lambda _done, _all: None,
) -> Past:
    """Return what a watch would have matched in the texts fetched since an instant.

    The index must be complete since then: see ``key_index.complete_key_index``.
    """
    found: dict[int, PastMatch] = {}
    for met in _scan(connection, [compiled], config, since=since, on_progress=on_progress):
        # texts come newest first, so the first one that matched is the last to be written
        found[met.row["article_id"]] = _describe(met, make_match(compiled, met.document))
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
    on_progress: OnProgress = lambda _done, _all: None,
) -> tuple[tuple[int, ...], bool]:
    """Return how many stories each of several watches would have matched, reading every text once.

    most     texts that are read, the newest first
    returns  the counts in the order of the watches, and whether every candidate was read
    """
    stories, is_whole = list_story_sets(
        connection, watches, config, since=since, most=most, on_progress=on_progress
    )
    return tuple(map(len, stories)), is_whole


def list_story_sets(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    most: int,
    on_progress: OnProgress = lambda _done, _all: None,
) -> tuple[tuple[frozenset[int], ...], bool]:
    """Return the stories each of several watches would have matched; see ``count_stories``."""
    stories: list[set[int]] = [set() for _ in watches]
    ids = _list_candidates(connection, watches, since=since)
    for met in _scan(
        connection, watches, config, since=since, on_progress=on_progress, ids=ids[:most]
    ):
        for found, is_held in zip(stories, met.answers, strict=True):
            if is_held:
                found.add(met.row["story_id"])
    return tuple(map(frozenset, stories)), len(ids) <= most


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meeting:
    """A stored text that at least one watch holds for.

    document    as announced by the sources of that moment
    source, at  whose announcement that was, and when
    answers     for each watch whether it holds
    """

    row: sqlite3.Row
    document: Document
    source: str
    at: datetime
    answers: tuple[bool, ...]


def _scan(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    on_progress: OnProgress,
    ids: Sequence[int] | None = None,
) -> Iterator[_Meeting]:
    """Yield every stored text that at least one watch holds for, newest first, as it was when the first one did."""
    if ids is None:
        ids = _list_candidates(connection, watches, since=since)
    for start in range(0, len(ids), _AT_ONCE):
        rows = list_texts(connection, ids[start : start + _AT_ONCE])
        announcers = map_announcers(connection, {row["article_id"] for row in rows})
        for row in rows:
            met = _meet(row, announcers.get(row["article_id"], ()), watches, config)
            if met is not None:
                yield met
        on_progress(min(start + _AT_ONCE, len(ids)), len(ids))


def _meet(
    row: sqlite3.Row,
    announcers: Sequence[Announcer],
    watches: Sequence[CompiledWatch],
    config: Config,
) -> _Meeting | None:
    """Match a text as it was when it was stored, then with each source that announced its article later; None without a match."""
    names = [row["source"], *(one.source for one in announcers if one.revision_id < row["id"])]
    document = analyze_announced(row, names)
    later = [one for one in announcers if one.revision_id == row["id"] and one.source not in names]
    first, answers = None, (False,) * len(watches)
    for one in (None, *later):
        if one is not None:
            names.append(one.source)
            document = add_sources(document, [one.source])
        scopes = frozenset[str]().union(*map(config.scopes_of, names))
        answers = tuple(
            was or holds(watch, document, scopes)
            for was, watch in zip(answers, watches, strict=True)
        )
        if first is None and any(answers):
            first = (document, one)
        if all(answers):
            break
    if first is None:
        return None
    document, one = first
    return _Meeting(
        row=row,
        document=document,
        source=one.source if one else row["source"],
        at=one.announced_at if one else to_instant(row["fetched_at"]),
        answers=answers,
    )


def _list_candidates(
    connection: sqlite3.Connection, watches: Sequence[CompiledWatch], *, since: datetime
) -> tuple[int, ...]:
    """Return the ids of the texts that have the keys at least one watch needs, newest first."""
    found: set[int] = set()
    for language in list_languages(connection, since=since):
        required = {require(watch.query, rules_language(language)) for watch in watches}
        label = _quote(Key(f"@lang:{language}"))
        for requirement in required:
            needed = _and(label, requirement)
            found.update(find_candidates(connection, needed, since=since))
            # the index holds each text with the source that brought it; other announcers are asked for in their table
            named = _find_named(connection, list_source_keys(requirement))
            if named:
                needed = _and(label, without_sources(requirement))
                found.update(find_candidates(connection, needed, since=since, sources=named))
    return tuple(sorted(found, reverse=True))


def _find_named(connection: sqlite3.Connection, keys: frozenset[str]) -> tuple[int, ...]:
    """Return the ids of the sources that a query names."""
    sources = list_source_ids(connection) if keys else ()
    return tuple(one for one, name in sources if label_key("source", name) in keys)


def _and(label: str, requirement: Requirement | None) -> str:
    return f"{label} AND ({_write(requirement)})" if requirement else label


def _write(requirement: Requirement) -> str:
    """Return a requirement as an FTS5 expression."""
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


def _describe(met: _Meeting, match: Match) -> PastMatch:
    row = met.row
    return PastMatch(
        article_id=row["article_id"],
        story_id=row["story_id"],
        source=met.source,
        url=row["url"],
        headline=row["headline"],
        seen_at=met.at,
        match=match,
    )
