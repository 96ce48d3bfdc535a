"""Queries about alerts and deliveries: for messages, and for people."""

import json
import sqlite3

from crawler.model.mail.alert import Alert, AlertKind, Entry, Outlet
from crawler.model.watch import Snippet
from crawler.storage.file.database import to_instant, to_instant_or_none
from crawler.storage.file.functions import BODY, body_of
from crawler.storage.file.parameters import numbered
from crawler.storage.news.story_reading import PUBLISHED_OR_SEEN_AT
from crawler.text.word_diff import diff_words

# more than a message shows (``alerting.messages.show``); the others are counted
_MOST_OUTLETS = 50
_ALERTS = f"""
SELECT alerts.id, alerts.kind, alerts.story_id, matches.story_id AS current_story_id, alerts.raised_at, watches.name AS watch_name,
    coalesce(watches.thread_name, watches.name) AS thread_name,
    watches.query, revisions.headline, revisions.diff, revisions.from_feed, articles.id AS article_id, articles.url, articles.language,
    articles.byline, articles.published_at, articles.published_precision, articles.published_zone, articles.gone_status,
    sources.name AS source_name, matches.terms, matches.hit_count, matches.in_headline, matches.snippet,
    matches.snippet_marks, matches.score,
    alerts.is_last_today, {body_of("since")} AS alerted_body, iif(since.id IS NULL, '', {BODY}) AS body,
    coalesce(since.headline, (SELECT earlier.headline FROM revisions AS earlier WHERE earlier.article_id = articles.id
        AND earlier.id < revisions.id ORDER BY earlier.id DESC LIMIT 1)) AS headline_before
FROM alerts
JOIN matches ON matches.id = alerts.match_id
JOIN watches ON watches.id = alerts.watch_id
JOIN revisions ON revisions.id = alerts.revision_id
JOIN articles ON articles.id = matches.article_id
JOIN sources ON sources.id = articles.source_id
LEFT JOIN revisions AS since ON since.id = alerts.since_revision_id AND since.id < (SELECT max(id) FROM revisions AS earlier
    WHERE earlier.article_id = articles.id AND earlier.id < revisions.id)
"""  # noqa: S608


def get_alert(connection: sqlite3.Connection, alert_id: int) -> Alert:
    """Return an alert with everything a message needs; raises LookupError for an unknown id."""
    row = connection.execute(f"{_ALERTS} WHERE alerts.id = ?", [alert_id]).fetchone()
    if row is None:
        raise LookupError(f"there is no alert {alert_id}")
    return _read_alert(connection, row)


def list_entries(connection: sqlite3.Connection, delivery_id: int) -> tuple[Entry, ...]:
    """Return the alerts a delivery brings, the highest score first."""
    rows = connection.execute(
        """SELECT alerts.id, alerts.kind, watches.name AS watch_name, matches.story_id FROM delivery_alerts
           JOIN alerts ON alerts.id = alert_id
           JOIN matches ON matches.id = alerts.match_id
           JOIN watches ON watches.id = alerts.watch_id
           WHERE delivery_id = ? AND left_out IS NULL ORDER BY matches.score DESC, alert_id""",
        [delivery_id],
    )
    return tuple(
        Entry(
            alert_id=row["id"],
            watch_name=row["watch_name"],
            story_id=row["story_id"],
            kind=AlertKind(row["kind"]),
        )
        for row in rows
    )


def list_feed_alerts(
    connection: sqlite3.Connection, *, watch: str | None, limit: int
) -> tuple[Alert, ...]:
    """Return the last alerts, of one watch or of all, newest first."""
    rows = connection.execute(
        f"{_ALERTS} WHERE ?1 IS NULL OR watches.name = ?1 ORDER BY alerts.id DESC LIMIT ?2",
        numbered(watch, limit),
    ).fetchall()
    return tuple(_read_alert(connection, row) for row in rows)


