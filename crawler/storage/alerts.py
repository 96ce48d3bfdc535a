"""Reading alerts back: for the letter they become, and for people."""

import json
import sqlite3

from crawler.model.alert import Alert, AlertKind, Outlet
from crawler.model.watch import Snippet
from crawler.storage.database import to_instant, to_instant_or_none

_ALERT = """
SELECT alerts.id, alerts.kind, alerts.story_id, matches.story_id AS told_in, alerts.raised_at, watches.name AS watch_name,
    watches.query, revisions.headline, revisions.diff, articles.url, articles.language, articles.byline,
    articles.published_at, articles.published_precision, sources.name AS source_name,
    matches.terms, matches.hit_count, matches.in_headline, matches.snippet, matches.snippet_marks
FROM alerts
JOIN matches ON matches.id = alerts.match_id
JOIN watches ON watches.id = alerts.watch_id
JOIN revisions ON revisions.id = matches.revision_id
JOIN articles ON articles.id = matches.article_id
JOIN sources ON sources.id = articles.source_id
"""


def get_alert(connection: sqlite3.Connection, alert_id: int, *, zone: str) -> Alert:
    """Read everything a letter needs; raises LookupError for an unknown id.

    zone  in which its reader is shown times
    """
    row = connection.execute(f"{_ALERT} WHERE alerts.id = ?", [alert_id]).fetchone()
    if row is None:
        raise LookupError(f"there is no alert {alert_id}")
    marks = tuple((start, end) for start, end in json.loads(row["snippet_marks"]))
    return Alert(
        id=row["id"],
        kind=AlertKind(row["kind"]),
        watch_name=row["watch_name"],
        query=row["query"],
        headline=row["headline"],
        url=row["url"],
        source_name=row["source_name"],
        language=row["language"],
        terms=tuple(json.loads(row["terms"])),
        hit_count=row["hit_count"],
        in_headline=bool(row["in_headline"]),
        snippet=Snippet(text=row["snippet"], marks=marks),
        raised_at=to_instant(row["raised_at"]),
        zone=zone,
        published_at=to_instant_or_none(row["published_at"]),
        precision=row["published_precision"],
        byline=row["byline"],
        story_id=row["story_id"],
        diff=row["diff"] or "",
        outlets=_list_outlets(connection, row["told_in"]),
    )


def _list_outlets(connection: sqlite3.Connection, story_id: int) -> tuple[Outlet, ...]:
    rows = connection.execute(
        """SELECT sources.name, articles.headline, articles.url, articles.published_at,
               articles.first_seen_at
           FROM articles JOIN sources ON sources.id = articles.source_id
           WHERE articles.story_id = ? ORDER BY articles.first_seen_at, articles.id LIMIT 50""",
        [story_id],
    )
    return tuple(
        Outlet(
            source_name=row["name"],
            headline=row["headline"],
            url=row["url"],
            published_at=to_instant_or_none(row["published_at"]),
            first_seen_at=to_instant(row["first_seen_at"]),
        )
        for row in rows
    )


def list_alerts(
    connection: sqlite3.Connection, *, limit: int, state: str | None = None
) -> tuple[sqlite3.Row, ...]:
    """List deliveries with their alert, newest first; ``state`` is owed, sent or dead."""
    return tuple(
        connection.execute(
            """SELECT deliveries.id, alerts.id AS alert_id, alerts.kind, alerts.raised_at,
                   watches.name AS watch, revisions.headline, articles.url,
                   deliveries.recipient, deliveries.state, deliveries.attempt_count,
                   deliveries.next_try_at, deliveries.sent_at, deliveries.answer
               FROM deliveries
               JOIN alerts ON alerts.id = deliveries.alert_id
               JOIN matches ON matches.id = alerts.match_id
               JOIN watches ON watches.id = alerts.watch_id
               JOIN revisions ON revisions.id = matches.revision_id
               JOIN articles ON articles.id = matches.article_id
               WHERE :state IS NULL OR deliveries.state = :state
               ORDER BY deliveries.id DESC LIMIT :limit""",
            {"state": state, "limit": limit},
        )
    )
