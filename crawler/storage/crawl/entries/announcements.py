"""The entries table, for announcements: known rows, new rows, and rows that wait again.

Owner: crawl process. An entry is saved in the transaction that saves the feed's ETag. If it were only held in memory, a crash
would lose it for good, because the next answer is a 304.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.model.article import Occasion
from crawler.model.source import FeedEntry
from crawler.storage.crawl.entries.entries import EntryState
from crawler.storage.crawl.entries.forgotten import EntryName, is_forgotten
from crawler.storage.file.database import to_instant_or_none, to_text, to_text_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An entry on its way into the table.

    url        canonical address; empty if the feed names none
    key        what all addresses of its page share; empty without an address
    state      its first state, if it is new
    entry_key  identifies it among the source's entries; its page's key if no other entry has that page
    is_shared  other entries have the same page, or it has none
    has_own_guid  no other entry of the visit has its guid
    occasion      what its page is read for, if it is new
    """

    url: str
    key: str
    entry: FeedEntry
    state: EntryState
    entry_key: str = ""
    is_shared: bool = False
    has_own_guid: bool = False
    occasion: Occasion = Occasion.NEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """A known entry, as compared with an announcement.

    looked_at   last look at its page, or None
    vain_count  looks in a row that found nothing new
    is_from_feed     it is an article in its feed's words, and its page was not read so far
    """

    id: int
    entry_key: str
    url_key: str
    guid: str | None
    title: str
    state: EntryState
    stated_at: datetime | None
    updated_at: datetime | None
    text: str = field(default="", repr=False)
    looked_at: datetime | None = None
    vain_count: int = 0
    is_from_feed: bool = False


def list_known_entries(
    connection: sqlite3.Connection, source_id: int, items: Sequence[Announcement]
) -> tuple[KnownEntry, ...]:
    """Return a source's entries that share a key, an address or a guid with one of these."""
    keys = {key for item in items for key in (item.entry_key, item.key) if key}
    guids = {item.entry.guid for item in items if item.has_own_guid}
    rows = connection.execute(
        """SELECT id, entry_key, coalesce(url_key, '') AS url_key, guid, title, state, stated_at, updated_at, text,
               looked_at, vain_count, article_id IS NOT NULL AND text <> '' AS is_from_feed
           FROM entries WHERE source_id = :source AND id IN (
               SELECT id FROM entries WHERE source_id = :source
                   AND entry_key IN (SELECT value FROM json_each(:keys))
               UNION SELECT id FROM entries WHERE source_id = :source
                   AND url_key IN (SELECT value FROM json_each(:keys))
               UNION SELECT id FROM entries WHERE source_id = :source
                   AND guid IN (SELECT value FROM json_each(:guids)))
           ORDER BY id""",
        {
            "source": source_id,
            "keys": json.dumps(sorted(keys)),
            "guids": json.dumps(sorted(filter(None, guids))),
        },
    )
    return tuple(
        KnownEntry(
            id=row["id"],
            entry_key=row["entry_key"],
            url_key=row["url_key"],
            guid=row["guid"],
            title=row["title"],
            state=EntryState(row["state"]),
            stated_at=to_instant_or_none(row["stated_at"]),
            updated_at=to_instant_or_none(row["updated_at"]),
            text=row["text"],
            looked_at=to_instant_or_none(row["looked_at"]),
            vain_count=row["vain_count"],
            is_from_feed=bool(row["is_from_feed"]),
        )
        for row in rows
    )


def save_entries(
    connection: sqlite3.Connection,
    source_id: int,
    announcements: Iterable[Announcement],
    *,
    endpoint_id: int,
    now: datetime,
) -> int:
    """Save new entries; return how many there were. Call inside a transaction.

    One that was deleted for its age is no news: it is saved as skipped, or as the article it became, and not counted.
    """
    return sum(
        _save_entry(connection, source_id, item, endpoint_id=endpoint_id, now=now)
        for item in announcements
    )


def _save_entry(
    connection: sqlite3.Connection,
    source_id: int,
    item: Announcement,
    *,
    endpoint_id: int,
    now: datetime,
) -> int:
    values = {
        **_facts_of(item.entry),
        "source_id": source_id,
        "entry_key": item.entry_key or item.key,
        "url": item.url,
        "url_key": item.key or None,
        "endpoint_id": endpoint_id,
        "announced_url": item.entry.url,
        "is_shared": int(item.is_shared),
        "first_seen_at": to_text(now),
        "next_try_at": to_text(now),
        "state": item.state.value,
        "article_id": None,
        "is_backfill": int(item.occasion is Occasion.BACKFILL),
    }
    name = EntryName(
        key=item.entry_key or item.key,
        guid=(item.has_own_guid and item.entry.guid) or "",
        title=item.entry.title,
        is_shared=item.is_shared,
    )
    is_old = item.occasion is Occasion.NEWS and is_forgotten(connection, source_id, name)
    if is_old:
        values |= _recall(connection, item)
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    count = connection.execute(
        f"INSERT OR IGNORE INTO entries ({columns}) VALUES ({places})",  # noqa: S608  # our own column names
        values,
    ).rowcount
    return 0 if is_old else count


def _recall(connection: sqlite3.Connection, item: Announcement) -> dict[str, str | int | None]:
    """Return what is known of an entry that was deleted for its age: the article at its address, if that is still stored."""
    row = connection.execute(
        "SELECT id FROM articles WHERE url_key = ?", [item.key or None]
    ).fetchone()
    state = EntryState.SKIPPED if row is None else EntryState.FETCHED
    return {"state": state.value, "article_id": row and int(row["id"]), "next_try_at": None}


def _facts_of(entry: FeedEntry) -> dict[str, str | None]:
    """Return what a feed says about an entry, by column."""
    return {
        "guid": entry.guid,
        "title": entry.title,
        "text": entry.text,
        "language": entry.language,
        "stated_at": to_text_or_none(entry.stated_at),
        "updated_at": to_text_or_none(entry.updated_at),
    }


def refresh_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    entry: FeedEntry,
    *,
    look_at: datetime | None = None,
    occasion: Occasion = Occasion.NEWS,
) -> None:
    """Save what a feed says about a known entry now. Call inside a transaction.

    look_at   when its page is to be looked at again, None if it is not to be
    occasion  why it is looked at then
    An article in its feed's words keeps its count of tries, so that its page is not asked for more often.
    """
    is_from_words = "text <> '' AND article_id IS NOT NULL"
    facts = {**_facts_of(entry), "announced_url": entry.url}
    changes = ", ".join(f"{name} = coalesce(nullif(:{name}, ''), {name})" for name in facts)
    connection.execute(
        f"UPDATE entries SET {changes} WHERE id = :id",  # noqa: S608  # our own column names
        {**facts, "id": entry_id},
    )
    if look_at is not None:
        connection.execute(
            f"""UPDATE entries SET state = 'waiting', next_try_at = ?, interrupted_count = 0, is_backfill = ?,
                    attempt_count = iif({is_from_words}, attempt_count, 0),
                    unread_since = iif({is_from_words}, unread_since, NULL) WHERE id = ?""",  # noqa: S608  # our own text
            [to_text(look_at), int(occasion is Occasion.BACKFILL), entry_id],
        )