def _read_alert(connection: sqlite3.Connection, row: sqlite3.Row) -> Alert:
    outlets = _list_outlets(connection, row["current_story_id"])
    is_all = len(outlets) < _MOST_OUTLETS
    outlet_count, copy_count = (
        (0, 0) if is_all else _count_copies(connection, row["current_story_id"])
    )
    return Alert(
        id=row["id"],
        kind=AlertKind(row["kind"]),
        watch_name=row["watch_name"],
        thread_name=row["thread_name"],
        query=row["query"],
        headline=row["headline"],
        url=row["url"],
        source_name=row["source_name"],
        language=row["language"],
        terms=tuple(json.loads(row["terms"])),
        hit_count=row["hit_count"],
        in_headline=bool(row["in_headline"]),
        snippet=Snippet.read(row["snippet"], row["snippet_marks"]),
        raised_at=to_instant(row["raised_at"]),
        published_at=to_instant_or_none(row["published_at"]),
        precision=row["published_precision"],
        published_zone=row["published_zone"],
        byline=row["byline"],
        article_id=row["article_id"],
        story_id=row["story_id"],
        current_story_id=row["current_story_id"],
        diff=_read_diff(row),
        headline_before=row["headline_before"] or "",
        gone_status=row["gone_status"],
        from_feed=row["from_feed"] or "",
        score=row["score"],
        outlets=outlets,
        outlet_count=outlet_count,
        copy_count=copy_count,
        is_last_today=bool(row["is_last_today"]),
    )


def _read_diff(row: sqlite3.Row) -> str:
    """Return the change since the text its readers were last alerted to, over later texts that alerted nobody."""
    if row["alerted_body"] is None:
        return str(row["diff"] or "")
    pairs = ((row["headline_before"], row["headline"]), (row["alerted_body"], row["body"]))
    return "\n".join(filter(None, (diff_words(old, new) for old, new in pairs)))


def _count_copies(connection: sqlite3.Connection, story_id: int) -> tuple[int, int]:
    """Return how many outlets published a story, and in how many articles."""
    row = connection.execute(
        "SELECT count(DISTINCT source_id), count(*) FROM articles WHERE story_id = ? AND withdrawn_at IS NULL",
        [story_id],
    ).fetchone()
    return int(row[0]), int(row[1])


def _list_outlets(connection: sqlite3.Connection, story_id: int) -> tuple[Outlet, ...]:
    rows = connection.execute(
        f"""SELECT sources.name, articles.headline, articles.url, {PUBLISHED_OR_SEEN_AT} AS published_or_seen_at,
               articles.published_precision IN ('minute', 'hour') AS is_stated
           FROM articles JOIN sources ON sources.id = articles.source_id
           WHERE articles.story_id = ? AND articles.withdrawn_at IS NULL
           ORDER BY published_or_seen_at, articles.id LIMIT ?""",  # noqa: S608  # our own expression
        [story_id, _MOST_OUTLETS],
    )
    return tuple(
        Outlet(
            source_name=row["name"],
            headline=row["headline"],
            url=row["url"],
            published_or_seen_at=to_instant(row["published_or_seen_at"]),
            is_stated=bool(row["is_stated"]),
        )
        for row in rows
    )


def list_thread(
    connection: sqlite3.Connection, alert_id: int, recipient: str, *, before_id: int
) -> tuple[str, ...]:
    """Return the Message-IDs of earlier messages to this recipient about the alert's story, oldest first."""
    rows = connection.execute(
        """SELECT deliveries.message_id FROM alerts AS this
           JOIN matches AS here ON here.id = this.match_id
           JOIN matches ON matches.story_id = here.story_id AND matches.watch_id = here.watch_id
           JOIN alerts ON alerts.match_id = matches.id
           JOIN delivery_alerts ON delivery_alerts.alert_id = alerts.id
           JOIN deliveries ON deliveries.id = delivery_alerts.delivery_id
           WHERE this.id = ? AND recipient_key(deliveries.recipient) = recipient_key(?)
               AND deliveries.id < ?
               AND deliveries.state <> 'dropped' AND delivery_alerts.left_out IS NULL
           ORDER BY deliveries.id LIMIT 20""",
        [alert_id, recipient, before_id],
    )
    return tuple(row["message_id"] for row in rows)


