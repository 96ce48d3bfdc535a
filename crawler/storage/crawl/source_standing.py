"""The standing of all active sources at an instant, one class each, for status reports, ``doctor`` and web pages.

Reads only. Visits that are not planned yet, or under way, count with what they have found out so far: after a crash the
sources' own rows lag behind their visits.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest

from crawler.model.mail.status_report import Outage, Rest, SourceFacts, SourceState, Standing
from crawler.storage.file.database import to_instant_or_none, to_text, to_text_or_none
from crawler.text.web.urls import budget_key

# sources of each class: status reports show ten lines of it (``alerting.messages.status_report``)
MOST_NAMED = 10
# every visit takes a while: a source that has been due for less is on its way
LATE_AFTER = timedelta(hours=1)
# after a long sleep the daemon spreads overdue visits over half an hour
_SPREAD = timedelta(minutes=30)

# finer than health: 'failing' there means three failures in a row
_CLASSES = """
WITH fresh AS (
    SELECT json_extract(value, '$[0]') AS source_id, json_extract(value, '$[1]') AS read_at,
        json_extract(value, '$[2]') AS is_open, json_extract(value, '$[3]') AS failures,
        json_extract(value, '$[4]') AS failed_at FROM json_each(:fresh)),
seen AS (
    SELECT id, name, health_since, next_due_at, wanted_at, every_seconds,
        coalesce(fresh.read_at, last_success_at) AS read_at,
        iif(fresh.failures IS NULL, failure_count, iif(fresh.failures < 0, 0, failure_count + fresh.failures)) AS failures,
        iif(fresh.failures < 0 AND health = 'failing', 'ok', health) AS health,
        coalesce(fresh.failed_at, last_failure_at) AS failed_at, coalesce(fresh.is_open, 0) AS is_open
    FROM sources LEFT JOIN fresh ON fresh.source_id = sources.id WHERE is_active = 1)
SELECT id, name, CASE
    WHEN read_at IS NULL AND failures > 0 THEN 'never read'
    WHEN failures = 0 AND NOT is_open AND next_due_at <= :soon AND 'interrupted' =
        (SELECT outcome FROM visits WHERE visits.source_id = seen.id ORDER BY visits.id DESC LIMIT 1) THEN 'cut off'
    WHEN read_at IS NULL AND NOT is_open AND next_due_at <= :late THEN 'never read'
    WHEN read_at IS NULL THEN 'new'
    WHEN health = 'failing' OR failures >= 3 THEN 'failing'
    WHEN failures > 0 THEN 'retrying'
    WHEN id IN (SELECT value FROM json_each(:throttled)) THEN 'throttled'
    WHEN NOT is_open AND (next_due_at <= :late OR (read_at <= :gap_from
        AND unixepoch(read_at) + 1.5 * coalesce(every_seconds, 0) + 3600 < unixepoch(:gap_until)
        AND name NOT IN (SELECT value FROM json_each(:resting)))) THEN 'late'
    WHEN wanted_at > read_at AND next_due_at <= :now AND read_at < :since THEN 'new'
    WHEN health = 'degraded' THEN 'degraded'
    WHEN health = 'quiet' THEN 'quiet'
    ELSE 'on time' END AS standing,
    read_at < :since AS is_not_due,
    coalesce(CASE WHEN health = 'failing' THEN health_since WHEN failures > 0 THEN failed_at
        WHEN health IN ('degraded', 'quiet') THEN health_since END, read_at, '') AS since,
    read_at
