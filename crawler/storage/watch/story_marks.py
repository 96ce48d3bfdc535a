"""The story_marks table: which stories each reader of the web pages starred and read.

Owner: daemon. A story that was merged into another keeps its row, and its marks count for the other.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crawler.model.request import RequestKind
from crawler.storage.file.database import to_text_or_none
from crawler.storage.file.parameters import numbered
from crawler.storage.process.requests import list_open_requests

# requests that are about marks
_KINDS = frozenset({RequestKind.STAR, RequestKind.READ})
# a reader's stars are counted up to this
_MOST_STARRED = 100_000
MarkColumn = Literal["starred_at", "read_at"]


def mark_stories(
    connection: sqlite3.Connection,
    reader: str,
    story_ids: Sequence[int],
    column: MarkColumn,
    marked_at: datetime | None,
) -> int:
    """Set one mark of a reader for stories, or take it back with None; return for how many. Call inside a transaction.

    Ids of merged stories mean the story they were merged into; unknown ones are left out.
    """
    present = [
        int(row[0])
        for row in connection.execute(
            """SELECT DISTINCT coalesce(merged_into, id) FROM stories
               WHERE id IN (SELECT value FROM json_each(?))""",
            [json.dumps([*story_ids])],
        )
    ]
    text = to_text_or_none(marked_at)
    if text is None:  # what a merged story brought along is taken back too
        connection.execute(
            f"""UPDATE story_marks SET {column} = NULL WHERE reader = ? AND story_id IN
                    (SELECT stories.id FROM json_each(?) AS asked
                     CROSS JOIN stories ON stories.merged_into = asked.value)""",  # noqa: S608  # a name of ours
            [reader, json.dumps(present)],
        )
    connection.executemany(
        f"""INSERT INTO story_marks (reader, story_id, {column}) VALUES (?, ?, ?)
            ON CONFLICT (reader, story_id) DO UPDATE SET {column} = excluded.{column}""",  # noqa: S608
        [(reader, story_id, text) for story_id in present],
    )
    return len(present)


def map_marks(
    connection: sqlite3.Connection, reader: str, story_ids: Sequence[int]
) -> dict[int, tuple[bool, bool]]:
    """Return for each of these stories whether a reader starred it, and whether they read it; others have neither.

    Of a story that others were merged into, any of their stars counts; it is read only if its own row says so: what was
    merged into it may have brought news. What the reader asked for and the daemon has not done yet counts as done.
    """
    rows = connection.execute(
        """WITH asked AS (SELECT value AS id FROM json_each(?2)),
               rows AS (SELECT id, id AS row_id FROM asked
                   UNION ALL SELECT asked.id, stories.id FROM asked JOIN stories ON stories.merged_into = asked.id)
           SELECT rows.id, max(starred_at IS NOT NULL) AS is_starred,
               max(rows.row_id = rows.id AND read_at IS NOT NULL) AS is_read
           FROM rows JOIN story_marks ON reader = ?1 AND story_id = rows.row_id GROUP BY rows.id""",
        numbered(reader, json.dumps([*story_ids])),
    )
    marks = {row["id"]: (bool(row["is_starred"]), bool(row["is_read"])) for row in rows}
    for story_id, (star, read) in _list_open_marks(connection, reader).items():
        is_starred, is_read = marks.get(story_id, (False, False))
        marks[story_id] = (is_starred if star is None else star, is_read if read is None else read)
    return marks


def _list_open_marks(
    connection: sqlite3.Connection, reader: str
) -> dict[int, tuple[bool | None, bool | None]]:
    """Return what a reader asked for and the daemon has not done yet: star and read mark by story, None for nothing asked."""
    open_marks: dict[int, tuple[bool | None, bool | None]] = {}
    for request in list_open_requests(connection):
        asked = request.arguments
        if request.kind not in _KINDS or asked.get("reader") != reader:
            continue
        for story_id in asked["stories"]:
            star, read = open_marks.get(story_id, (None, None))
            is_star = request.kind == RequestKind.STAR
            open_marks[story_id] = (asked["is_on"], read) if is_star else (star, asked["is_on"])
    return open_marks


def list_starred(
    connection: sqlite3.Connection, reader: str, *, limit: int, before: str = ""
) -> tuple[tuple[int, str], ...]:
    """Return the stories a reader starred, the last one first, each with the place that a later page begins after.

    before  such a place; empty for the first page, on which what was asked for and is not done yet comes first
    """
    at, _, number = before.partition("_")
    rows = connection.execute(
        """SELECT coalesce(stories.merged_into, stories.id) AS id, max(starred_at) AS starred_at
           FROM story_marks JOIN stories ON stories.id = story_marks.story_id
           WHERE reader = ?1 AND starred_at IS NOT NULL GROUP BY 1
           HAVING ?2 = '' OR max(starred_at) < ?2
               OR (max(starred_at) = ?2 AND coalesce(stories.merged_into, stories.id) < ?3)
           ORDER BY 2 DESC, 1 DESC""",
        numbered(reader, at, int(number) if number.isdecimal() and len(number) < 19 else 0),
    )
    open_marks = _list_open_marks(connection, reader)
    done = [
        (row["id"], f"{row['starred_at']}_{row['id']}")
        for row in rows
        if open_marks.get(row["id"], (None, None))[0] is not False
    ]
    known = {story_id for story_id, _ in done}
    asked = [
        (story_id, "")
        for story_id, (star, _) in open_marks.items()
        if star and story_id not in known
    ]
    return tuple(([] if before else asked) + done)[:limit]


def list_starred_ids(connection: sqlite3.Connection, reader: str) -> tuple[int, ...]:
    """Return all stories a reader starred, the last one first."""
    return tuple(story for story, _ in list_starred(connection, reader, limit=_MOST_STARRED))


def count_starred(connection: sqlite3.Connection, reader: str) -> int:
    """Return how many stories a reader starred."""
    return len(list_starred_ids(connection, reader))
