"""Queries about articles: the one of an address or an entry, and what people are shown.

Owner: crawl process.
"""

import json
import sqlite3
from collections.abc import Sequence

from crawler.model.article import KnownArticle
from crawler.storage.file.functions import BODY
from crawler.storage.file.parameters import numbered
from crawler.text.web.urls import article_key

_KNOWN = f"""SELECT articles.id, articles.story_id, articles.url, revisions.fingerprint, revisions.headline, {BODY} AS body,
        revisions.from_feed IS NOT NULL AS is_from_feed
    FROM articles JOIN revisions ON revisions.id = articles.revision_id"""  # noqa: S608  # our own words


def find_article(connection: sqlite3.Connection, url: str, *, key: str = "") -> KnownArticle | None:
    """Return the article of a canonical address (with or without ``www.``, phone or AMP form), None without one.

    key  identifies it where its address does not
    """
    row = connection.execute(
        f"""{_KNOWN} WHERE articles.url_key = ?1 OR (articles.url = ?2 AND NOT ?3)
            ORDER BY articles.url_key IS NULL""",
        numbered(key or article_key(url), url, bool(key)),
    ).fetchone()
    return _read_known(row)


def find_article_from_feed(connection: sqlite3.Connection, entry_id: int) -> KnownArticle | None:
    """Return the article that an entry became in its feed's own words, None if its page was read or nothing is stored."""
    row = connection.execute(
        f"""{_KNOWN} WHERE articles.id = (SELECT article_id FROM entries WHERE id = ?)
            AND revisions.from_feed IS NOT NULL""",  # noqa: S608  # our own text
        [entry_id],
    ).fetchone()
    return _read_known(row)


def _read_known(row: sqlite3.Row | None) -> KnownArticle | None:
    if row is None:
        return None
    return KnownArticle(
        article_id=row["id"],
        story_id=row["story_id"],
        fingerprint=row["fingerprint"],
        headline=row["headline"],
        url=row["url"],
        body=row["body"],
        is_from_feed=bool(row["is_from_feed"]),
    )


def find_current_row(connection: sqlite3.Connection, article_id: int) -> sqlite3.Row | None:
    """Return an article's row with its current body."""
    row: sqlite3.Row | None = connection.execute(
        f"""SELECT articles.*, {BODY} AS body FROM articles
           JOIN revisions ON revisions.id = articles.revision_id WHERE articles.id = ?""",  # noqa: S608
        [article_id],
    ).fetchone()
    return row


def find_source_id(connection: sqlite3.Connection, article_id: int) -> int:
    """Return the source of an article, 0 if there is none."""
    row = connection.execute("SELECT source_id FROM articles WHERE id = ?", [article_id]).fetchone()
    return 0 if row is None else int(row["source_id"])


def find_usual_language(connection: sqlite3.Connection, source_id: int) -> str:
    """Return the language most of a source's newest articles are in, empty if it has none."""
    row = connection.execute(
        """SELECT language FROM (SELECT language FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT 50)
           GROUP BY language ORDER BY count(*) DESC LIMIT 1""",
        [source_id],
    ).fetchone()
    return "" if row is None else str(row["language"])


def list_articles(
    connection: sqlite3.Connection, *, limit: int, source: str | None = None
) -> tuple[sqlite3.Row, ...]:
    """Return articles, newest first."""
    return tuple(
        connection.execute(
            """SELECT articles.*, sources.name AS source FROM articles
               JOIN sources ON sources.id = articles.source_id
               WHERE (:source IS NULL OR sources.name = :source) AND articles.withdrawn_at IS NULL
               ORDER BY articles.first_seen_at DESC, articles.id DESC LIMIT :limit""",
            {"source": source, "limit": limit},
        )
    )


def count_articles(connection: sqlite3.Connection, *, source: str | None = None) -> int:
    """Return how many articles ``list_articles`` lists without a limit."""
    row = connection.execute(
        """SELECT count(*) FROM articles JOIN sources ON sources.id = articles.source_id
           WHERE (:source IS NULL OR sources.name = :source) AND articles.withdrawn_at IS NULL""",
        {"source": source},
    ).fetchone()
    return int(row[0])


def map_articles(
    connection: sqlite3.Connection, article_ids: Sequence[int]
) -> dict[int, sqlite3.Row]:
    """Return these articles by id; those that were withdrawn are left out."""
    rows = connection.execute(
        """SELECT articles.*, sources.name AS source FROM articles
           JOIN sources ON sources.id = articles.source_id
           WHERE articles.id IN (SELECT value FROM json_each(?)) AND articles.withdrawn_at IS NULL""",
        [json.dumps([*article_ids])],
    )
    return {row["id"]: row for row in rows}


def find_article_details(
    connection: sqlite3.Connection, id_or_url: str
) -> tuple[sqlite3.Row, tuple[sqlite3.Row, ...], tuple[sqlite3.Row, ...]] | None:
    """Return one article by id or address: its row with the body, its revisions, its matches."""
    article = connection.execute(
        f"""SELECT articles.*, sources.name AS source, {BODY} AS body, revisions.word_count,
               revisions.from_feed
           FROM articles JOIN sources ON sources.id = articles.source_id
           JOIN revisions ON revisions.id = articles.revision_id
           WHERE articles.id = ? OR articles.url = ?""",  # noqa: S608
        [int(id_or_url) if id_or_url.isdecimal() else -1, id_or_url],
    ).fetchone()
    if article is None:
        return None
    revisions = connection.execute(
        f"""SELECT id, article_id, visit_id, fetched_at, fingerprint, headline, word_count, language, from_feed, reason,
                {BODY} AS body, diff
            FROM revisions WHERE article_id = ? ORDER BY id""",  # noqa: S608
        [article["id"]],
    ).fetchall()
    matches = connection.execute(
        """SELECT matches.*, watches.name AS watch FROM matches
           JOIN watches ON watches.id = matches.watch_id WHERE article_id = ? ORDER BY matches.id""",
        [article["id"]],
    ).fetchall()
    return article, tuple(revisions), tuple(matches)