FROM seen
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The period of a report: its end, its beginning, and the last downtime within it."""

    now: datetime
    since: datetime
    gap: tuple[datetime, datetime] | None = None


def find_source_facts(
    connection: sqlite3.Connection,
    period: Period,
    *,
    resting: Iterable[str] = (),
    paused: Collection[str] = (),
    known: Collection[str] | None = None,
) -> SourceFacts:
    """Return the standing of the sources.

    resting  names of sources with active hours, outside of which they are not visited
    paused   names of paused sources
    known    all names in the configuration; None if they are not known: then removed ones are not reported
    """
    throttled = _list_throttled(connection, now=period.now)
    gap_from, gap_until = period.gap or (None, None)
    facts = {
        "now": to_text(period.now),
        "since": to_text(period.since),
        "late": to_text(period.now - LATE_AFTER),
        "soon": to_text(period.now + _SPREAD),
        "gap_from": to_text_or_none(gap_from),
        "gap_until": to_text_or_none(gap_until),
        "resting": json.dumps([*resting]),
        "throttled": json.dumps([*throttled]),
        "fresh": json.dumps(_list_fresh(connection)),
    }
    rows = connection.execute(_CLASSES, facts).fetchall()
    counts = Counter(row["standing"] for row in rows)
    not_due = sum(1 for row in rows if row["is_not_due"] and row["standing"] == "on time")
    return SourceFacts(
        active_count=len(rows),
        counts={Standing(name): count for name, count in counts.items()},
        not_due_count=not_due,
        named=_name(connection, rows, throttled),
        paused=_list_paused(connection, paused),
        removed=_list_removed(connection, known, since=period.since),
        outages=_list_outages(connection, period),
    )


def _list_fresh(connection: sqlite3.Connection) -> list[list[object]]:
    """Return what visits know and the sources' rows do not yet: id, read at, is open, failures (-1: well again), failed at."""
    rows = connection.execute(
        """SELECT source_id, read_at, finished_at, outcome FROM visits WHERE finished_at IS NULL
           UNION ALL SELECT source_id, read_at, finished_at, outcome FROM visits
           WHERE finish_no > (SELECT value FROM marks WHERE name = 'visits')"""
    )
    found: dict[int, list[object]] = {}
    for row in rows:
        one = found.setdefault(row["source_id"], [row["source_id"], None, 0, None, None])
        one[1] = row["read_at"] or one[1]
        if row["finished_at"] is None:
            one[2] = 1
        if row["outcome"] in {"ok", "unchanged"} or (row["outcome"] is None and row["read_at"]):
            one[3] = -1
        elif row["outcome"] == "failed":
            one[3], one[4] = max(int(str(one[3] or 0)), 0) + 1, row["finished_at"]
    return list(found.values())


def _list_throttled(connection: sqlite3.Connection, *, now: datetime) -> dict[int, str]:
    """Return the active sources whose host is throttled now, with the reason."""
    throttled_domains = connection.execute(
        "SELECT domain, throttle_reason FROM domains WHERE throttled_until > ?", [to_text(now)]
    ).fetchall()
    found = {}
    for row in throttled_domains:
        domain = budget_key(f"http://{row['domain']}/")
        for source in connection.execute(
            "SELECT id FROM sources WHERE domain = ? AND is_active = 1 AND host_key(url) = ?",
            [domain, row["domain"]],
        ):
            found[source["id"]] = row["throttle_reason"] or ""
    return found


def _name(
    connection: sqlite3.Connection, rows: list[sqlite3.Row], throttled: dict[int, str]
) -> tuple[SourceState, ...]:
    """Return the sources a report names: at most ten of each class, the longest in it first."""
    named: list[SourceState] = []
    for standing in Standing:
        if standing in {Standing.NEW, Standing.ON_TIME}:
            continue
        members = (row for row in rows if row["standing"] == standing.value)
        chosen = nsmallest(MOST_NAMED, members, key=lambda row: (row["since"], row["name"]))
        named += [_describe(connection, row, standing, throttled) for row in chosen]
    return tuple(named)


