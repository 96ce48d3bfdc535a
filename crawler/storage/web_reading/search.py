"""What the search offers as filters, and where its results come from. Reads only."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass


def list_source_names(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the names of sources that have brought an article, in alphabetical order."""
    rows = connection.execute(
        """SELECT name FROM sources WHERE article_count > 0 OR is_active = 1
           ORDER BY name COLLATE NOCASE LIMIT ?""",
        [limit],
    )
    return tuple(row["name"] for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which stories a search is limited to.

    watch    only what a watch of this name matched; empty for no limit
    stories  only these, such as a reader's stars; None for no limit
    """

    watch: str = ""
    stories: Collection[int] | None = None

    def bind(self, **values: object) -> dict[str, object]:
        """Return the values of a statement, these among them."""
        stories = None if self.stories is None else json.dumps([*self.stories])
        return {"watch": self.watch, "stories": stories, **values}


_OF_STORIES = "(:stories IS NULL OR articles.story_id IN (SELECT value FROM json_each(:stories)))"
_OF_WATCH = """(:watch = '' OR EXISTS (SELECT 1 FROM matches JOIN watches ON watches.id = watch_id
        WHERE matches.story_id = articles.story_id AND watches.name = :watch))"""
_KEPT = f"""SELECT revisions.id FROM revisions JOIN articles ON articles.id = revisions.article_id
    WHERE revisions.id IN (SELECT value FROM json_each(:ids)) AND {_OF_STORIES} AND {_OF_WATCH}"""  # noqa: S608  # our own text
# from the stories to their texts: of a watch's matches or a reader's stars, whichever is stated
_ALL = f"""WITH wanted (id) AS (
        SELECT DISTINCT story_id FROM matches WHERE watch_id = (SELECT id FROM watches WHERE name = :watch)
        UNION SELECT value FROM json_each(:stories) WHERE :watch = '')
    SELECT revisions.id FROM wanted CROSS JOIN articles ON articles.story_id = wanted.id
    JOIN revisions ON revisions.article_id = articles.id
    WHERE {_OF_STORIES} ORDER BY revisions.id DESC"""  # noqa: S608  # our own text


def keep_wanted(
    connection: sqlite3.Connection, wanted: Wanted, ids: Sequence[int]
) -> frozenset[int]:
    """Return those of some revisions that belong to a wanted story."""
    return frozenset(
        row[0] for row in connection.execute(_KEPT, wanted.bind(ids=json.dumps([*ids])))
    )


def list_wanted(connection: sqlite3.Connection, wanted: Wanted) -> tuple[int, ...]:
    """Return all revisions of wanted stories, newest first."""
    return tuple(row[0] for row in connection.execute(_ALL, wanted.bind()))


def list_earlier(connection: sqlite3.Connection, ids: Sequence[int]) -> frozenset[int]:
    """Return those of some revisions that are no longer the text of their article."""
    rows = connection.execute(
        """SELECT revisions.id FROM revisions JOIN articles ON articles.id = revisions.article_id
           WHERE revisions.id IN (SELECT value FROM json_each(?)) AND articles.revision_id <> revisions.id""",
        [json.dumps([*ids])],
    )
    return frozenset(row[0] for row in rows)
