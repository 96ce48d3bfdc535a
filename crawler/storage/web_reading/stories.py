"""What the page of a story shows: who told it when, what was changed since, who was alerted. Reads only."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_instant_or_none
from crawler.storage.file.functions import BODY
from crawler.storage.file.parameters import numbered
from crawler.storage.news.story_reading import BEST_IN_STORY, PUBLISHED_OR_SEEN_AT
from crawler.storage.web_reading.cards import Published, read_published

_TELLINGS = f"""
SELECT articles.id, articles.story_id, articles.url, articles.headline, articles.language, articles.byline, articles.is_agency,
    articles.revision_count, articles.published_at, articles.published_precision, articles.published_zone,
    articles.published_evidence, articles.published_origin, articles.first_seen_at, articles.gone_at,
    {PUBLISHED_OR_SEEN_AT} AS told_at, sources.name AS source, revisions.word_count,
    best.other_id AS shares_with, best.share, best.reason
FROM articles JOIN sources ON sources.id = articles.source_id
JOIN revisions ON revisions.id = articles.revision_id
{BEST_IN_STORY}
WHERE articles.story_id = ? AND articles.withdrawn_at IS NULL
ORDER BY told_at, articles.id LIMIT ?
"""  # noqa: S608  # our own expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One article of a story.

    told_at      when it was published, as stated if that is known to the hour, else when we first saw it
    share        of its phrases, those of the article it shares most with; None if nothing was measured
    reason       why it is the same story, in words
    """

    article_id: int
    url: str
    headline: str
    language: str
    source: str
    byline: str
    is_agency: bool
    word_count: int
    edit_count: int
    published: Published
    told_at: datetime
    shares_with: int | None
    share: float | None
    reason: str
    gone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEdit:
    """A change of an article of the story."""

    article_id: int
    source: str
    seen_at: datetime
    diff: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryAlert:
    """An alert about the story, with what became of its messages.

    recipients  with the state of each message; only for the owner
    sent_count, pending_count, dead_count   messages
    """

    alert_id: int
    watch: str
    kind: str
    raised_at: datetime
    recipients: tuple[tuple[str, str], ...]
    sent_count: int
    pending_count: int
    dead_count: int


def list_tellings(
    connection: sqlite3.Connection, story_id: int, *, limit: int
) -> tuple[Telling, ...]:
    """Return the articles of a story in the order in which they were told."""
    return tuple(
        Telling(
            article_id=row["id"],
            url=row["url"],
            headline=row["headline"],
            language=row["language"],
            source=row["source"],
            byline=row["byline"] or "",
            is_agency=bool(row["is_agency"]),
            word_count=row["word_count"],
            edit_count=row["revision_count"] - 1,
            published=read_published(row),
            told_at=to_instant(row["told_at"]),
            shares_with=row["shares_with"],
            share=row["share"],
            reason=row["reason"] or "",
            gone_at=to_instant_or_none(row["gone_at"]),
        )
        for row in connection.execute(_TELLINGS, [story_id, limit])
    )


def list_story_edits(
    connection: sqlite3.Connection, story_id: int, *, limit: int
) -> tuple[StoryEdit, ...]:
    """Return what was changed in a story's articles after they were first read, the latest first."""
    rows = connection.execute(
        """SELECT revisions.article_id, sources.name AS source, revisions.fetched_at, revisions.diff, articles.language
           FROM articles JOIN revisions ON revisions.article_id = articles.id
           JOIN sources ON sources.id = articles.source_id
           WHERE articles.story_id = ? AND articles.withdrawn_at IS NULL AND revisions.diff IS NOT NULL
           ORDER BY revisions.id DESC LIMIT ?""",
        [story_id, limit],
    )
    return tuple(
        StoryEdit(
            article_id=row["article_id"],
            source=row["source"],
            seen_at=to_instant(row["fetched_at"]),
            diff=row["diff"],
            language=row["language"],
        )
        for row in rows
    )


def list_story_alerts(
    connection: sqlite3.Connection, story_id: int, *, limit: int
) -> tuple[StoryAlert, ...]:
    """Return the alerts about a story, and those it was merged with, the latest first."""
    rows = connection.execute(
        """SELECT alerts.id, alerts.kind, alerts.raised_at, watches.name AS watch,
               (SELECT json_group_array(json_array(deliveries.recipient, deliveries.state)) FROM delivery_alerts
                JOIN deliveries ON deliveries.id = delivery_alerts.delivery_id
                WHERE delivery_alerts.alert_id = alerts.id AND delivery_alerts.left_out IS NULL) AS messages
           FROM alerts JOIN watches ON watches.id = alerts.watch_id
           WHERE alerts.story_id IN (SELECT id FROM stories WHERE id = ?1 OR merged_into = ?1)
           ORDER BY alerts.id DESC LIMIT ?2""",
        numbered(story_id, limit),
    )
    return tuple(_read_alert(row) for row in rows)


def _read_alert(row: sqlite3.Row) -> StoryAlert:
    messages = [(recipient, state) for recipient, state in json.loads(row["messages"])]
    states = [state for _, state in messages]
    return StoryAlert(
        alert_id=row["id"],
        watch=row["watch"],
        kind=row["kind"],
        raised_at=to_instant(row["raised_at"]),
        recipients=tuple(messages),
        sent_count=states.count("sent"),
        pending_count=states.count("pending"),
        dead_count=states.count("dead"),
    )


def map_bodies(connection: sqlite3.Connection, article_ids: Sequence[int]) -> dict[int, str]:
    """Return the current texts of articles."""
    rows = connection.execute(
        f"""SELECT articles.id, {BODY} AS body FROM articles JOIN revisions ON revisions.id = articles.revision_id
           WHERE articles.id IN (SELECT value FROM json_each(?))""",  # noqa: S608
        [json.dumps([*article_ids])],
    )
    return {row["id"]: row["body"] for row in rows}
