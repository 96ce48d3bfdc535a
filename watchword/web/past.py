"""Asks stored articles a query, for the search and for trying a watch: newest first, and never for longer than a person waits.

Texts are found by the key index, then read and matched exactly as new ones are, so what is shown is what a watch would have
sent. Where more texts could match than can be read in time, the answer says how far it went.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.errors import QuerySyntaxError
from crawler.flows.watch.history import PastMatch, describe, scan
from crawler.flows.watch.key_index import is_key_index_complete
from crawler.flows.watch.key_queries import is_answered_by_keys, make_search
from crawler.matching.matcher import CompiledWatch, compile_watch
from crawler.storage.watch.key_search import KeySearch, count_found, iter_found
from crawler.storage.watch.keys import find_first_revision
from crawler.storage.watch.watches import make_watch
from crawler.storage.web_reading.search import Wanted, keep_wanted, list_wanted

# a page must be there in less than this, whatever is asked; analysing a text takes 1 to 2 ms (docs/internals/benchmarks.md)
_MOST_SECONDS = 2.0
_MOST_READ = 1_500
# as settings of a watch have it
_MOST_OF_QUERY = 2_000
# more are "more than" that many; above what a search walks through in steps (storage.watch.key_search)
MOST_COUNTED = 25_000
# texts of which is asked at once whether they are wanted, before any is read; and up to how many it is asked at all
_AT_ONCE, _FEW = 1_000, 10_000
# of the last years: the index has the rest too, but nobody waits for it
FAR_BACK = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a query found.

    matches      the newest text of each story (or article) that matches, newest first
    text_count   texts with the words that a match needs: so many match at most; counted up to ``MOST_COUNTED``
    is_exact     so many do match
    read_count   texts that were read
    next         where older results begin; 0 if there are none
    is_cut_off   whether reading ended because of the time, before there were enough
    is_complete  whether all texts are in the index
    """

    matches: tuple[PastMatch, ...]
    text_count: int
    is_exact: bool
    read_count: int
    next: int
    is_cut_off: bool
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a draft of a query would change against the saved one, in stories, newest first.

    read_count   texts that were read: the newest that either query could match
    is_whole     whether these were all
    """

    added: tuple[int, ...]
    dropped: tuple[int, ...]
    story_count: int
    read_count: int
    is_whole: bool


def compile_query(
    query: str, config: Config | None, **facts: object
) -> CompiledWatch | QuerySyntaxError:
    """Return a query ready to be asked, or what is wrong with it.

    facts  further settings of a watch, such as ``languages`` and ``sources``
    """
    stated = " ".join(query.split())
    try:
        settings = WatchSettings.model_validate({"name": "search", "query": stated, **facts})
        return compile_watch(make_watch(settings, config or Config()))
    except QuerySyntaxError as error:
        return error
    except ValueError:
        message = _find_fault(stated)
        return QuerySyntaxError(message, query=stated[:200], position=0)


def _find_fault(query: str) -> str:
    """Return why settings with this query, and perhaps a source and a language, are none."""
    if not query:
        return "The query is empty."
    if len(query) > _MOST_OF_QUERY:
        return "A query has at most 2,000 characters."
    return "No text can be asked this: the query, the source or the language has characters that none has."


class Reader:
    """Reads texts until a time is over or enough were read; ``count`` how many, ``is_cut_off`` whether there were more."""

    def __init__(
        self, ids: Iterable[int], *, most: int = _MOST_READ, seconds: float = _MOST_SECONDS
    ) -> None:
        self._ids = ids
        self._most = most
        self._until = time.monotonic() + seconds
        self.count = 0
        self.last = 0
        self.is_cut_off = False

    def __iter__(self) -> Iterator[int]:
        for one in self._ids:
            if self.count >= self._most or time.monotonic() > self._until:
                self.is_cut_off = True
                return
            self.count += 1
            self.last = one
            yield one


def search_stories(  # noqa: PLR0913  # what is asked, and how far
    db: sqlite3.Connection,
    compiled: CompiledWatch,
    config: Config | None,
    *,
    since: datetime,
    before: int = 0,
    limit: int,
    seconds: float = _MOST_SECONDS,
    one_each: Literal["story_id", "article_id"] = "story_id",
    wanted: Wanted | None = None,
) -> Found:
    """Return the newest stories with a text that matches.

    before    only texts before the one with this number; 0 for all
    limit     stories
    one_each  whether a story or each of its articles is found once
    wanted    which stories are wanted at all, such as those with a star; None for all
    """
    config = config or Config()
    search = make_search(db, [compiled], config, since=since)
    if search and before:
        search = replace(search, end_id=before)
    is_complete = is_key_index_complete(db, since=since)
    count = count_found(db, search, most=MOST_COUNTED + 1) if search else 0
    if search is None or not count:
        return Found(matches=(), text_count=0, is_exact=True, read_count=0, next=0, is_cut_off=False, is_complete=is_complete)  # fmt: skip
    found = (
        _iter_wanted(db, search, wanted, count=count)
        if wanted
        else iter_found(db, search, count=count)
    )
    ids = (one for one in found if not before or one < before)
    reader = Reader(ids, seconds=seconds)
    matches: dict[int, PastMatch] = {}
    following = 0
    for met in scan(db, [compiled], config, since=since, ids=reader):
        if met.row[one_each] in matches:
            continue
        if len(matches) >= limit:
            following = met.row["id"] + 1
            break
        matches[met.row[one_each]] = describe(met, compiled)
    if reader.is_cut_off and not following:
        following = reader.last
    return Found(
        matches=tuple(matches.values()),
        text_count=count,
        is_exact=wanted is None and is_answered_by_keys(db, compiled),
        read_count=reader.count,
        next=following,
        is_cut_off=reader.is_cut_off,
        is_complete=is_complete,
    )


def _iter_wanted(
    db: sqlite3.Connection, search: KeySearch, wanted: Wanted, *, count: int
) -> Iterator[int]:
    """Yield the texts of wanted stories that could match, newest first: from the side where there is less to look through."""
    if (
        count > _FEW
    ):  # a common word: asking a million texts whether they are wanted takes four seconds
        yield from list_wanted(db, wanted)
        return
    ids = iter_found(db, search, count=count)
    while some := [*islice(ids, _AT_ONCE)]:
        kept = keep_wanted(db, wanted, some)
        yield from (one for one in some if one in kept)


def find_end(db: sqlite3.Connection, until: datetime) -> int:
    """Return the number that texts fetched until an instant are below."""
    return find_first_revision(db, since=until)


def compare_queries(
    db: sqlite3.Connection,
    draft: CompiledWatch,
    saved: CompiledWatch,
    config: Config | None,
    *,
    since: datetime,
) -> Change:
    """Return the stories that only a draft finds, and those that only the saved query finds."""
    config = config or Config()
    search = make_search(db, [draft, saved], config, since=since)
    if search is None:
        return Change(added=(), dropped=(), story_count=0, read_count=0, is_whole=True)
    reader = Reader(iter_found(db, search, count=count_found(db, search, most=MOST_COUNTED)))
    by_draft: dict[int, None] = {}
    by_saved: dict[int, None] = {}
    for met in scan(db, [draft, saved], config, since=since, ids=reader):
        for stories, is_held in zip((by_draft, by_saved), met.answers, strict=True):
            if is_held:
                stories.setdefault(met.row["story_id"])
    return Change(
        added=tuple(one for one in by_draft if one not in by_saved),
        dropped=tuple(one for one in by_saved if one not in by_draft),
        story_count=len(by_draft),
        read_count=reader.count,
        is_whole=not reader.is_cut_off,
    )
