"""What receipts are made of: sources, pages and letters in numbers, when nothing ran, and who gets one when.

Owner: daemon.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from crawler.model.receipt import Receipt, SourceEvent, SourceState
from crawler.storage.database import to_instant, to_instant_or_none, to_text
from crawler.storage.health import count_owed

# a source that has been due for this long and was not read is late; every visit takes a while
_LATE = timedelta(hours=1)
# a restart is no absence
_SHORTEST_ABSENCE = timedelta(minutes=10)


def measure_receipt(connection: sqlite3.Connection, *, since: datetime, until: datetime) -> Receipt:
    """Take stock of a period; how sources are is told as it stands now."""
    sources = connection.execute(
        """SELECT count(*) AS source_count,
               count(*) FILTER (WHERE visited_at IS NULL AND failure_count = 0) AS unread,
               count(*) FILTER (WHERE health <> 'failing' AND visited_at IS NOT NULL AND next_due_at <= :late) AS late
           FROM sources WHERE is_active = 1""",
        {"late": to_text(until - _LATE)},
    ).fetchone()
    states = _list_states(connection)
    missing = sources["unread"] + sources["late"] + len(states["failing"])
    runs = connection.execute(
        """SELECT total(new_count + copy_count + revised_count + seen_count) AS checked,
               total(refused_count) AS refused, total(match_count) AS matches
           FROM runs WHERE started_at > ? AND started_at <= ?""",
        [to_text(since), to_text(until)],
    ).fetchone()
    owed, dead = count_owed(connection, since=since, until=until)
    return Receipt(
        since=since,
        until=until,
        source_count=sources["source_count"],
        on_time_count=max(0, sources["source_count"] - missing),
        late_count=sources["late"],
        unread_count=sources["unread"],
        failing=states["failing"],
        quiet=states["quiet"],
        degraded=states["degraded"],
        checked_count=int(runs["checked"]),
        refused_count=int(runs["refused"]),
        match_count=int(runs["matches"]),
        owed_count=owed,
        dead_count=dead,
        absences=_list_absences(connection, since=since, until=until),
    )


def _list_states(connection: sqlite3.Connection) -> dict[str, tuple[SourceState, ...]]:
    """List the sources that need a look by what is wrong with them, longest first."""
    rows = connection.execute(
        """SELECT name, health, health_since, health_reason FROM sources
           WHERE is_active = 1 AND health IN ('failing', 'quiet', 'degraded') ORDER BY health_since, name"""
    )
    states: dict[str, tuple[SourceState, ...]] = {"failing": (), "quiet": (), "degraded": ()}
    for row in rows:
        state = SourceState(
            name=row["name"],
            health=row["health"],
            since=to_instant_or_none(row["health_since"]),
            reason=row["health_reason"] or "",
        )
        states[state.health] += (state,)
    return states


def save_uptime(connection: sqlite3.Connection, *, uptime_id: int | None, now: datetime) -> int:
    """Say that the daemon runs; gives the id under which to say so again."""
    if uptime_id is not None:
        connection.execute(
            "UPDATE uptimes SET last_seen_at = max(last_seen_at, ?) WHERE id = ?",
            [to_text(now), uptime_id],
        )
        return uptime_id
    cursor = connection.execute(
        "INSERT INTO uptimes (started_at, last_seen_at) VALUES (?1, ?1)", [to_text(now)]
    )
    return cursor.lastrowid or 0


def _list_absences(
    connection: sqlite3.Connection, *, since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """List when nothing ran, within a period; what was before the first start is no absence."""
    rows = connection.execute(
        """SELECT started_at, last_seen_at,
               max(last_seen_at) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
           FROM uptimes ORDER BY id"""
    ).fetchall()
    gaps = [
        (to_instant(row["before"]), to_instant(row["started_at"])) for row in rows if row["before"]
    ]
    if rows:
        gaps.append((max(to_instant(row["last_seen_at"]) for row in rows), until))
    inside = ((max(start, since), min(end, until)) for start, end in gaps)
    return tuple((start, end) for start, end in inside if end - start >= _SHORTEST_ABSENCE)


def find_last_receipt(
    connection: sqlite3.Connection, recipient: str, *, before_id: int
) -> datetime | None:
    """Tell until when a recipient has had receipts; before the first, since when it is named; None for a stranger.

    A letter of alerts that were held back has one too, but may show none where it holds a single alert.
    """
    row = connection.execute(
        """SELECT coalesce(
               (SELECT max(closed_at) FROM deliveries
                WHERE recipient = ?1 AND kind IN ('digest', 'receipt') AND series <> 'held'
                    AND state <> 'dropped' AND id < ?2),
               (SELECT first_named_at FROM recipients WHERE recipient = ?1)) AS instant""",
        [recipient, before_id],
    ).fetchone()
    return to_instant_or_none(row["instant"])


def list_recipients(connection: sqlite3.Connection) -> dict[str, tuple[str, datetime]]:
    """Give every recipient's receipt plan and next moment."""
    rows = connection.execute("SELECT * FROM recipients")
    return {
        row["recipient"]: (row["receipt_plan"], to_instant(row["next_receipt_at"])) for row in rows
    }


