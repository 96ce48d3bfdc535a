"""Articles, their revisions and their stories; and the full-text index people search.

Owner: crawl process.
"""

import json
import sqlite3
from datetime import datetime

from crawler.model.article import Article, KnownArticle, Page, Revision, Verdict
from crawler.storage.database import to_text, to_text_or_none
from crawler.text.urls import article_key

_INDEX_TEXT = """INSERT INTO articles_fts (rowid, headline, body)
    SELECT id, headline, body FROM article_texts WHERE id = ?"""


def find_article(connection: sqlite3.Connection, url: str) -> KnownArticle | None:
    """Find the article of a canonical address, under whichever rendering of it came first."""
    row = connection.execute(
        """SELECT articles.id, articles.story_id, revisions.fingerprint, revisions.headline, revisions.body
           FROM articles JOIN revisions ON revisions.id = articles.revision_id
           WHERE articles.url_key = ? OR articles.url = ? ORDER BY articles.url_key IS NULL""",
        [article_key(url), url],
    ).fetchone()
    if row is None:
        return None
    return KnownArticle(
        article_id=row["id"],
        story_id=row["story_id"],
        fingerprint=row["fingerprint"],
        headline=row["headline"],
        body=row["body"],
    )


def mark_article_seen(connection: sqlite3.Connection, article_id: int, *, now: datetime) -> None:
    """Move ``last_seen_at``, and nothing else; an article that was gone is there again."""
    connection.execute(
        "UPDATE articles SET last_seen_at = ?, gone_at = NULL, gone_status = NULL WHERE id = ?",
        [to_text(now), article_id],
    )


def mark_article_gone(
    connection: sqlite3.Connection, entry_id: int, *, http_status: int, now: datetime
) -> int | None:
    """Record that the page of an entry's article is no longer there; gives its id where that is news, else None."""
    row = connection.execute(
        """UPDATE articles SET gone_at = ?, gone_status = ?
           WHERE id = (SELECT article_id FROM entries WHERE id = ?) AND gone_at IS NULL RETURNING id""",
        [to_text(now), http_status, entry_id],
    ).fetchone()
    return None if row is None else int(row["id"])


def find_source_id(connection: sqlite3.Connection, article_id: int) -> int:
    """Give the source of an article, 0 where there is none."""
    row = connection.execute("SELECT source_id FROM articles WHERE id = ?", [article_id]).fetchone()
    return 0 if row is None else int(row["source_id"])


def save_revision(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    *,
    verdict: Verdict,
    diff: str | None = None,
    now: datetime,
) -> Revision:
    """Store a body that was not there before, with its article and story where these are new.

    diff  what changed since the text before, as marked words

    Call in the transaction that stores its matches and alerts.
    """
    is_first = verdict.article_id is None
    story_id = verdict.story_id or _save_story(connection, article.headline, now=now)
    article_id = verdict.article_id or _save_article(
        connection, page, article, story_id=story_id, now=now
    )
    if not is_first:
        _forget_text(connection, article_id)
    revision_id = _insert_revision(connection, page, article, article_id, verdict, diff)
    _make_current(connection, article, article_id, revision_id=revision_id, now=now)
    return Revision(
        id=revision_id,
        article_id=article_id,
        story_id=story_id,
        source_id=page.source_id,
        url=article.url,
        headline=article.headline,
        body=article.body,
        language=article.language,
        fetched_at=page.fetched_at,
        is_first=is_first,
        changes_headline=verdict.changes_headline,
    )


def _save_story(connection: sqlite3.Connection, headline: str, *, now: datetime) -> int:
    cursor = connection.execute(
        "INSERT INTO stories (headline, first_seen_at) VALUES (?, ?)", [headline, to_text(now)]
    )
    return cursor.lastrowid or 0


def _facts_of(article: Article) -> dict[str, str | int | None]:
    """Give the columns of what was understood, by name."""
    dateline, byline = article.dateline, article.byline
    return {
        "headline": article.headline,
        "byline": byline.text if byline else None,
        "is_agency": int(bool(byline and byline.is_agency)),
        "section": article.section,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "language": article.language,
        "image_url": article.image_url,
        "is_teaser": int(article.is_teaser),
        "published_at": to_text_or_none(dateline.published_at) if dateline else None,
        "published_precision": dateline.precision.value if dateline else None,
        "published_zone": dateline.zone if dateline else None,
        "published_evidence": dateline.evidence if dateline else None,
        "published_origin": dateline.origin if dateline else None,
        "published_confidence": dateline.confidence.value if dateline else None,
    }


