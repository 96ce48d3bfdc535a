"""The entries table, for pages that could not be read: how many tries there were, since when, and when the next one is.

Owner: crawl process.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.model.source import EndpointKind
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text, to_text_or_none
from crawler.storage.file.parameters import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The tries of an entry's page so far.

    published_at  when the feed says it was published, otherwise when we first saw it
    kind          of the endpoint that announced it first, None if that is gone
    unread_since  since when its page could not be read, None at the first try
    article_id    the article it became, None while there is none; ``is_from_feed``: that has its feed's words only
    is_revisit    its page was read, and is looked at again
    """

    kind: EndpointKind | None
    published_at: datetime
    unread_since: datetime | None
    attempt_count: int
    interrupted_count: int = 0
    article_id: int | None = None
    is_from_feed: bool = False
    is_revisit: bool = False

    @property
    def has_page(self) -> bool:
        """Whether its page was read once."""
        return self.article_id is not None and not self.is_from_feed


def get_trial(connection: sqlite3.Connection, entry_id: int) -> Trial:
    """Return the tries of an entry's page so far; raises LookupError for an unknown id."""
    row = connection.execute(
        """SELECT endpoints.kind, unread_since,
               min(entries.first_seen_at, coalesce(entries.stated_at, entries.first_seen_at)) AS published_at, attempt_count, interrupted_count,
               entries.article_id, entries.state <> 'waiting' AS is_revisit,
               revisions.from_feed IS NOT NULL AS is_from_feed
           FROM entries LEFT JOIN endpoints ON endpoints.id = entries.endpoint_id
           LEFT JOIN articles ON articles.id = entries.article_id
           LEFT JOIN revisions ON revisions.id = articles.revision_id WHERE entries.id = ?""",
        [entry_id],
    ).fetchone()
    if row is None:
        raise LookupError(f"there is no entry {entry_id}")
    return Trial(
        kind=EndpointKind(row["kind"]) if row["kind"] else None,
        published_at=to_instant(row["published_at"]),
        unread_since=to_instant_or_none(row["unread_since"]),
        attempt_count=row["attempt_count"],
        interrupted_count=row["interrupted_count"],
        is_revisit=bool(row["is_revisit"]),
        article_id=row["article_id"],
        is_from_feed=bool(row["is_from_feed"]),
    )


def note_unread(connection: sqlite3.Connection, entry_id: int, *, now: datetime) -> None:
    """Record that an entry's page cannot be read, unless that is known already. Call inside a transaction."""
    connection.execute(
        "UPDATE entries SET unread_since = coalesce(unread_since, ?) WHERE id = ?",
        [to_text(now), entry_id],
    )


def find_missing_since(connection: sqlite3.Connection, entry_id: int) -> datetime | None:
    """Return since when the page of a known article has been missing, None if it was there at the last look."""
    row = connection.execute(
        "SELECT missing_since FROM entries WHERE id = ?", [entry_id]
    ).fetchone()
    return None if row is None else to_instant_or_none(row["missing_since"])


def note_missing(
    connection: sqlite3.Connection,
    entry_id: int,
    *,
    since: datetime,
    look_at: datetime | None = None,
) -> None:
    """Record since when a page is missing, and when it is looked at again at the latest.

    look_at  None for a watched page, which is read at every visit
    """
    connection.execute(
        """UPDATE entries SET missing_since = ?1,
               revisit_at = iif(?2 IS NULL, revisit_at, min(coalesce(revisit_at, ?2), ?2)) WHERE id = ?3""",
        numbered(to_text(since), None if look_at is None else to_text(look_at), entry_id),
    )


def postpone_entry(
    connection: sqlite3.Connection,
    entry_id: int,
    reason: str,
    *,
    next_try_at: datetime,
    held_until: datetime | None = None,
    looked_at: datetime,
) -> None:
    """Record a failed try and when the next one may be made.

    held_until  until then its site asked to be left alone, which counts for visits a person asks for too
    looked_at   when the try was made
    """
    connection.execute(
        """UPDATE entries SET attempt_count = attempt_count + 1, reason = ?, next_try_at = ?, held_until = ?,
               looked_at = ? WHERE id = ?""",
        [
            reason,
            to_text(next_try_at),
            to_text_or_none(held_until),
            to_text(looked_at),
            entry_id,
        ],
    )


def save_words_article(connection: sqlite3.Connection, entry_id: int, article_id: int) -> None:
    """Record the article an entry became in its feed's words while its page is waited for. Call inside a transaction."""
    connection.execute("UPDATE entries SET article_id = ? WHERE id = ?", [article_id, entry_id])


def note_interrupted(connection: sqlite3.Connection, entry_id: int) -> None:
    """Record that a page was fetched, and reading it was cut off. Call inside a transaction."""
    connection.execute(
        "UPDATE entries SET interrupted_count = interrupted_count + 1 WHERE id = ?", [entry_id]
    )


def hold_entry(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, until: datetime
) -> None:
    """Let an entry wait because its host is throttled; this does not count as a try."""
    connection.execute(
        "UPDATE entries SET reason = ?, next_try_at = ? WHERE id = ?",
        [reason, to_text(until), entry_id],
    )
