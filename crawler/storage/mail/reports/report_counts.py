"""The counts of status reports: pages of visits, pages that wait, and messages that have not left. Reads only.

Visits are counted in the order they ended, never by the clock, so that each counts in exactly one report even if the clock
was set. Pages of a visit under way count too, and are left out of the next report.
"""

import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.model.mail.status_report import MailFacts, PageFacts, ReportMark
from crawler.storage.file.database import to_instant_or_none, to_text
from crawler.storage.file.parameters import numbered

# visits in a block of ``visit_sums``: a week of ten thousand sources is a million visits, which a report must not read
_BLOCK = 1000
# a message that has been due for less, and was not tried yet, is on its way
PENDING_AFTER = timedelta(minutes=10)

_Counts = tuple[int, int, int, int]


def find_mark(connection: sqlite3.Connection) -> ReportMark:
    """Return how far visits have come now."""
    last = connection.execute(
        "SELECT finish_no FROM visits WHERE finish_no IS NOT NULL ORDER BY finish_no DESC LIMIT 1"
    ).fetchone()
    rows = connection.execute(
        """SELECT id, new_count + copy_count + revised_count + seen_count AS checked, refused_count, failed_count,
               match_count
           FROM visits WHERE finished_at IS NULL"""
    )
    opened = {row["id"]: (row[1], row[2], row[3], row[4]) for row in rows}
    return ReportMark(
        finish_no=last[0] if last else 0,
        open_counts={one: c for one, c in opened.items() if any(c)},
    )


def find_mark_at(connection: sqlite3.Connection, instant: datetime) -> ReportMark:
    """Return how far visits had come at an instant, by the times they ended."""
    row = connection.execute(
        "SELECT finish_no FROM visits WHERE finished_at <= ? ORDER BY finished_at DESC, finish_no DESC LIMIT 1",
        [to_text(instant)],
    ).fetchone()
    return ReportMark(finish_no=row["finish_no"] if row else 0)


def find_first_visit(connection: sqlite3.Connection) -> datetime | None:
    """Return when the first visit of all began, None before any."""
    row = connection.execute("SELECT started_at FROM visits ORDER BY id LIMIT 1").fetchone()
    return to_instant_or_none(row["started_at"]) if row else None


def find_page_facts(
    connection: sqlite3.Connection,
    before: ReportMark,
    mark: ReportMark,
    *,
    since: datetime,
) -> PageFacts:
    """Return what visits brought between two marks, what first visits skipped since an instant, and what waits now."""
    ended = _sum_ended(connection, before.finish_no, mark.finish_no)
    sums = [ended, *mark.open_counts.values()]
    total = [sum(counts[place] for counts in sums) for place in range(4)]
    for place in range(4):
        total[place] -= sum(counts[place] for counts in before.open_counts.values())
    checked, refused, failed, matches = (max(0, number) for number in total)
    skipped = connection.execute(
        "SELECT count(*) FROM entries WHERE state = 'skipped' AND first_seen_at >= ?",
        [to_text(since)],
    ).fetchone()
    return replace(
        find_waiting(connection),
        checked_count=checked,
        refused_count=refused,
        failed_count=failed,
        match_count=matches,
        skipped_count=skipped[0],
    )


def find_waiting(connection: sqlite3.Connection) -> PageFacts:
    """Return the counts of announced pages of active sources that are still to be fetched, and no others."""
    waiting = connection.execute(
        """SELECT count(*) AS count, min(first_seen_at) AS since, total(attempt_count > 0) AS retried
           FROM entries INDEXED BY entries_waiting_since
           WHERE state = 'waiting' AND source_id NOT IN (SELECT id FROM sources WHERE is_active = 0)"""
    ).fetchone()
    return PageFacts(
        waiting_count=waiting["count"],
        waiting_since=to_instant_or_none(waiting["since"]),
        retried_count=int(waiting["retried"]),
    )


def _sum_ended(connection: sqlite3.Connection, after: int, until: int) -> _Counts:
    """Return the counts of the visits between two ends: of whole blocks by their sums, of the rest one by one."""
    first, last = after // _BLOCK + 1, until // _BLOCK
    if first > last:
        return _sum_single(connection, after, until)
    blocks = connection.execute(
        """SELECT total(checked), total(refused), total(failed), total(matches) FROM visit_sums
           WHERE block >= ? AND block < ?""",
        [first, last],
    ).fetchone()
    parts = (
        _sum_single(connection, after, first * _BLOCK - 1),
        _sum_single(connection, last * _BLOCK - 1, until),
    )
    return (
        int(blocks[0]) + parts[0][0] + parts[1][0],
        int(blocks[1]) + parts[0][1] + parts[1][1],
        int(blocks[2]) + parts[0][2] + parts[1][2],
        int(blocks[3]) + parts[0][3] + parts[1][3],
    )


