"""What a watch would have matched: candidates come from the index, and the same test as live decides (decision 016).

As live, a text is matched when it is stored, and again for each further source that announces its article while the text is
the current one. A test holds both to the same answers for 600 watches and 2,000 articles.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from crawler.config.schema import Config
from crawler.flows.watch.key_index import analyze_announced
from crawler.flows.watch.key_queries import make_search
from crawler.matching.analysis.analyzer import Document, add_sources
from crawler.matching.matcher import CompiledWatch, holds, make_match
from crawler.model.watch import Match
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.news.article_sources import Announcer, map_announcers
from crawler.storage.watch.key_search import count_found, iter_found
from crawler.storage.watch.keys import list_texts, summarize_texts

# texts read at a time: bodies of a whole archive do not fit into memory; and at first, so that somebody who waits sees something
_AT_ONCE, _FIRST = 100, 10
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMatch:
    """An article that a watch would have matched, by the first of its texts that matches.

    revision_id  the text
    source       the one whose announcement would have made the match
    seen_at      when that was
    """

    article_id: int
    revision_id: int
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
    search = make_search(connection, [compiled], config, since=since)
    if search is not None:
        number = count_found(connection, search)
        ids = report_progress(iter_found(connection, search, count=number), number, on_progress)
        for met in scan(connection, [compiled], config, since=since, ids=ids):
            # texts come newest first, so the first one that matched is the last to be written
            found[met.row["article_id"]] = describe(met, compiled)
    article_count, first = summarize_texts(connection, since=since)
    newest_first = sorted(
        found.values(), key=lambda one: (one.seen_at, one.article_id), reverse=True
    )
    return Past(
        article_count=article_count,
        begins_at=to_instant_or_none(first),
        matches=tuple(newest_first),
    )


def count_stories(  # noqa: PLR0913  # what is counted, and how far
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    most: int,
    at_least: int = 0,
    on_progress: OnProgress = lambda _done, _all: None,
) -> tuple[tuple[int, ...], bool]:
    """Return how many stories each of several watches would have matched, reading every text once.

    most      texts that are read, the newest first
    at_least  so many texts are known to have the keys: more than ``most`` are not counted again
    returns   the counts in the order of the watches, and whether every candidate was read
    """
    stories, is_whole = list_story_sets(
        connection,
        watches,
        config,
        since=since,
        most=most,
        at_least=at_least,
        on_progress=on_progress,
    )
    return tuple(map(len, stories)), is_whole


def list_story_sets(  # noqa: PLR0913  # what is counted, and how far
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    most: int,
    at_least: int = 0,
    on_progress: OnProgress = lambda _done, _all: None,
) -> tuple[tuple[frozenset[int], ...], bool]:
    """Return the stories each of several watches would have matched; see ``count_stories``."""
    stories: list[set[int]] = [set() for _ in watches]
    search = make_search(connection, watches, config, since=since)
    if search is None:
        return tuple(map(frozenset, stories)), True
    count = at_least if at_least > most else count_found(connection, search)
    newest = islice(iter_found(connection, search, count=count), most)
    ids = report_progress(newest, min(count, most), on_progress)
    for met in scan(connection, watches, config, since=since, ids=ids):
        for found, is_held in zip(stories, met.answers, strict=True):
            if is_held:
                found.add(met.row["story_id"])
    return tuple(map(frozenset, stories)), count <= most


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
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


def report_progress(ids: Iterable[int], count: int, on_progress: OnProgress) -> Iterator[int]:
    """Yield these ids, and call ``on_progress`` now and then with how many there were, of how many."""
    for done, one in enumerate(ids):
        if done % _AT_ONCE == 0:
            on_progress(done, count)
        yield one
    on_progress(count, count)


def scan(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
    ids: Iterable[int],
) -> Iterator[Meeting]:
    """Yield every stored text of these that at least one watch holds for, in their order, as it was when the first one did."""
    ids, oldest = iter(ids), to_text(since)
    at_once = _FIRST
    while some := [*islice(ids, at_once)]:
        at_once = _AT_ONCE
        rows = [row for row in list_texts(connection, some) if row["fetched_at"] >= oldest]
        announcers = map_announcers(connection, {row["article_id"] for row in rows})
        for row in rows:
            met = _meet(row, announcers.get(row["article_id"], ()), watches, config)
            if met is not None:
                yield met


def _meet(
    row: sqlite3.Row,
    announcers: Sequence[Announcer],
    watches: Sequence[CompiledWatch],
    config: Config,
) -> Meeting | None:
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
    return Meeting(
        row=row,
        document=document,
        source=one.source if one else row["source"],
        at=one.announced_at if one else to_instant(row["fetched_at"]),
        answers=answers,
    )


def describe(met: Meeting, compiled: CompiledWatch) -> PastMatch:
    """Return a meeting as a match, with its proof."""
    row = met.row
    return PastMatch(
        article_id=row["article_id"],
        revision_id=row["id"],
        story_id=row["story_id"],
        source=met.source,
        url=row["url"],
        headline=row["headline"],
        seen_at=met.at,
        match=make_match(compiled, met.document),
    )
