"""The entries table: what feeds announced, and whether the page behind it has been had.

Owner: crawl process. An entry is saved in the transaction that saves the feed's ETag: were it only held in memory, a crash
would lose it for ever, because the next answer is a 304.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.model.source import FeedEntry
from crawler.storage.database import to_instant, to_instant_or_none, to_text, to_text_or_none


class EntryState(StrEnum):
    """skipped: present at the first visit; waiting: to be fetched; the others are ends."""

    SKIPPED = "skipped"
    WAITING = "waiting"
    FETCHED = "fetched"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """An announced page that is to be fetched now.

    is_revisit   its article is known, and looked at again because it matched
    is_backfill  it was listed at a first visit or a look back
    interrupted_count  how often reading its page was cut off since it was announced
    """

    id: int
    url: str
    title: str
    stated_at: datetime | None
    attempt_count: int
    is_revisit: bool = False
    is_backfill: bool = False
    interrupted_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An entry on its way into the table.

    url    canonical address
    key    what all addresses of the article share
    state  what becomes of it if it is new
    is_backfill  it is no news of this minute: a first visit or a look back brings it
    """

    url: str
    key: str
    entry: FeedEntry
    state: EntryState
    is_backfill: bool = False


def save_entries(
    connection: sqlite3.Connection,
    source_id: int,
    announcements: Iterable[Announcement],
    *,
    way_id: int,
    now: datetime,
) -> int:
    """Save what a way in announces; gives how many of them no way had announced before.

    A known entry whose feed now states a later change is waiting again: the article was edited.
    """
    return sum(
        _save_entry(connection, source_id, item, way_id=way_id, now=now) for item in announcements
    )


def _save_entry(
    connection: sqlite3.Connection,
    source_id: int,
    item: Announcement,
    *,
    way_id: int,
    now: datetime,
) -> bool:
    entry = item.entry
    values = {
        "source_id": source_id,
        "url": item.url,
        "url_key": item.key,
        "way_id": way_id,
        "announced_url": entry.url,
        "guid": entry.guid,
        "title": entry.title,
        "stated_at": to_text_or_none(entry.stated_at),
        "updated_at": to_text_or_none(entry.updated_at),
        "now": to_text(now),
        "state": item.state.value,
        "is_backfill": int(item.is_backfill),
    }
    cursor = connection.execute(
        """INSERT OR IGNORE INTO entries
               (source_id, url, url_key, way_id, announced_url, guid, title, stated_at, updated_at,
                first_seen_at, state, next_try_at, is_backfill)
           VALUES (:source_id, :url, :url_key, :way_id, :announced_url, :guid, :title, :stated_at,
                :updated_at, :now, :state, :now, :is_backfill)""",
        values,
    )
    if cursor.rowcount:
        return True
    connection.execute(
        """UPDATE entries SET updated_at = :updated_at, title = :title, state = 'waiting',
               next_try_at = :now, attempt_count = 0, interrupted_count = 0, is_backfill = 0
           WHERE source_id = :source_id AND url_key = :url_key
               AND :updated_at > coalesce(updated_at, '')""",
        values,
    )
    return False


def list_waiting_entries(
    connection: sqlite3.Connection, source_id: int, *, now: datetime, limit: int = 1000
) -> tuple[WaitingEntry, ...]:
    """List a source's pages to fetch now, newest announcement first."""
    rows = connection.execute(
        """SELECT id, announced_url, title, stated_at, attempt_count, 0 AS is_revisit, is_backfill, interrupted_count,
               coalesce(stated_at, first_seen_at) AS published_at
           FROM entries WHERE source_id = :source AND state = 'waiting' AND next_try_at <= :now
           UNION ALL
           SELECT id, announced_url, title, stated_at, attempt_count, 1, 0, interrupted_count, coalesce(stated_at, first_seen_at)
           FROM entries WHERE source_id = :source AND revisit_at <= :now AND state <> 'waiting'
           ORDER BY is_revisit, published_at DESC, id LIMIT :limit""",
        {"source": source_id, "now": to_text(now), "limit": limit},
    )
    return tuple(
        WaitingEntry(
            id=row["id"],
            url=row["announced_url"],
            title=row["title"],
            stated_at=to_instant_or_none(row["stated_at"]),
            attempt_count=row["attempt_count"],
            is_revisit=bool(row["is_revisit"]),
            is_backfill=bool(row["is_backfill"]),
            interrupted_count=row["interrupted_count"],
        )
        for row in rows
    )


