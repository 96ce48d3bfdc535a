"""What the page of an article shows, and notes on refused edits of the configuration. Reads only."""

import sqlite3

from crawler.storage.process.refused_edits import find_refused_edit


def list_latest_matches(connection: sqlite3.Connection, *, limit: int) -> tuple[sqlite3.Row, ...]:
    """Return the last match of each watch and story, newest first."""
    return tuple(
        connection.execute(
            """SELECT matches.id, matches.matched_at, matches.snippet, matches.snippet_marks, matches.article_id,
                   watches.name AS watch, sources.name AS source, revisions.headline, stories.article_count
               FROM matches JOIN watches ON watches.id = matches.watch_id
               JOIN articles ON articles.id = matches.article_id
               JOIN sources ON sources.id = articles.source_id
               JOIN revisions ON revisions.id = matches.revision_id
               JOIN stories ON stories.id = matches.story_id
               WHERE NOT EXISTS (SELECT 1 FROM matches AS later WHERE later.story_id = matches.story_id
                   AND later.watch_id = matches.watch_id AND later.id > matches.id)
               ORDER BY matches.id DESC LIMIT ?""",
            [limit],
        )
    )


def list_edit_notes(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the reason why an edit of the configuration is not in force now; empty if there is none."""
    edit = find_refused_edit(connection)
    return () if edit is None else (edit.note,)


def list_active_watches(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """Return the first names of active watches, in alphabetical order."""
    rows = connection.execute(
        "SELECT name FROM watches WHERE is_active = 1 ORDER BY name LIMIT ?", [limit]
    )
    return tuple(str(row[0]) for row in rows)


def list_article_pages(connection: sqlite3.Connection, article_id: int) -> tuple[sqlite3.Row, ...]:
    """Return an article with its current text and the size of its story, as one row; empty if there is no such article."""
    return tuple(
        connection.execute(
            """SELECT articles.*, sources.name AS source, revisions.body, revisions.from_feed, stories.article_count
               FROM articles JOIN sources ON sources.id = articles.source_id
               JOIN revisions ON revisions.id = articles.revision_id
               JOIN stories ON stories.id = articles.story_id WHERE articles.id = ?""",
            [article_id],
        )
    )


def list_matches_of(connection: sqlite3.Connection, article_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the matches of an article, oldest first."""
    return tuple(
        connection.execute(
            """SELECT matches.*, watches.name AS watch FROM matches
               JOIN watches ON watches.id = matches.watch_id WHERE article_id = ? ORDER BY matches.id""",
            [article_id],
        )
    )


def list_changes_of(
    connection: sqlite3.Connection, article_id: int, *, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the changes of an article's text, newest first."""
    return tuple(
        connection.execute(
            """SELECT fetched_at, diff, reason FROM revisions
               WHERE article_id = ? AND diff IS NOT NULL ORDER BY id DESC LIMIT ?""",
            [article_id, limit],
        )
    )


def list_others_of(
    connection: sqlite3.Connection, story_id: int, article_id: int
) -> tuple[sqlite3.Row, ...]:
    """Return the other articles of an article's story, the first seen first."""
    return tuple(
        connection.execute(
            """SELECT articles.id, articles.headline, articles.first_seen_at, sources.name AS source
               FROM articles JOIN sources ON sources.id = articles.source_id
               WHERE story_id = ? AND articles.id <> ? ORDER BY first_seen_at""",
            [story_id, article_id],
        )
    )
