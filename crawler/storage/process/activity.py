"""The activity since a cursor: pages, matches, visits and attempts, for progress in a terminal."""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from crawler.logs.masks import mask, mask_address
from crawler.storage.file.database import to_instant_or_none
from crawler.text.counts import write_count, write_number

# a visit to a site that refuses every page must not fill the screen; `doctor` counts them all
_NOTHING_NEW = "nothing new"
_MOST_PAGES = 5


@dataclass(slots=True)
class Cursor:
    """How far somebody has read: the last row of each table.

    visits_shown  visits after ``visits`` that were shown already, because they ended before an earlier one
    """

    visits: int = 0
    revisions: int = 0
    matches: int = 0
    attempts: int = 0
    visits_shown: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of activity.

    kind    visited, failed, cut off, new, copy, revised, refused, lost, matched, mailed, deferred, dead
    source  a source; for matched a watch; for mailed, deferred and dead a recipient
    text    the headline, the reason, or the counts
    detail  a second line, or empty: the address of a page that was refused or failed
    next_try_at  of a failed source
    """

    kind: str
    source: str
    text: str
    detail: str = ""
    next_try_at: datetime | None = None

    @property
    def is_idle(self) -> bool:
        """Return whether it is a visit that found nothing new."""
        return self.kind == "visited" and self.text == _NOTHING_NEW


def start_cursor(connection: sqlite3.Connection) -> Cursor:
    """Return a cursor at the present end of all tables."""
    return Cursor(
        visits=_last(connection, "visits"),
        revisions=_last(connection, "revisions"),
        matches=_last(connection, "matches"),
        attempts=_last(connection, "attempts"),
    )


def _last(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608  # our own names
    return int(row[0])


def count_active_sources(connection: sqlite3.Connection) -> int:
    """Return how many sources are visited: in the configuration, and not paused."""
    return int(connection.execute("SELECT count(*) FROM sources WHERE is_active = 1").fetchone()[0])


def read_events(connection: sqlite3.Connection, cursor: Cursor) -> tuple[Event, ...]:
    """Return the activity since the cursor, and move it."""
    return (
        *_revisions(connection, cursor),
        *_matches(connection, cursor),
        *_visits(connection, cursor),
        *_attempts(connection, cursor),
    )


def _revisions(connection: sqlite3.Connection, cursor: Cursor) -> list[Event]:
    rows = connection.execute(
        """SELECT revisions.id, revisions.headline, revisions.reason, sources.name AS source,
               (SELECT min(id) FROM revisions AS r WHERE r.article_id = articles.id)
                    = revisions.id AS is_first,
               (SELECT group_concat(s.name, ', ') FROM articles AS a
                    JOIN sources AS s ON s.id = a.source_id
                    WHERE a.story_id = articles.story_id AND a.id < articles.id) AS copy_of
           FROM revisions JOIN articles ON articles.id = revisions.article_id
           JOIN sources ON sources.id = articles.source_id
           WHERE revisions.id > ? ORDER BY revisions.id""",
        [cursor.revisions],
    ).fetchall()
    events = []
    for row in rows:
        cursor.revisions = row["id"]
        if not row["is_first"]:
            kind, detail = "revised", row["reason"]
        elif row["copy_of"]:
            kind, detail = "copy", f"same story as {row['copy_of']}"
        else:
            kind, detail = "new", ""
        events.append(Event(kind=kind, source=row["source"], text=row["headline"], detail=detail))
    return events


def _matches(connection: sqlite3.Connection, cursor: Cursor) -> list[Event]:
    rows = connection.execute(
        """SELECT matches.id, watches.name AS watch, revisions.headline, matches.snippet
           FROM matches JOIN watches ON watches.id = matches.watch_id
           JOIN revisions ON revisions.id = matches.revision_id
           WHERE matches.id > ? ORDER BY matches.id""",
        [cursor.matches],
    ).fetchall()
    if rows:
        cursor.matches = rows[-1]["id"]
    return [
        Event(kind="matched", source=row["watch"], text=row["headline"], detail=row["snippet"])
        for row in rows
    ]


def _visits(connection: sqlite3.Connection, cursor: Cursor) -> list[Event]:
    """Return finished visits; they end out of order, so the cursor stops before the first open one.

    A failed visit is shown once its next try is planned, so that this can be shown too.
    """
    rows = connection.execute(
        """SELECT visits.*, sources.name AS source, sources.next_due_at,
               visits.finished_at IS NULL OR (visits.outcome = 'failed' AND visits.finish_no >
                   (SELECT value FROM marks WHERE name = 'visits')) AS is_open
           FROM visits
           JOIN sources ON sources.id = visits.source_id
           WHERE visits.id > ? ORDER BY visits.id""",
        [cursor.visits],
    ).fetchall()
    events, is_gapless = [], True
    for row in rows:
        if row["is_open"]:
            is_gapless = False
        elif row["id"] not in cursor.visits_shown:
            events += _list_unread(connection, row)
            events.append(_describe_visit(row))
            cursor.visits_shown.add(row["id"])
        if is_gapless:
            cursor.visits = row["id"]
            cursor.visits_shown.discard(row["id"])
    return events


def _list_unread(connection: sqlite3.Connection, visit: sqlite3.Row) -> list[Event]:
    """Return pages of a visit that were refused or failed, with reason and address, at most five."""
    count = visit["refused_count"] + visit["failed_count"]
    if not count:
        return []
    rows = connection.execute(
        """SELECT state, reason, announced_url FROM entries WHERE source_id = ? AND reason IS NOT NULL
               AND looked_at BETWEEN ? AND ? ORDER BY looked_at LIMIT ?""",
        [visit["source_id"], visit["started_at"], visit["finished_at"], _MOST_PAGES],
    ).fetchall()
    return [
        Event(
            kind="refused" if row["state"] == "refused" else "lost",
            source=visit["source"],
            text=row["reason"],
            detail=row["announced_url"],
        )
        for row in rows
    ]


def _describe_visit(row: sqlite3.Row) -> Event:
    if row["outcome"] == "interrupted":
        return Event(
            kind="cut off", source=row["source"], text=row["note"] or "", detail=_write_counts(row)
        )
    if row["outcome"] == "failed":
        return Event(
            kind="failed",
            source=row["source"],
            text=row["note"] or "",
            next_try_at=to_instant_or_none(row["next_due_at"]),
        )
    if row["outcome"] == "unchanged" and not row["failed_count"] + row["new_count"]:
        return Event(kind="visited", source=row["source"], text=_NOTHING_NEW)
    found = f"{write_count(row['found_count'], 'entry', 'entries')}, {write_number(row['announced_count'])} not seen before"
    said = "; ".join(filter(None, (_write_counts(row), row["note"])))
    return Event(kind="visited", source=row["source"], text=found, detail=said)


def _write_counts(row: sqlite3.Row) -> str:
    names = ("new", "copy", "revised", "seen", "refused", "failed")
    return ", ".join(
        f"{write_number(row[f'{name}_count'])} {name}" for name in names if row[f"{name}_count"]
    )


def _attempts(connection: sqlite3.Connection, cursor: Cursor) -> list[Event]:
    rows = connection.execute(
        """SELECT attempts.id, attempts.outcome, attempts.answer, deliveries.recipient, deliveries.kind,
               (SELECT count(*) FROM delivery_alerts WHERE delivery_id = deliveries.id AND left_out IS NULL) AS alert_count,
               (SELECT revisions.headline FROM delivery_alerts
                    JOIN alerts ON alerts.id = delivery_alerts.alert_id
                    JOIN revisions ON revisions.id = alerts.revision_id
                    WHERE delivery_id = deliveries.id LIMIT 1) AS headline
           FROM attempts JOIN deliveries ON deliveries.id = attempts.delivery_id
           WHERE attempts.id > ? ORDER BY attempts.id""",
        [cursor.attempts],
    ).fetchall()
    if rows:
        cursor.attempts = rows[-1]["id"]
    kinds = {"sent": "mailed", "deferred": "deferred", "refused": "dead"}
    return [
        Event(
            kind=kinds[row["outcome"]],
            source=mask_address(row["recipient"]),
            text=_name_message(row),
            detail=mask(row["answer"] or ""),
        )
        for row in rows
    ]


def _name_message(row: sqlite3.Row) -> str:
    """Return a name for a message: its first headline, and how many more alerts it brings."""
    if row["headline"] is None:
        return {"status_report": "status report", "notice": "notice to the admin"}.get(
            row["kind"], ""
        )
    more = row["alert_count"] - 1
    return f"{row['headline']} and {more} more" if more else str(row["headline"])
