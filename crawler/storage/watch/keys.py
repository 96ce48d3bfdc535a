"""The key index: the texts that have a key of the watch language's analysis. It finds candidates, never matches.

Owner: crawl process. Contentless FTS5 over our own keys: those of a revision are added when it is stored, older ones later,
the newest first. ``complete_from`` is how far that has come.

Before SQLite 3.43, which not every supported Python has, such an index can delete a row only if it is given the same keys
again. So ``indexed_texts`` holds the text of each row: a text is forgotten by losing its row there (decision 033).
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from crawler.model.article import Revision
from crawler.storage.file.database import to_instant, to_text, to_text_or_none
from crawler.storage.file.functions import BODY

_SELECT = f"""
    SELECT revisions.id, revisions.article_id, revisions.headline, {BODY} AS body, revisions.fetched_at,
        coalesce(revisions.language, articles.language) AS language, articles.url, articles.story_id,
        articles.published_at, articles.first_seen_at, sources.id AS source_id, sources.name AS source
    FROM revisions JOIN articles ON articles.id = revisions.article_id
    JOIN visits ON visits.id = revisions.visit_id JOIN sources ON sources.id = visits.source_id
"""  # noqa: S608  # our own words


def save_keys(connection: sqlite3.Connection, revision_id: int, keys: Iterable[str]) -> None:
    """Index the keys of a revision, replacing earlier ones. Call in the transaction that stores it."""
    connection.execute(
        "UPDATE indexed_texts SET revision_id = NULL WHERE revision_id = ?", [revision_id]
    )
    cursor = connection.execute("INSERT INTO indexed_texts (revision_id) VALUES (?)", [revision_id])
    connection.execute(
        "INSERT INTO revision_keys (rowid, keys) VALUES (?, ?)",
        [cursor.lastrowid, " ".join(keys)],
    )


def forget_keys(connection: sqlite3.Connection, article_id: int) -> None:
    """Remove all texts of an article from the index."""
    connection.execute(
        """UPDATE indexed_texts SET revision_id = NULL
           WHERE revision_id IN (SELECT id FROM revisions WHERE article_id = ?)""",
        [article_id],
    )


def is_indexed(connection: sqlite3.Connection, revision_id: int) -> bool:
    """Return whether a revision's keys are in the index."""
    row = connection.execute(
        "SELECT 1 FROM indexed_texts WHERE revision_id = ?", [revision_id]
    ).fetchone()
    return row is not None


def has_key_index(connection: sqlite3.Connection, analyzer_version: str) -> bool:
    """Return whether the index holds keys of this version; False in a file without an index."""
    is_there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'key_index'").fetchone()
    if not is_there:
        return False
    known = connection.execute("SELECT analyzer_version FROM key_index").fetchone()
    return known is not None and known[0] == analyzer_version


def begin_key_index(connection: sqlite3.Connection, analyzer_version: str) -> bool:
    """Prepare the index for keys of this version; return whether it was emptied for that.

    It is emptied, too, if more of its rows are forgotten texts than texts: each takes 2 KB, and every search reads it.
    """
    if has_key_index(connection, analyzer_version) and not _is_mostly_forgotten(connection):
        return False
    connection.execute("INSERT INTO revision_keys (revision_keys) VALUES ('delete-all')")
    connection.execute("DELETE FROM indexed_texts")
    connection.execute(
        """INSERT OR REPLACE INTO key_index (id, analyzer_version, complete_from)
           VALUES (1, ?, (SELECT coalesce(max(id), 0) + 1 FROM revisions))""",
        [analyzer_version],
    )
    return True


def _is_mostly_forgotten(connection: sqlite3.Connection) -> bool:
    # rows are numbered in a row and none is deleted alone; so only the forgotten ones are counted, of a million texts too
    row = connection.execute(
        """SELECT (SELECT count(*) FROM indexed_texts WHERE revision_id IS NULL)
               > coalesce((SELECT max(id) FROM indexed_texts), 0) / 2"""
    ).fetchone()
    return bool(row[0])


def find_first_revision(connection: sqlite3.Connection, *, since: datetime | None) -> int:
    """Return the smallest id of a text fetched since an instant (None: of all texts); one past the last if there is none.

    A text fetched a moment earlier may have been stored later, so every text from this id on counts.
    """
    row = connection.execute(
        # the plus makes SQLite use the index on fetched_at; min(id) would walk the table from its first text on. An instant
        # before every text is all of them: else each of a million is looked at, in a tenth of a second. That is asked once, by
        # a CASE: as a WHERE it is asked of every text, which takes half a second
        """SELECT coalesce(
               CASE WHEN :since IS NULL OR :since <= (SELECT min(fetched_at) FROM revisions)
                   THEN (SELECT min(id) FROM revisions) END,
               (SELECT min(+id) FROM revisions WHERE fetched_at >= :since),
               (SELECT max(id) + 1 FROM revisions), 1)""",
        {"since": to_text_or_none(since)},
    ).fetchone()
    return int(row[0])


