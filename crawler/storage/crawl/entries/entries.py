"""The entries table: what endpoints announced, and the state of the pages behind it.

Owner: crawl process.
"""

import sqlite3
from datetime import datetime
from enum import StrEnum

from crawler.model.article import Occasion
from crawler.model.source import EndpointKind
from crawler.model.visit import WaitingEntry
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text, to_text_or_none
from crawler.storage.file.parameters import numbered


class EntryState(StrEnum):
    """The states of an entry: skipped, present at the first visit; waiting, to be fetched; the others are final."""

    SKIPPED = "skipped"
    WAITING = "waiting"
    FETCHED = "fetched"
    REFUSED = "refused"
    FAILED = "failed"


def list_waiting_entries(
    connection: sqlite3.Connection,
    source_id: int,
    *,
    now: datetime,
    is_wanted: bool = False,
    limit: int = 1000,
) -> tuple[WaitingEntry, ...]:
    """Return a source's pages to fetch now, newest announcement first.

    is_wanted  a person asked for the visit: pages that wait for another try are tried now
    """
    rows = connection.execute(
        """SELECT entries.*, endpoints.kind AS kind, is_again FROM (
               SELECT id AS entry_id, 0 AS is_again FROM entries
               WHERE source_id = :source AND state = 'waiting' AND (next_try_at <= :now
                   OR (:is_wanted AND attempt_count > 0 AND coalesce(held_until, '') <= :now))
               UNION ALL
               SELECT id, 1 FROM entries WHERE source_id = :source AND revisit_at <= :now AND state <> 'waiting')
           JOIN entries ON entries.id = entry_id LEFT JOIN endpoints ON endpoints.id = entries.endpoint_id
           ORDER BY is_again, coalesce(stated_at, first_seen_at) DESC, entries.id LIMIT :limit""",
        {"source": source_id, "now": to_text(now), "is_wanted": int(is_wanted), "limit": limit},
    )
    return tuple(map(read_waiting_entry, rows))


def read_waiting_entry(row: sqlite3.Row) -> WaitingEntry:
    """Return the entry of a row of ``entries`` with its endpoint's ``kind``, and ``is_again`` if its article is looked at again."""
    return WaitingEntry(
        id=row["id"],
        url=row["announced_url"],
        title=row["title"],
        stated_at=to_instant_or_none(row["stated_at"]),
        attempt_count=row["attempt_count"],
        occasion=_read_occasion(row),
        interrupted_count=row["interrupted_count"],
        key=row["entry_key"],
        text=row["text"],
        language=row["language"],
        is_shared=bool(row["is_shared"]),
        kind=EndpointKind(row["kind"]) if row["kind"] else None,
        first_seen_at=to_instant(row["first_seen_at"]),
        unread_since=to_instant_or_none(row["unread_since"]),
        looked_at=to_instant_or_none(row["looked_at"]),
        reason=row["reason"] or "",
        is_from_feed=row["article_id"] is not None and bool(row["text"]),
    )


def _read_occasion(row: sqlite3.Row) -> Occasion:
    if row["is_again"]:
        return Occasion.REVISIT
    return Occasion.BACKFILL if row["is_backfill"] else Occasion.NEWS


def mark_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    state: EntryState,
    *,
    reason: str | None = None,
    article_id: int | None = None,
    revisit_at: datetime | None = None,
) -> None:
    """Save the final state of an entry, and when its article is looked at again. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = ?1, reason = ?2, article_id = coalesce(?3, article_id),
               attempt_count = attempt_count + 1, next_try_at = NULL, revisit_at = ?4,
               interrupted_count = iif(?1 = 'fetched', 0, interrupted_count),
               missing_since = iif(?3 IS NULL, missing_since, NULL) WHERE id = ?5""",
        numbered(state.value, reason, article_id, to_text_or_none(revisit_at), entry_id),
    )


def note_look(
    connection: sqlite3.Connection, entry_id: int, *, is_vain: bool, is_page: bool, now: datetime
) -> None:
    """Record a look at an entry, and whether it found nothing new. Call inside a transaction.

    is_page  its page was read: the feed's own words are not needed any more
    """
    connection.execute(
        """UPDATE entries SET looked_at = ?1, vain_count = iif(?2, vain_count + 1, 0),
               text = iif(?3, '', text), unread_since = iif(?3, NULL, unread_since) WHERE id = ?4""",
        numbered(to_text(now), int(is_vain), int(is_page), entry_id),
    )


def plan_revisit(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, at: datetime
) -> None:
    """Save when a known article is looked at again; its state stays, whatever this look found."""
    connection.execute(
        "UPDATE entries SET revisit_at = ?, reason = ? WHERE id = ?",
        [to_text(at), reason, entry_id],
    )


def take_up_skipped(
    connection: sqlite3.Connection, source_id: int, *, since: datetime, now: datetime
) -> None:
    """Let entries that a first visit skipped be fetched now, for a look back. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = 'waiting', next_try_at = ?, attempt_count = 0, is_backfill = 1
           WHERE source_id = ? AND state = 'skipped' AND coalesce(stated_at, first_seen_at) >= ?""",
        [to_text(now), source_id, to_text(since)],
    )


def count_looked_back(connection: sqlite3.Connection, source: str, *, now: datetime) -> int | None:
    """Return how many pages of a source's look back are to be read now; None while its endpoints are still to be read."""
    row = connection.execute(
        """SELECT backfill_from, (SELECT count(*) FROM entries WHERE source_id = sources.id AND state = 'waiting'
               AND is_backfill AND (next_try_at IS NULL OR next_try_at <= ?)) AS waiting_count
           FROM sources WHERE name = ?""",
        [to_text(now), source],
    ).fetchone()
    return None if row is None or row["backfill_from"] is not None else int(row["waiting_count"])


def find_entry_reason(connection: sqlite3.Connection, entry_id: int) -> str | None:
    """Return why an entry's page was not read, None without a reason."""
    row = connection.execute("SELECT reason FROM entries WHERE id = ?", [entry_id]).fetchone()
    return None if row is None else row["reason"]


def find_entry_article(connection: sqlite3.Connection, entry_id: int) -> int | None:
    """Return the article that an entry's page was understood as, None while there is none."""
    row = connection.execute("SELECT article_id FROM entries WHERE id = ?", [entry_id]).fetchone()
    return None if row is None else row["article_id"]


def list_announced_instants(
    connection: sqlite3.Connection,
    source_id: int,
    *,
    since: datetime,
    is_first: bool,
    limit: int = 1000,
) -> tuple[datetime, ...]:
    """Return when the articles announced since an instant were published.

    is_first  entries without a date are left out: at a first visit their age is unknown. Later it is counted from our
              first sight of them.
    """
    rows = connection.execute(
        """SELECT iif(?3, stated_at, coalesce(stated_at, first_seen_at)) AS instant FROM entries
           WHERE source_id = ?1 AND first_seen_at >= ?2 AND (stated_at IS NOT NULL OR NOT ?3)
           LIMIT ?4""",
        numbered(source_id, to_text(since), int(is_first), limit),
    )
    return tuple(to_instant(row["instant"]) for row in rows)


def count_entries_by_reason(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """Return the number of refused and failed pages by source, state and reason, most first."""
    return tuple(
        connection.execute(
            """SELECT sources.name AS source, entries.state, entries.reason, count(*) AS count,
                   max(entries.announced_url) AS example
               FROM entries JOIN sources ON sources.id = entries.source_id
               WHERE entries.state IN ('refused', 'failed')
               GROUP BY sources.name, entries.state, entries.reason ORDER BY count(*) DESC"""
        )
    )
