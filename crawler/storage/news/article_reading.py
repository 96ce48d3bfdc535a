"""Queries about articles, for people.

Owner: crawl process.
"""

import sqlite3


def find_usual_language(connection: sqlite3.Connection, source_id: int) -> str:
    """Return the language most of a source's newest articles are in, empty if it has none."""
    row = connection.execute(
        """SELECT language FROM (SELECT language FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT 50)
           GROUP BY language ORDER BY count(*) DESC LIMIT 1""",
        [source_id],
    ).fetchone()
    return "" if row is None else str(row["language"])


def list_articles(
    connection: sqlite3.Connection,
    *,
    limit: int,
    source: str | None = None,
    search: str | None = None,
) -> tuple[sqlite3.Row, ...]:
    """Return articles, newest first; ``search`` is a list of plain words, without the syntax of FTS5."""
    phrase = " ".join(f'"{word}"' for word in (search or "").replace('"', " ").split())
    return tuple(
        connection.execute(
            """SELECT articles.*, sources.name AS source FROM articles
               JOIN sources ON sources.id = articles.source_id
               WHERE (:source IS NULL OR sources.name = :source) AND articles.withdrawn_at IS NULL
                   AND (:phrase = '' OR articles.id IN
                        (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :phrase))
               ORDER BY articles.first_seen_at DESC, articles.id DESC LIMIT :limit""",
            {"source": source, "phrase": phrase, "limit": limit},
        )
    )


def find_article_details(
    connection: sqlite3.Connection, id_or_url: str
) -> tuple[sqlite3.Row, tuple[sqlite3.Row, ...], tuple[sqlite3.Row, ...]] | None:
    """Return one article by id or address: its row with the body, its revisions, its matches."""
    article = connection.execute(
        """SELECT articles.*, sources.name AS source, revisions.body, revisions.word_count,
               revisions.from_feed
           FROM articles JOIN sources ON sources.id = articles.source_id
           JOIN revisions ON revisions.id = articles.revision_id
           WHERE articles.id = ? OR articles.url = ?""",
        [int(id_or_url) if id_or_url.isdecimal() else -1, id_or_url],
    ).fetchone()
    if article is None:
        return None
    revisions = connection.execute(
        "SELECT * FROM revisions WHERE article_id = ? ORDER BY id", [article["id"]]
    ).fetchall()
    matches = connection.execute(
        """SELECT matches.*, watches.name AS watch FROM matches
           JOIN watches ON watches.id = matches.watch_id WHERE article_id = ? ORDER BY matches.id""",
        [article["id"]],
    ).fetchall()
    return article, tuple(revisions), tuple(matches)