def mark_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    state: EntryState,
    *,
    reason: str | None = None,
    article_id: int | None = None,
    revisit_at: datetime | None = None,
) -> None:
    """Record how an entry ended, and when its article is looked at again. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = ?1, reason = ?2, article_id = coalesce(?3, article_id),
               attempt_count = attempt_count + 1, next_try_at = NULL, revisit_at = ?4,
               interrupted_count = iif(?1 = 'fetched', 0, interrupted_count),
               missing_since = iif(?3 IS NULL, missing_since, NULL) WHERE id = ?5""",
        [state.value, reason, article_id, to_text_or_none(revisit_at), entry_id],
    )


def plan_revisit(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, at: datetime
) -> None:
    """Say when a known article is looked at again; it stays what it is, whatever this look brought."""
    connection.execute(
        "UPDATE entries SET revisit_at = ?, reason = ? WHERE id = ?",
        [to_text(at), reason, entry_id],
    )


def take_up_skipped(
    connection: sqlite3.Connection, source_id: int, *, since: datetime, now: datetime
) -> None:
    """Have entries that a first visit left out fetched now, as a look back asks. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = 'waiting', next_try_at = ?, attempt_count = 0, is_backfill = 1
           WHERE source_id = ? AND state = 'skipped' AND coalesce(stated_at, first_seen_at) >= ?""",
        [to_text(now), source_id, to_text(since)],
    )


def find_missing_since(connection: sqlite3.Connection, entry_id: int) -> datetime | None:
    """Return since when the page of a known article has been missing, None where it was there at the last look."""
    row = connection.execute(
        "SELECT missing_since FROM entries WHERE id = ?", [entry_id]
    ).fetchone()
    return None if row is None else to_instant_or_none(row["missing_since"])


def note_missing(
    connection: sqlite3.Connection, entry_id: int, *, since: datetime, look_at: datetime
) -> None:
    """Record since when a page is missing, and have it looked at again by then at the latest."""
    connection.execute(
        """UPDATE entries SET missing_since = ?1,
               revisit_at = min(coalesce(revisit_at, ?2), ?2) WHERE id = ?3""",
        [to_text(since), to_text(look_at), entry_id],
    )


def find_entry_article(connection: sqlite3.Connection, entry_id: int) -> int | None:
    """Give the article that an entry's page was understood as, None while there is none."""
    row = connection.execute("SELECT article_id FROM entries WHERE id = ?", [entry_id]).fetchone()
    return None if row is None else row["article_id"]


def postpone_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    reason: str,
    *,
    next_try_at: datetime,
    is_interrupted: bool = False,
) -> None:
    """Record a failed try and when the next one may be made.

    is_interrupted  the page was had, and reading it was cut off
    """
    connection.execute(
        """UPDATE entries SET attempt_count = attempt_count + 1, interrupted_count = interrupted_count + ?,
               reason = ?, next_try_at = ? WHERE id = ?""",
        [int(is_interrupted), reason, to_text(next_try_at), entry_id],
    )


def hold_entry(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, until: datetime
) -> None:
    """Have an entry wait because its domain is left alone; that is no try of the entry itself."""
    connection.execute(
        "UPDATE entries SET reason = ?, next_try_at = ? WHERE id = ?",
        [reason, to_text(until), entry_id],
    )


def list_announced_instants(
    connection: sqlite3.Connection,
    source_id: int,
    *,
    since: datetime,
    is_first: bool,
    limit: int = 1000,
) -> tuple[datetime, ...]:
    """List when the articles announced since a moment were published.

    is_first  what states no date is left out: at a first visit nobody knows how old it is. Later it is as old as
              our first sight of it.
    """
    rows = connection.execute(
        """SELECT iif(?3, stated_at, coalesce(stated_at, first_seen_at)) AS instant FROM entries
           WHERE source_id = ?1 AND first_seen_at >= ?2 AND (stated_at IS NOT NULL OR NOT ?3)
           LIMIT ?4""",
        [source_id, to_text(since), int(is_first), limit],
    )
    return tuple(to_instant(row["instant"]) for row in rows)


def count_entries_by_reason(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """Count refused and failed pages by source, state and reason, most first."""
    return tuple(
        connection.execute(
            """SELECT sources.name AS source, entries.state, entries.reason, count(*) AS count,
                   max(entries.announced_url) AS example
               FROM entries JOIN sources ON sources.id = entries.source_id
               WHERE entries.state IN ('refused', 'failed')
               GROUP BY sources.name, entries.state, entries.reason ORDER BY count(*) DESC"""
        )
    )