def _sum_single(connection: sqlite3.Connection, after: int, until: int) -> _Counts:
    row = connection.execute(
        """SELECT total(new_count + copy_count + revised_count + seen_count), total(refused_count),
               total(failed_count), total(match_count)
           FROM visits WHERE finish_no > ? AND finish_no <= ?""",
        [after, until],
    ).fetchone()
    return int(row[0]), int(row[1]), int(row[2]), int(row[3])


def find_mail_facts(
    connection: sqlite3.Connection,
    *,
    recipient: str | None,
    except_id: int | None,
    since: datetime,
    now: datetime,
) -> MailFacts:
    """Return the counts of messages that have not left.

    recipient  whose messages; None: everybody's, and then there are no others
    except_id  the message that brings the report
    since      of dead ones, those given up since then: earlier ones were reported before
    """
    rows = connection.execute(
        """SELECT recipient_key(recipient) IS recipient_key(:me) OR :me IS NULL AS is_own, state, attempt_count, due_at,
               (SELECT count(*) FROM delivery_alerts WHERE delivery_id = deliveries.id AND left_out IS NULL) AS alerts
           FROM deliveries WHERE state <> 'sent' AND id IS NOT :except AND (state = 'pending'
               OR (state = 'dead' AND EXISTS (SELECT 1 FROM attempts WHERE attempts.delivery_id = deliveries.id
                   AND outcome = 'refused' AND attempted_at >= :since)))
           UNION ALL SELECT recipient_key(recipient) IS recipient_key(:me) OR :me IS NULL, 'queued', 0, min(queued_at),
               count(*) FROM outbox
           WHERE id > (SELECT value FROM marks WHERE name = 'outbox') GROUP BY recipient_key(recipient)""",
        {"me": recipient, "except": except_id, "since": to_text(since)},
    ).fetchall()
    latest, fresh = to_text(now), to_text(now - PENDING_AFTER)
    dead = [row for row in rows if row["state"] == "dead"]
    unsent = [row for row in rows if row["state"] != "dead"]
    pending = [
        row
        for row in unsent
        if row["due_at"] <= fresh or (row["attempt_count"] and row["due_at"] <= latest)
    ]
    own = [row for row in pending if row["is_own"]]
    later = [row for row in unsent if row["is_own"] and row not in own and row["alerts"]]
    return MailFacts(
        pending_count=len(own),
        pending_since=to_instant_or_none(min((row["due_at"] for row in own), default=None)),
        alert_count=sum(row["alerts"] for row in own),
        later_count=sum(row["alerts"] for row in later),
        later_at=to_instant_or_none(min((row["due_at"] for row in later), default=None)),
        dead_count=sum(1 for row in dead if row["is_own"]),
        others_pending_count=sum(1 for row in pending if not row["is_own"]),
        others_dead_count=sum(1 for row in dead if not row["is_own"]),
    )


def find_report_mark(
    connection: sqlite3.Connection, recipient: str, *, before_id: int | None
) -> tuple[datetime, ReportMark] | None:
    """Return how far the last report that reached a recipient came: until when, and its mark; None if none did.

    before_id  only reports before this message count, None for all
    """
    row = connection.execute(
        # CROSS fixes the order of the join: from the newest report backwards until a sent one of this recipient
        """SELECT status_reports.* FROM status_reports CROSS JOIN deliveries ON deliveries.id = delivery_id
           WHERE recipient_key(status_reports.recipient) = recipient_key(?1) AND state = 'sent' AND (?2 IS NULL OR delivery_id < ?2)
           ORDER BY written_no DESC LIMIT 1""",
        numbered(recipient, before_id),
    ).fetchone()
    until = to_instant_or_none(row["until"] if row else None)
    if row is None or until is None:
        return None
    if row["finish_no"] is None:
        return until, find_mark_at(connection, until)
    opened = {int(visit): tuple(counts) for visit, counts in json.loads(row["open_counts"]).items()}
    return until, ReportMark(finish_no=row["finish_no"], open_counts=opened)