def list_revisions_to_index(
    connection: sqlite3.Connection, *, from_id: int, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the newest revisions, from an id on, whose keys are not in the index yet."""
    return tuple(
        connection.execute(
            f"""{_SELECT} WHERE revisions.id < (SELECT complete_from FROM key_index)
                AND articles.withdrawn_at IS NULL
                AND revisions.id >= ? ORDER BY revisions.id DESC LIMIT ?""",  # noqa: S608  # our own words
            [from_id, limit],
        )
    )


def mark_complete_from(connection: sqlite3.Connection, revision_id: int) -> None:
    """Record how far back the index reaches."""
    connection.execute("UPDATE key_index SET complete_from = ?", [revision_id])


def count_revisions_to_index(connection: sqlite3.Connection, *, from_id: int = 0) -> int:
    """Return the number of revisions, from an id on, whose keys are not in the index yet."""
    row = connection.execute(
        """SELECT count(*) FROM revisions
           WHERE id >= ? AND id < coalesce((SELECT complete_from FROM key_index), 9e18)""",
        [from_id],
    ).fetchone()
    return int(row[0])


def count_revisions(connection: sqlite3.Connection, *, from_id: int) -> int:
    """Return the number of revisions from an id on."""
    row = connection.execute("SELECT count(*) FROM revisions WHERE id >= ?", [from_id]).fetchone()
    return int(row[0])


def open_key_counts(connection: sqlite3.Connection) -> None:
    """Make ``count_texts_with`` possible on a connection."""
    connection.execute(
        """CREATE VIRTUAL TABLE IF NOT EXISTS temp.key_counts
           USING fts5vocab (main, revision_keys, row)"""
    )


def count_texts_with(connection: sqlite3.Connection, keys: Set[str]) -> dict[str, int]:
    """Return the number of texts with each key; keys in none are left out. Call ``open_key_counts`` once before.

    One row, however many keys: Python lets other threads run at each row that is read, and ten thousand rows would wait
    for them.
    """
    row = connection.execute(
        """SELECT json_group_object(wanted.value, counts.doc) FROM json_each(?) AS wanted
           JOIN temp.key_counts AS counts ON counts.term = wanted.value""",
        [json.dumps(sorted(keys))],
    ).fetchone()
    found: dict[str, int] = json.loads(row[0])
    return found


def list_frequent_languages(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the languages of the newest texts, the most frequent first."""
    rows = connection.execute(
        """SELECT language FROM (SELECT language FROM articles ORDER BY id DESC LIMIT 1000)
           GROUP BY language ORDER BY count(*) DESC LIMIT ?""",
        [limit],
    )
    return tuple(row[0] for row in rows)


def list_texts(connection: sqlite3.Connection, ids: Sequence[int]) -> tuple[sqlite3.Row, ...]:
    """Return these revisions with all that matching needs, newest first."""
    places = ", ".join("?" * len(ids))
    return tuple(
        connection.execute(
            f"{_SELECT} WHERE revisions.id IN ({places}) ORDER BY revisions.id DESC", list(ids)
        )
    )


def list_indexed_texts(connection: sqlite3.Connection, article_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the texts of an article whose keys are in the index, with all that matching needs."""
    return tuple(
        connection.execute(
            f"""{_SELECT} WHERE revisions.article_id = ?
                AND EXISTS (SELECT 1 FROM indexed_texts WHERE revision_id = revisions.id)""",  # noqa: S608  # our own words
            [article_id],
        )
    )


def find_current_text(connection: sqlite3.Connection, article_id: int) -> sqlite3.Row | None:
    """Return an article's current text with all that matching needs."""
    row: sqlite3.Row | None = connection.execute(
        f"{_SELECT} WHERE revisions.id = articles.revision_id AND articles.id = ?", [article_id]
    ).fetchone()
    return row


def find_text(connection: sqlite3.Connection, revision_id: int) -> sqlite3.Row | None:
    """Return a text with all that matching needs."""
    row: sqlite3.Row | None = connection.execute(
        f"{_SELECT} WHERE revisions.id = ?", [revision_id]
    ).fetchone()
    return row


def read_revision(row: sqlite3.Row, *, is_first: bool) -> Revision:
    """Return the revision of a row of ``find_text`` or ``find_current_text``."""
    return Revision(
        id=row["id"],
        article_id=row["article_id"],
        story_id=row["story_id"],
        source_id=row["source_id"],
        url=row["url"],
        headline=row["headline"],
        body=row["body"],
        language=row["language"],
        fetched_at=to_instant(row["fetched_at"]),
        is_first=is_first,
    )


def summarize_texts(connection: sqlite3.Connection, *, since: datetime) -> tuple[int, str | None]:
    """Return the number of articles first seen since an instant, and when the first of them was."""
    row = connection.execute(
        "SELECT count(*), min(first_seen_at) FROM articles WHERE first_seen_at >= ?",
        [to_text(since)],
    ).fetchone()
    return int(row[0]), row[1]