def _describe(
    connection: sqlite3.Connection, row: sqlite3.Row, standing: Standing, throttled: dict[int, str]
) -> SourceState:
    source = connection.execute(
        """SELECT health_reason, last_failure, next_due_at,
               (SELECT min(started_at) FROM visits WHERE visits.source_id = sources.id) AS tried_at,
               (SELECT started_at FROM visits WHERE visits.source_id = sources.id ORDER BY id DESC LIMIT 1) AS last_tried_at,
               (SELECT note FROM visits WHERE visits.source_id = sources.id AND outcome = 'failed'
                ORDER BY id DESC LIMIT 1) AS last_note
           FROM sources WHERE id = ?""",
        [row["id"]],
    ).fetchone()
    failure = source["last_note"] or source["last_failure"] or ""
    since, reason = {
        Standing.NEVER_READ: (source["tried_at"], failure),
        Standing.FAILING: (row["since"], source["health_reason"] or failure),
        Standing.RETRYING: (row["since"], failure),
        Standing.CUT_OFF: (source["last_tried_at"], ""),
        Standing.THROTTLED: (None, throttled.get(row["id"], "")),
        Standing.LATE: (row["read_at"], ""),
    }.get(standing, (row["since"], source["health_reason"] or ""))
    return SourceState(
        name=row["name"],
        standing=standing,
        since=to_instant_or_none(since or None),
        reason=reason,
        read_at=to_instant_or_none(row["read_at"]),
        next_at=to_instant_or_none(source["next_due_at"]),
    )


def _list_paused(connection: sqlite3.Connection, names: Collection[str]) -> tuple[Rest, ...]:
    rows = connection.execute(
        """SELECT value AS name, inactive_since FROM json_each(?)
           LEFT JOIN sources ON sources.name = value AND is_active = 0 ORDER BY value""",
        [json.dumps([*names])],
    )
    return tuple(
        Rest(name=row["name"], since=to_instant_or_none(row["inactive_since"])) for row in rows
    )


def _list_removed(
    connection: sqlite3.Connection, known: Collection[str] | None, *, since: datetime
) -> tuple[Rest, ...]:
    """Return the sources that left the configuration within a period; paused ones are still in it."""
    if known is None:
        return ()
    rows = connection.execute(
        "SELECT name, inactive_since FROM sources WHERE is_active = 0 AND inactive_since > ? ORDER BY name",
        [to_text(since)],
    )
    return tuple(
        Rest(name=row["name"], since=to_instant_or_none(row["inactive_since"]))
        for row in rows
        if row["name"] not in known
    )


def _list_outages(connection: sqlite3.Connection, period: Period) -> tuple[Outage, ...]:
    """Return the outages that ended within the period, longest first: active sources that were read again."""
    rows = connection.execute(
        """SELECT events.id, events.source_id, events.happened_at, sources.name FROM source_events AS events
           JOIN sources ON sources.id = events.source_id
           WHERE happened_at > ? AND health_before = 'failing' AND events.health <> 'failing' AND is_active = 1
           ORDER BY events.id""",
        [to_text(period.since)],
    ).fetchall()
    found = [outage for row in rows if (outage := _find_outage(connection, row))]
    return tuple(sorted(found, key=lambda one: one.since - one.until)[:MOST_NAMED])


def _find_outage(connection: sqlite3.Connection, row: sqlite3.Row) -> Outage | None:
    """Return from when to when a source was not read, and why; None if it had never been read before."""
    failing = connection.execute(
        """SELECT happened_at, reason FROM source_events WHERE source_id = ? AND id < ? AND health = 'failing'
           ORDER BY id DESC LIMIT 1""",
        [row["source_id"], row["id"]],
    ).fetchone()
    if failing is None:
        return None
    again = connection.execute(
        """SELECT id, read_at FROM visits WHERE source_id = ? AND read_at IS NOT NULL AND read_at <= ?
           ORDER BY id DESC LIMIT 1""",
        [row["source_id"], row["happened_at"]],
    ).fetchone()
    before = (
        again
        and connection.execute(
            """SELECT read_at FROM visits WHERE source_id = ? AND id < ? AND read_at IS NOT NULL AND started_at <= ?
           ORDER BY id DESC LIMIT 1""",
            [row["source_id"], again["id"], failing["happened_at"]],
        ).fetchone()
    )
    start = to_instant_or_none(before["read_at"] if before else None)
    end = to_instant_or_none(again["read_at"] if again else None)
    if start is None or end is None or end <= start:
        return None
    return Outage(name=row["name"], since=start, until=end, reason=failing["reason"])