def save_recipient(
    connection: sqlite3.Connection,
    recipient: str,
    *,
    plan: str,
    next_receipt_at: datetime,
    now: datetime,
) -> None:
    """Write down when a recipient gets the next receipt."""
    connection.execute(
        """INSERT INTO recipients (recipient, first_named_at, receipt_plan, next_receipt_at)
           VALUES (?, ?, ?, ?)
           ON CONFLICT (recipient) DO UPDATE SET receipt_plan = excluded.receipt_plan,
               next_receipt_at = excluded.next_receipt_at""",
        [recipient, to_text(now), plan, to_text(next_receipt_at)],
    )


def remove_recipients(connection: sqlite3.Connection, recipients: Iterable[str]) -> None:
    """Forget recipients that no watch names any more; named again, they begin anew."""
    connection.executemany(
        "DELETE FROM recipients WHERE recipient = ?", [(name,) for name in recipients]
    )


def list_untold_events(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[tuple[int, datetime], ...]:
    """List changes of sources' states no notice has told yet, oldest first, as (id, when)."""
    rows = connection.execute(
        """SELECT id, happened_at FROM source_events
           WHERE delivery_id IS NULL AND happened_at >= ? ORDER BY id""",
        [to_text(since)],
    )
    return tuple((row["id"], to_instant(row["happened_at"])) for row in rows)


def mark_told(connection: sqlite3.Connection, event_ids: Sequence[int], delivery_id: int) -> None:
    """Say which notice tells of these changes."""
    connection.executemany(
        "UPDATE source_events SET delivery_id = ? WHERE id = ?",
        [(delivery_id, event_id) for event_id in event_ids],
    )


def list_told_events(connection: sqlite3.Connection, delivery_id: int) -> tuple[SourceEvent, ...]:
    """List the changes a notice tells of, in the order they happened."""
    rows = connection.execute(
        """SELECT source_events.*, sources.name FROM source_events
           JOIN sources ON sources.id = source_events.source_id
           WHERE delivery_id = ? ORDER BY source_events.id""",
        [delivery_id],
    )
    return tuple(
        SourceEvent(
            source_name=row["name"],
            health=row["health"],
            health_before=row["health_before"],
            reason=row["reason"],
            happened_at=to_instant(row["happened_at"]),
        )
        for row in rows
    )


def find_last_notice(connection: sqlite3.Connection, recipient: str) -> datetime | None:
    """Tell when the last notice was made for the operator."""
    row = connection.execute(
        "SELECT max(made_at) FROM deliveries WHERE recipient = ? AND kind = 'notice'", [recipient]
    ).fetchone()
    return to_instant_or_none(row[0])
