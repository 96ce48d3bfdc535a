"""Searches of the key index: how many texts have the keys a query needs, which of them, newest first, or a sample.

A million texts of which a third have a word: counted in a tenth of a second, and the newest found at once, because only ids are
looked at and only those asked for are handed over. Nobody writes here.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from crawler.storage.file.parameters import numbered
from crawler.storage.watch.keys import open_key_counts

# texts looked at in one step of a walk: at first few, so that the newest come at once, then more, as each step looks into
# every segment of the index (2 ms); 65,536 numbers are half a megabyte
_FIRST_STEP, _LONGEST_STEP = 2_048, 65_536
# so many are asked for at once: a walk through a million texts looks at all their numbers, in a fifth of a second
_FEW = 20_000
# rows are spread over 32 bits by a multiplication (Knuth's, by the golden ratio): a part of them is then spread evenly over
# all texts, and neither of one source nor of one hour
_SPREAD = "hits.row * 2654435761 & 4294967295"
_BITS = 32

_ANNOUNCED = """SELECT indexed_texts.id FROM article_sources
    JOIN revisions ON revisions.article_id = article_sources.article_id
    JOIN indexed_texts ON indexed_texts.revision_id = revisions.id
    WHERE article_sources.source_id IN"""
# the plus keeps SQLite from asking the index once for every row of the list
_HITS = f"""WITH hits (row) AS (
    SELECT rowid FROM revision_keys WHERE revision_keys MATCH :keys AND rowid BETWEEN :low AND :high
        AND (:scoped IS NULL OR +rowid IN ({_ANNOUNCED} (SELECT value FROM json_each(:scoped))))
    UNION ALL
    SELECT rowid FROM revision_keys WHERE revision_keys MATCH :other AND rowid BETWEEN :low AND :high
        AND +rowid IN ({_ANNOUNCED} (SELECT value FROM json_each(:named)))
        AND (:scoped IS NULL OR +rowid IN ({_ANNOUNCED} (SELECT value FROM json_each(:scoped)))))"""  # noqa: S608  # our own text
_FOUND = f"""{_HITS}
    SELECT revision_id FROM hits JOIN indexed_texts ON indexed_texts.id = hits.row"""  # noqa: S608  # our own text
# a key that no text has
_NOTHING = '"@none"'
_LANGUAGE = "@lang:"
# above the number of any text
_NO_END = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySearch:
    """What is searched for.

    keys      FTS5 expression of the keys a text must have
    other     the same for texts announced by a source in ``named``, without those that ``keys`` finds; or None
    scoped    ids of the sources of which one must have announced a text's article; None: any may have
    first_id  older revisions are left out
    end_id    so are this one and those after it
    """

    keys: str
    other: str | None = None
    named: Sequence[int] = ()
    scoped: Collection[int] | None = None
    first_id: int = 0
    end_id: int = _NO_END

    def bind(self, **values: object) -> dict[str, object]:
        """Return the values of a statement, these among them."""
        return {
            "keys": self.keys,
            "other": self.other or _NOTHING,
            "named": json.dumps([*self.named]),
            "scoped": None if self.scoped is None else json.dumps([*self.scoped]),
            "first_id": self.first_id,
            "end_id": self.end_id,
            "low": 0,
            "high": _NO_END,
            **values,
        }


@dataclass(frozen=True, slots=True)
class Sibling:
    """A text of a story that has the keys too; ``source_id`` is that of its article."""

    story_id: int
    article_id: int
    source_id: int


def list_indexed_languages(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the languages of all texts in the index, by its own list of keys: no text is looked at."""
    open_key_counts(connection)
    rows = connection.execute(
        "SELECT term FROM temp.key_counts WHERE term >= ?1 AND term < ?1 || char(1114111)",
        numbered(_LANGUAGE),
    )
    return tuple(row[0].removeprefix(_LANGUAGE) for row in rows)


def count_found(connection: sqlite3.Connection, search: KeySearch, *, most: int = -1) -> int:
    """Return how many texts a search finds; at most ``most``, if that is not negative, as counting a third of a million takes a third of a second."""
    row = connection.execute(
        f"""{_HITS} SELECT count(*) FROM (SELECT 1 FROM hits JOIN indexed_texts ON indexed_texts.id = hits.row
            WHERE revision_id >= :first_id AND revision_id < :end_id LIMIT :most)""",  # noqa: S608  # our own text
        search.bind(most=most),
    ).fetchone()
    return int(row[0])


