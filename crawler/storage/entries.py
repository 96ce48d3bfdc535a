"""The entries table: what feeds announced, and whether the page behind it has been had.

An entry is saved in the transaction that saves the feed's ETag: were it only held in memory, a crash would lose it
for ever, because the next answer is a 304.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.model.source import FeedEntry
from crawler.storage.database import to_instant_or_none, to_text, to_text_or_none


class EntryState(StrEnum):
    """skipped: present at the first visit; waiting: to be fetched; the others are ends."""

    SKIPPED = "skipped"
    WAITING = "waiting"
    FETCHED = "fetched"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """An announced page that is to be fetched now."""

    id: int
    url: str
    title: str
    stated_at: datetime | None
    attempt_count: int


def save_entries(
    connection: sqlite3.Connection,
    source_id: int,
    entries: Iterable[tuple[str, FeedEntry, EntryState]],
    *,
    now: datetime,
) -> int:
    """Save announced entries as (canonical address, entry, state if new); gives how many are new.

    A known entry whose feed now states a later change is waiting again: the article was edited.
    """
    return sum(_save_entry(connection, source_id, item, now=now) for item in entries)


def _save_entry(
    connection: sqlite3.Connection,
    source_id: int,
    item: tuple[str, FeedEntry, EntryState],
    *,
    now: datetime,
) -> bool:
    url, entry, state = item
    values = {
        "source_id": source_id,
        "url": url,
        "announced_url": entry.url,
        "guid": entry.guid,
        "title": entry.title,
        "stated_at": to_text_or_none(entry.stated_at),
        "updated_at": to_text_or_none(entry.updated_at),
        "now": to_text(now),
        "state": state.value,
    }
    cursor = connection.execute(
        """INSERT OR IGNORE INTO entries
               (source_id, url, announced_url, guid, title, stated_at, updated_at, first_seen_at,
                state, next_try_at)
           VALUES (:source_id, :url, :announced_url, :guid, :title, :stated_at, :updated_at, :now,
                :state, :now)""",
        values,
    )
    if cursor.rowcount:
        return True
    connection.execute(
        """UPDATE entries SET updated_at = :updated_at, title = :title, state = 'waiting',
               next_try_at = :now, attempt_count = 0
           WHERE source_id = :source_id AND url = :url AND :updated_at > coalesce(updated_at, '')""",
        values,
    )
    return False


def list_waiting_entries(
    connection: sqlite3.Connection, source_id: int, *, now: datetime, limit: int = 1000
) -> tuple[WaitingEntry, ...]:
    """List a source's pages to fetch now, newest announcement first."""
    rows = connection.execute(
        """SELECT id, announced_url, title, stated_at, attempt_count FROM entries
           WHERE source_id = ? AND state = 'waiting' AND next_try_at <= ?
           ORDER BY coalesce(stated_at, first_seen_at) DESC, id LIMIT ?""",
        [source_id, to_text(now), limit],
    )
    return tuple(
        WaitingEntry(
            id=row["id"],
            url=row["announced_url"],
            title=row["title"],
            stated_at=to_instant_or_none(row["stated_at"]),
            attempt_count=row["attempt_count"],
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
) -> None:
    """Record how an entry ended. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = ?, reason = ?, article_id = coalesce(?, article_id),
               attempt_count = attempt_count + 1, next_try_at = NULL WHERE id = ?""",
        [state.value, reason, article_id, entry_id],
    )


def postpone_entry(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, now: datetime, wait: timedelta
) -> None:
    """Record a failed try and when the next one may be made."""
    connection.execute(
        """UPDATE entries SET attempt_count = attempt_count + 1, reason = ?, next_try_at = ?
           WHERE id = ?""",
        [reason, to_text(now + wait), entry_id],
    )


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
