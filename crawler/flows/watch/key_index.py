"""Keeping the key index true: texts go in as they are stored, older ones and those of an earlier analysis later."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import urlsplit

from crawler.matching.analysis.analyzer import Document, add_sources, analyze, source_names
from crawler.matching.analysis.inflection import ANALYZER_VERSION
from crawler.storage.file.database import transaction
from crawler.storage.watch.keys import (
    begin_key_index,
    count_revisions,
    count_revisions_to_index,
    find_first_revision,
    has_key_index,
    list_revisions_to_index,
    mark_complete_from,
    save_keys,
)

# analysing this many takes an eighth of a second, in which pages wait; the file is held for a part of it only
_AT_ONCE = 100


def analyze_text(headline: str, body: str, *, language: str, url: str, source: str) -> Document:
    """Analyse a text as live matching, the index and history all do."""
    host = urlsplit(url).hostname or ""
    return analyze(headline, body, language=language, sources=source_names(host, source))


def analyze_announced(row: sqlite3.Row, sources: Iterable[str]) -> Document:
    """Analyse a stored text as an article that these sources announced too."""
    return add_sources(analyze_row(row), sources)


def analyze_row(row: sqlite3.Row) -> Document:
    """Analyse a stored text, a row of ``storage.keys``, as the source that brought it announced it: what the index holds."""
    return analyze_text(
        row["headline"], row["body"], language=row["language"], url=row["url"], source=row["source"]
    )


def open_key_index(connection: sqlite3.Connection) -> bool:
    """Make the index ready for texts as they are analysed now; tells whether older ones have to be put in again."""
    with transaction(connection):
        return begin_key_index(connection, ANALYZER_VERSION)


def is_key_index_complete(connection: sqlite3.Connection, *, since: datetime) -> bool:
    """Return whether every text since an instant is in the index, as it is analysed now."""
    return not count_missing_texts(connection, since=since)


def count_missing_texts(connection: sqlite3.Connection, *, since: datetime) -> int:
    """Count the texts since an instant that are not in the index as it is analysed now; all, while it is of another analysis."""
    first = find_first_revision(connection, since=since)
    if not has_key_index(connection, ANALYZER_VERSION):
        return count_revisions(connection, from_id=first)
    return count_revisions_to_index(connection, from_id=first)


def list_texts_to_index(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Return language and text of what ``index_some_texts`` puts in next."""
    rows = list_revisions_to_index(connection, from_id=0, limit=_AT_ONCE)
    return tuple((row["language"], f"{row['headline']}\n{row['body']}") for row in rows)


def index_some_texts(connection: sqlite3.Connection, *, from_id: int = 0) -> int:
    """Put the newest texts that are missing into the index, a few at a time; gives how many, 0 where it is complete.

    from_id  older texts are left out
    """
    rows = list_revisions_to_index(connection, from_id=from_id, limit=_AT_ONCE)
    analysed = [(row["id"], analyze_row(row).places) for row in rows]
    if analysed:
        with transaction(connection):
            for revision_id, keys in analysed:
                save_keys(connection, revision_id, keys)
            mark_complete_from(connection, analysed[-1][0])
    return len(analysed)


def complete_key_index(
    connection: sqlite3.Connection,
    *,
    since: datetime | None,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Put all texts since an instant into the index; ``tell`` is called with how many are done, and of how many."""
    open_key_index(connection)
    first = find_first_revision(connection, since=since)
    count, done = count_revisions_to_index(connection, from_id=first), 0
    while found := index_some_texts(connection, from_id=first):
        done += found
        tell(done, count)
