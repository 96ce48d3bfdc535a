"""Keeps the key index complete: adds each text as it is stored, and older texts, or all after a new analysis, later."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime

from crawler.matching.analysis.analyzer import Document, add_sources, analyze_text
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

# analysing a hundred texts takes an eighth of a second, in which pages wait; the transaction is only a part of that
_AT_ONCE = 100


def analyze_announced(row: sqlite3.Row, sources: Iterable[str]) -> Document:
    """Return the analysis of a stored text whose article these sources announced too."""
    return add_sources(analyze_row(row), sources)


def analyze_row(row: sqlite3.Row) -> Document:
    """Return the analysis of a stored text (a row of ``storage.keys``) with its own source alone, as the index holds it."""
    return analyze_text(
        row["headline"], row["body"], language=row["language"], url=row["url"], source=row["source"]
    )


def open_key_index(connection: sqlite3.Connection) -> bool:
    """Prepare the index for the present analysis; return whether older texts have to be added again."""
    with transaction(connection):
        return begin_key_index(connection, ANALYZER_VERSION)


def is_key_index_complete(connection: sqlite3.Connection, *, since: datetime) -> bool:
    """Return whether every text since an instant is in the index by the present analysis."""
    return not count_missing_texts(connection, since=since)


def count_missing_texts(connection: sqlite3.Connection, *, since: datetime) -> int:
    """Return how many texts since an instant are not in the index by the present analysis; all if it was made by another one."""
    first = find_first_revision(connection, since=since)
    if not has_key_index(connection, ANALYZER_VERSION):
        return count_revisions(connection, from_id=first)
    return count_revisions_to_index(connection, from_id=first)


def list_texts_to_index(connection: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """Return language and text of the texts that ``index_some_texts`` adds next, so that dictionaries can be loaded before."""
    rows = list_revisions_to_index(connection, from_id=0, limit=_AT_ONCE)
    return tuple((row["language"], f"{row['headline']}\n{row['body']}") for row in rows)


def index_some_texts(connection: sqlite3.Connection, *, from_id: int = 0) -> int:
    """Add some of the newest missing texts to the index; return how many, 0 if it is complete.

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
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Add all texts since an instant to the index; ``on_progress`` is called with how many are done, and of how many."""
    open_key_index(connection)
    first = find_first_revision(connection, since=since)
    count, done = count_revisions_to_index(connection, from_id=first), 0
    while found := index_some_texts(connection, from_id=first):
        done += found
        on_progress(done, count)