def list_alerts_of_message(
    connection: sqlite3.Connection, delivery_id: int, alert_id: int
) -> tuple[sqlite3.Row, ...]:
    """Return the alerts of a message: all if ``alert_id`` is 0, else that one alone."""
    return tuple(
        connection.execute(
            """SELECT deliveries.id AS delivery_id, alerts.id AS alert_id, deliveries.recipient, deliveries.series, alerts.watch_id,
                   watches.name AS watch_name, matches.article_id, matches.story_id, articles.source_id,
                   sources.name AS source_name, revisions.headline, ?2 = 0 AS is_whole_message
               FROM deliveries JOIN delivery_alerts ON delivery_alerts.delivery_id = deliveries.id
               JOIN alerts ON alerts.id = delivery_alerts.alert_id
               JOIN matches ON matches.id = alerts.match_id
               JOIN watches ON watches.id = alerts.watch_id
               JOIN articles ON articles.id = matches.article_id
               JOIN sources ON sources.id = articles.source_id
               JOIN revisions ON revisions.id = alerts.revision_id
               WHERE deliveries.id = ?1 AND (?2 = 0 OR alerts.id = ?2)""",
            numbered(delivery_id, alert_id),
        )
    )


def list_deliveries(
    connection: sqlite3.Connection,
    *,
    limit: int,
    state: str | None = None,
    alert_id: int | None = None,
) -> tuple[sqlite3.Row, ...]:
    """Return deliveries, newest first, each with its first alert; ``state`` is pending, sent, dead or dropped."""
    return tuple(
        connection.execute(
            """SELECT deliveries.*, count(delivery_alerts.alert_id) AS alert_count,
                   min(delivery_alerts.alert_id) AS alert_id, count(delivery_alerts.left_out) AS left_out_count, watches.name AS watch, revisions.headline,
                   articles.url
               FROM deliveries
               LEFT JOIN delivery_alerts ON delivery_alerts.delivery_id = deliveries.id
               LEFT JOIN alerts ON alerts.id = delivery_alerts.alert_id
               LEFT JOIN watches ON watches.id = alerts.watch_id
               LEFT JOIN matches ON matches.id = alerts.match_id
               LEFT JOIN revisions ON revisions.id = alerts.revision_id
               LEFT JOIN articles ON articles.id = matches.article_id
               WHERE (:state IS NULL OR deliveries.state = :state)
                   AND (:alert_id IS NULL OR deliveries.id IN
                        (SELECT delivery_id FROM delivery_alerts WHERE alert_id = :alert_id))
               GROUP BY deliveries.id ORDER BY deliveries.id DESC LIMIT :limit""",
            {"state": state, "limit": limit, "alert_id": alert_id},
        )
    )


def count_deliveries(connection: sqlite3.Connection, *, state: str | None = None) -> int:
    """Return how many deliveries ``list_deliveries`` lists without a limit."""
    row = connection.execute(
        "SELECT count(*) FROM deliveries WHERE :state IS NULL OR state = :state", {"state": state}
    ).fetchone()
    return int(row[0])


def list_attempts(connection: sqlite3.Connection, delivery_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the attempts at a delivery, oldest first."""
    return tuple(
        connection.execute(
            "SELECT * FROM attempts WHERE delivery_id = ? ORDER BY id", [delivery_id]
        )
    )


def find_last_alert(connection: sqlite3.Connection, watch: str) -> int | None:
    """Return the id of a watch's last alert, None while it has none."""
    row = connection.execute(
        """SELECT max(alerts.id) FROM alerts JOIN watches ON watches.id = alerts.watch_id
           WHERE watches.name = ?""",
        [watch],
    ).fetchone()
    return None if row[0] is None else int(row[0])