def _save_article(
    connection: sqlite3.Connection, page: Page, article: Article, *, story_id: int, now: datetime
) -> int:
    values = {
        **_facts_of(article),
        "url": article.url,
        "url_key": article_key(article.url),
        "source_id": page.source_id,
        "story_id": story_id,
        "first_seen_at": to_text(now),
        "last_seen_at": to_text(now),
    }
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    cursor = connection.execute(
        f"INSERT INTO articles ({columns}) VALUES ({places})",  # noqa: S608  # our own column names
        values,
    )
    connection.execute(
        "UPDATE stories SET article_count = article_count + 1 WHERE id = ?", [story_id]
    )
    return cursor.lastrowid or 0


def find_current_row(connection: sqlite3.Connection, article_id: int) -> sqlite3.Row | None:
    """Find an article's row with its current body."""
    row: sqlite3.Row | None = connection.execute(
        """SELECT articles.*, revisions.body FROM articles
           JOIN revisions ON revisions.id = articles.revision_id WHERE articles.id = ?""",
        [article_id],
    ).fetchone()
    return row


def rewrite_article(
    connection: sqlite3.Connection, article_id: int, article: Article, *, fingerprint: str
) -> None:
    """Correct what is stored of an article and of its current text; it stays the same revision.

    Call inside a transaction. Matches and alerts stay as they are.
    """
    _forget_text(connection, article_id)
    values = _facts_of(article)
    columns = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        f"UPDATE articles SET {columns} WHERE id = :id",  # noqa: S608  # our own column names
        {**values, "id": article_id},
    )
    connection.execute(
        """UPDATE revisions SET headline = ?, body = ?, fingerprint = ?, word_count = ?, language = ?
           WHERE id = (SELECT revision_id FROM articles WHERE id = ?)""",
        [
            article.headline,
            article.body,
            fingerprint,
            len(article.body.split()),
            article.language,
            article_id,
        ],
    )
    connection.execute(_INDEX_TEXT, [article_id])


def _insert_revision(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    article_id: int,
    verdict: Verdict,
    diff: str | None,
) -> int:
    cursor = connection.execute(
        """INSERT INTO revisions
               (article_id, run_id, fetched_at, fingerprint, headline, body, word_count, reason, diff, language)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            article_id,
            page.run_id,
            to_text(page.fetched_at),
            verdict.fingerprint,
            article.headline,
            article.body,
            len(article.body.split()),
            verdict.reason,
            diff,
            article.language,
        ],
    )
    return cursor.lastrowid or 0


def _forget_text(connection: sqlite3.Connection, article_id: int) -> None:
    """Take the current text out of the index; it must be told exactly what it had indexed."""
    connection.execute(
        """INSERT INTO articles_fts (articles_fts, rowid, headline, body)
           SELECT 'delete', id, headline, body FROM article_texts WHERE id = ?""",
        [article_id],
    )


def _make_current(
    connection: sqlite3.Connection,
    article: Article,
    article_id: int,
    *,
    revision_id: int,
    now: datetime,
) -> None:
    connection.execute(
        """UPDATE articles SET revision_id = ?, headline = ?, last_seen_at = ?,
               gone_at = NULL, gone_status = NULL, revision_count = revision_count + 1 WHERE id = ?""",
        [revision_id, article.headline, to_text(now), article_id],
    )
    connection.execute(_INDEX_TEXT, [article_id])


def list_articles(
    connection: sqlite3.Connection,
    *,
    limit: int,
    source: str | None = None,
    search: str | None = None,
) -> tuple[sqlite3.Row, ...]:
    """List articles, newest first; ``search`` is looked for as plain words."""
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
    """Find one article by id or address: its row with the body, its revisions, its matches."""
    article = connection.execute(
        """SELECT articles.*, sources.name AS source, revisions.body, revisions.word_count
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
