"""The health of sources: samples of their last pages, and changes of health as events.

Owner: daemon.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.model.source import Health
from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered

# a sample that is small enough to show a change soon; ``scheduler.due.source_health`` needs six pages of it to judge
_LAST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSample:
    """A source's last pages in numbers.

    page_count     pages settled, of the last 20
    refused_count  those of them without an article, not even in their feed's words; ``refusal`` is the commonest reason
    article_count  last articles looked at, at most 20
    undated_count  those of them without a date
    same_count     the most of them with one text at different addresses: a wall
    dated_before   share of the articles before these that had a date, None if there are fewer than 20
    """

    page_count: int
    refused_count: int
    refusal: str
    article_count: int
    undated_count: int
    same_count: int
    dated_before: float | None


def sample_pages(connection: sqlite3.Connection, source_id: int) -> PageSample:
    """Return the numbers of a source's last pages."""
    pages = connection.execute(
        """SELECT CASE WHEN article_id IS NOT NULL THEN 'known' WHEN state = 'waiting' THEN 'refused' ELSE state END AS state,
               reason FROM entries
           WHERE source_id = ? AND (state IN ('fetched', 'refused') OR (state = 'waiting' AND unread_since IS NOT NULL))
           ORDER BY first_seen_at DESC LIMIT ?""",
        [source_id, _LAST_PAGES],
    ).fetchall()
    articles = connection.execute(
        """SELECT articles.published_at, revisions.fingerprint FROM articles
           JOIN revisions ON revisions.id = articles.revision_id
           WHERE articles.source_id = ? AND articles.withdrawn_at IS NULL ORDER BY articles.id DESC LIMIT ?""",
        [source_id, 2 * _LAST_PAGES],
    ).fetchall()
    last, before = articles[:_LAST_PAGES], articles[_LAST_PAGES:]
    refusals = [str(row["reason"]) for row in pages if row["state"] == "refused"]
    prints = [row["fingerprint"] for row in last]
    dated = sum(row["published_at"] is not None for row in before)
    return PageSample(
        page_count=len(pages),
        refused_count=len(refusals),
        refusal=max(refusals, key=refusals.count, default=""),
        article_count=len(last),
        undated_count=sum(row["published_at"] is None for row in last),
        same_count=max((prints.count(value) for value in set(prints)), default=0),
        dated_before=dated / len(before) if len(before) == _LAST_PAGES else None,
    )


def save_health(
    connection: sqlite3.Connection,
    source_id: int,
    health: Health,
    reason: str,
    *,
    before: Health,
    now: datetime,
) -> None:
    """Save a source's health; a change is an event, except a first good visit. Call inside a transaction."""
    connection.execute(
        """UPDATE sources SET health = ?1, health_reason = ?2,
               health_since = iif(health = ?1, coalesce(health_since, ?3), ?3) WHERE id = ?4""",
        numbered(health.value, reason or None, to_text(now), source_id),
    )
    if health is not before and (before, health) != (Health.NEW, Health.OK):
        connection.execute(
            """INSERT INTO source_events (source_id, happened_at, health, health_before, reason)
               VALUES (?, ?, ?, ?, ?)""",
            [source_id, to_text(now), health.value, before.value, reason],
        )


def list_source_events(
    connection: sqlite3.Connection, *, source_id: int | None = None, limit: int = 50
) -> Sequence[sqlite3.Row]:
    """Return changes of health, newest first, of one source or of all."""
    return connection.execute(
        """SELECT source_events.*, sources.name AS source FROM source_events
           JOIN sources ON sources.id = source_events.source_id
           WHERE ?1 IS NULL OR source_events.source_id = ?1 ORDER BY source_events.id DESC LIMIT ?2""",
        numbered(source_id, limit),
    ).fetchall()