def iter_found(connection: sqlite3.Connection, search: KeySearch, *, count: int) -> Iterator[int]:
    """Yield the revisions that a search finds, newest first: few in one statement, many in steps; ``count``: how many."""
    return (
        iter(sample_found(connection, search, share=1.0))
        if count <= _FEW
        else walk_found(connection, search)
    )


def walk_found(connection: sqlite3.Connection, search: KeySearch) -> Iterator[int]:
    """Yield the revisions that a search finds, newest first; at most 65,536 numbers are held at a time."""
    row = connection.execute("SELECT max(revision_id) FROM indexed_texts").fetchone()
    end, step = min(int(row[0] or 0), search.end_id - 1), _FIRST_STEP
    while end >= search.first_id and end > 0:
        begin = max(end - step + 1, search.first_id)
        yield from _list_between(connection, search, begin, end)
        end, step = begin - 1, min(2 * step, _LONGEST_STEP)


def _list_between(
    connection: sqlite3.Connection, search: KeySearch, begin: int, end: int
) -> Iterator[int]:
    """Yield the revisions found among those from one to another, newest first."""
    # texts that were indexed in a row have rows in a row, so that only a part of the index is read
    low, high = connection.execute(
        "SELECT min(id), max(id) FROM indexed_texts WHERE revision_id BETWEEN ? AND ?", [begin, end]
    ).fetchone()
    if low is None:
        return
    rows = connection.execute(
        f"{_FOUND} WHERE revision_id BETWEEN :begin AND :end ORDER BY revision_id DESC",
        search.bind(low=low, high=high, begin=begin, end=end),
    ).fetchall()
    yield from (row[0] for row in rows)


def sample_found(
    connection: sqlite3.Connection, search: KeySearch, *, share: float
) -> tuple[int, ...]:
    """Return about this share of the revisions that a search finds, the same each time, newest first."""
    rows = connection.execute(
        f"""{_FOUND} WHERE revision_id >= :first_id AND revision_id < :end_id AND ({_SPREAD}) < :bound
            ORDER BY revision_id DESC""",
        search.bind(bound=round(share * 2**_BITS)),
    )
    return tuple(row[0] for row in rows)


def list_facts(connection: sqlite3.Connection, ids: Sequence[int]) -> tuple[sqlite3.Row, ...]:
    """Return article, story, source and instant of these revisions, newest first, without their texts."""
    return tuple(
        connection.execute(
            """SELECT revisions.id, revisions.article_id, articles.story_id, sources.name AS source, revisions.fetched_at
               FROM revisions JOIN articles ON articles.id = revisions.article_id
               JOIN visits ON visits.id = revisions.visit_id JOIN sources ON sources.id = visits.source_id
               WHERE revisions.id IN (SELECT value FROM json_each(?)) ORDER BY revisions.id DESC""",
            [json.dumps([*ids])],
        )
    )


def list_siblings(
    connection: sqlite3.Connection, search: KeySearch, story_ids: Collection[int]
) -> tuple[Sibling, ...]:
    """Return every text of some stories that a search finds."""
    rows = connection.execute(
        """SELECT indexed_texts.id, articles.story_id, articles.id, articles.source_id FROM articles
           JOIN revisions ON revisions.article_id = articles.id
           JOIN indexed_texts ON indexed_texts.revision_id = revisions.id
           WHERE articles.story_id IN (SELECT value FROM json_each(?1)) AND revisions.id >= ?2""",
        numbered(json.dumps([*story_ids]), search.first_id),
    ).fetchall()
    found = connection.execute(
        f"{_HITS} SELECT row FROM hits WHERE +row IN (SELECT value FROM json_each(:rows))",  # noqa: S608  # our own text
        search.bind(rows=json.dumps([row[0] for row in rows])),
    )
    wanted = {row[0] for row in found}
    return tuple(Sibling(*row[1:]) for row in rows if row[0] in wanted)
