"""The articles and revisions tables, and the full-text index that people search.

Owner: crawl process.
"""

import json
import sqlite3
from datetime import datetime
from hashlib import blake2b

from crawler.model.article import Article, Page, Revision, Verdict
from crawler.storage.file.database import to_text, to_text_or_none
from crawler.text.web.urls import article_key


def mark_article_seen(connection: sqlite3.Connection, article_id: int, *, now: datetime) -> None:
    """Set ``last_seen_at``; an article that was gone is no longer gone."""
    connection.execute(
        "UPDATE articles SET last_seen_at = ?, gone_at = NULL, gone_status = NULL WHERE id = ?",
        [to_text(now), article_id],
    )


def mark_article_gone(
    connection: sqlite3.Connection, entry_id: int, *, http_status: int, now: datetime
) -> int | None:
    """Record that the page of an entry's article is gone; return the article's id if that is new, else None."""
    row = connection.execute(
        """UPDATE articles SET gone_at = ?, gone_status = ?
           WHERE id = (SELECT article_id FROM entries WHERE id = ?) AND gone_at IS NULL RETURNING id""",
        [to_text(now), http_status, entry_id],
    ).fetchone()
    return None if row is None else int(row["id"])


def save_revision(
    connection: sqlite3.Connection,
    page: Page,
    article: Article,
    *,
    verdict: Verdict,
    diff: str | None = None,
    now: datetime,
) -> Revision:
    """Save a new text, with its article and story if these are new, and return the revision.

    diff  the change from the text before, as marked words

    Call in the transaction that saves its matches and alerts.
    """
    is_first = verdict.article_id is None
    story_id = verdict.story_id or _save_story(connection, article.headline, now=now)
    article_id = verdict.article_id or _save_article(
        connection, page, article, story_id=story_id, now=now
    )
    revision_id = _insert_revision(connection, page, article, article_id, verdict, diff)
    if verdict.completes:
        _complete_article(connection, article, article_id)
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
        completes=verdict.completes,
    )


def _save_story(connection: sqlite3.Connection, headline: str, *, now: datetime) -> int:
    cursor = connection.execute(
        "INSERT INTO stories (headline, first_seen_at) VALUES (?, ?)", [headline, to_text(now)]
    )
    return cursor.lastrowid or 0


def _facts_of(article: Article) -> dict[str, str | int | None]:
    """Return the fields of an article, by column."""
    publication_date, byline = article.publication_date, article.byline
    return {
        "headline": article.headline,
        "byline": byline.text if byline else None,
        "is_agency": int(bool(byline and byline.is_agency)),
        "section": article.section,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "language": article.language,
        "image_url": article.image_url,
        "is_teaser": int(article.is_teaser),
        "published_at": to_text_or_none(publication_date.published_at)
        if publication_date
        else None,
        "published_precision": publication_date.precision.value if publication_date else None,
        "published_zone": publication_date.zone if publication_date else None,
        "published_evidence": publication_date.evidence if publication_date else None,
        "published_origin": publication_date.origin if publication_date else None,
        "published_confidence": publication_date.confidence.value if publication_date else None,
    }


def _save_article(
    connection: sqlite3.Connection, page: Page, article: Article, *, story_id: int, now: datetime
) -> int:
    values = {
        **_facts_of(article),
        "url": _free_address(connection, article),
        "url_key": article.key or article_key(article.url),
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


def _free_address(connection: sqlite3.Connection, article: Article) -> str:
    """Return an article's address, with a mark if another piece of news on the same page has it already."""
    url = article.url
    taken = connection.execute("SELECT 1 FROM articles WHERE url = ?", [url]).fetchone()
    if taken is None or not article.key:
        return url
    mark = blake2b(article.key.encode(), digest_size=4).hexdigest()
    # a fragment directive that no browser knows: the link leads to the page all the same
    joint = "&" if ":~:" in url else ":~:" if "#" in url else "#:~:"
    return f"{url}{joint}entry={mark}"


def _complete_article(connection: sqlite3.Connection, article: Article, article_id: int) -> None:
    """Complete an article in feed words by its page, with the page's address unless another article has that."""
    values = _facts_of(article)
    columns = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        f"UPDATE articles SET {columns} WHERE id = :id",  # noqa: S608  # our own column names
        {**values, "id": article_id},
    )
    connection.execute(
        "UPDATE OR IGNORE articles SET url = ?, url_key = ? WHERE id = ?",
        [article.url, article.key or article_key(article.url), article_id],
    )


def rewrite_article(
    connection: sqlite3.Connection, article_id: int, article: Article, *, fingerprint: str
) -> None:
    """Correct an article and its current text; the revision stays the same.

    Call inside a transaction. Matches and alerts stay as they are.
    """
    values = _facts_of(article)
    columns = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        f"UPDATE articles SET {columns} WHERE id = :id",  # noqa: S608  # our own column names
        {**values, "id": article_id},
    )
    connection.execute(
        """DELETE FROM packed_texts WHERE revision_id = (SELECT revision_id FROM articles WHERE id = ?)""",
        [article_id],
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
               (article_id, visit_id, fetched_at, fingerprint, headline, body, word_count, reason, diff, language,
                from_feed)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            article_id,
            page.visit_id,
            to_text(page.fetched_at),
            verdict.fingerprint,
            article.headline,
            article.body,
            len(article.body.split()),
            verdict.reason,
            diff,
            article.language,
            article.from_feed or None,
        ],
    )
    return cursor.lastrowid or 0


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
