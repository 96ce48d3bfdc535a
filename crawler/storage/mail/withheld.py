"""The withheld table: alerts that the daily limit or a mute withheld from a recipient.

Owner: crawl process. A row is added in the transaction of its match, and deleted when its recipient gets an alert about the
article. What the limit withheld is raised once that allows it; what a mute withheld comes with the next alert of the story.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.model.mail.alert import AlertKind
from crawler.storage.file.database import to_text, to_text_or_none


class Reason(StrEnum):
    """Why an alert was withheld; fault: raising it failed too many times."""

    LIMIT = "limit"
    MUTE = "mute"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A withheld alert.

    match_id     the match it is about: a watch, an article and its text
    story_id     the article's present story
    headline     the article's present headline; ``current_revision_id`` its present text
    is_watched   the article is a watched page
    is_gone      its page is gone at present
    is_withdrawn its article was taken back
    tries        tries to raise it that ended in a fault
    """

    id: int
    match_id: int
    recipient: str
    kind: AlertKind
    watch_id: int
    article_id: int
    story_id: int
    source_id: int
    revision_id: int
    current_revision_id: int
    headline: str
    is_watched: bool
    is_gone: bool
    is_withdrawn: bool
    tries: int


def withhold(
    connection: sqlite3.Connection,
    match_id: int,
    recipient: str,
    *,
    kind: AlertKind,
    due_at: datetime | None,
    now: datetime,
) -> None:
    """Save an alert as withheld from a recipient. Call in the transaction of its match.

    due_at  when the daily limit allows it; None: it is muted
    """
    reason = Reason.MUTE if due_at is None else Reason.LIMIT
    connection.execute(
        """INSERT INTO withheld (match_id, recipient, kind, reason, withheld_at, due_at)
           VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (match_id, recipient, kind) DO UPDATE
           SET reason = excluded.reason, due_at = excluded.due_at""",
        [match_id, recipient, kind.value, reason.value, to_text(now), to_text_or_none(due_at)],
    )


def list_due(connection: sqlite3.Connection, *, now: datetime, limit: int) -> tuple[Withheld, ...]:
    """Return alerts that the daily limit may allow by now, the longest waiting first.

    Of equally long ones those of a text come first, whose alert has the headline too, and of these the newest.
    """
    rows = connection.execute(
        """SELECT withheld.id, withheld.match_id, withheld.recipient, withheld.kind, withheld.tries,
               matches.watch_id, matches.article_id, matches.story_id, matches.revision_id,
               articles.source_id, articles.revision_id AS current_revision_id, articles.headline,
               EXISTS (SELECT 1 FROM sources WHERE sources.id = articles.source_id AND kind = 'page') AS is_watched,
               articles.gone_at IS NOT NULL AS is_gone, articles.withdrawn_at IS NOT NULL AS is_withdrawn
           FROM withheld JOIN matches ON matches.id = withheld.match_id
           JOIN articles ON articles.id = matches.article_id
           WHERE withheld.due_at <= ?
           ORDER BY withheld.due_at, withheld.kind NOT IN ('new', 'update'), withheld.id DESC LIMIT ?""",
        [to_text(now), limit],
    )
    return tuple(_read(row) for row in rows)


def _read(row: sqlite3.Row) -> Withheld:
    facts = dict(row)
    return Withheld(
        **facts
        | {
            "kind": AlertKind(row["kind"]),
            "is_watched": bool(row["is_watched"]),
            "is_gone": bool(row["is_gone"]),
            "is_withdrawn": bool(row["is_withdrawn"]),
        }
    )


def find_newest(connection: sqlite3.Connection, row: Withheld) -> tuple[int, int]:
    """Return the newest withheld match of the same article, watch and recipient, and its text."""
    found = connection.execute(
        """SELECT matches.id, matches.revision_id FROM matches
           JOIN withheld ON withheld.match_id = matches.id
           WHERE matches.article_id = ? AND matches.watch_id = ? AND recipient_key(withheld.recipient) = recipient_key(?)
               AND withheld.kind IN ('new', 'update')
           ORDER BY matches.revision_id DESC LIMIT 1""",
        [row.article_id, row.watch_id, row.recipient],
    ).fetchone()
    return (row.match_id, row.revision_id) if found is None else (found[0], found[1])


def is_there(connection: sqlite3.Connection, withheld_id: int) -> bool:
    """Return whether a withheld alert is still there."""
    row = connection.execute("SELECT 1 FROM withheld WHERE id = ?", [withheld_id]).fetchone()
    return row is not None


def list_withheld_texts(
    connection: sqlite3.Connection, *, watch_id: int, article_id: int
) -> tuple[tuple[str, int], ...]:
    """Return the withheld texts of an article and watch, as pairs of recipient and revision."""
    rows = connection.execute(
        """SELECT withheld.recipient, matches.revision_id FROM matches
           JOIN withheld ON withheld.match_id = matches.id
           WHERE matches.article_id = ? AND matches.watch_id = ?""",
        [article_id, watch_id],
    )
    return tuple((row["recipient"], row["revision_id"]) for row in rows)


def list_watches_that_withhold(
    connection: sqlite3.Connection, *, story_id: int, article_id: int
) -> frozenset[int]:
    """Return the watches of which an alert about a story, or an article of it, is withheld from somebody."""
    rows = connection.execute(
        """SELECT DISTINCT matches.watch_id FROM matches JOIN withheld ON withheld.match_id = matches.id
           WHERE matches.story_id = ? OR matches.article_id = ?""",
        [story_id, article_id],
    )
    return frozenset(row["watch_id"] for row in rows)


def settle_withheld(
    connection: sqlite3.Connection,
    recipients: list[str],
    *,
    watch_id: int,
    article_id: int,
    kinds: tuple[AlertKind, ...],
) -> None:
    """Delete withheld alerts of recipients who get one about the article now. Call in the transaction that queues it."""
    connection.execute(
        """DELETE FROM withheld
           WHERE recipient_key(recipient) IN (SELECT recipient_key(value) FROM json_each(:recipients))
               AND kind IN (SELECT value FROM json_each(:kinds)) AND match_id IN
                   (SELECT id FROM matches WHERE article_id = :article AND watch_id = :watch)""",
        {
            "recipients": json.dumps(recipients),
            "kinds": json.dumps([kind.value for kind in kinds]),
            "article": article_id,
            "watch": watch_id,
        },
    )


def release_muted(
    connection: sqlite3.Connection,
    recipients: list[str],
    *,
    watch_id: int,
    story_id: int,
    now: datetime,
) -> None:
    """Make a story's muted alerts due for recipients who get one about it now. Call in the transaction that queues it."""
    connection.execute(
        """UPDATE withheld SET reason = 'limit', due_at = :now
           WHERE reason = 'mute'
               AND recipient_key(recipient) IN (SELECT recipient_key(value) FROM json_each(:recipients))
               AND match_id IN (SELECT id FROM matches WHERE story_id = :story AND watch_id = :watch)""",
        {
            "recipients": json.dumps(recipients),
            "story": story_id,
            "watch": watch_id,
            "now": to_text(now),
        },
    )


def drop_withheld(connection: sqlite3.Connection, withheld_id: int) -> None:
    """Delete a withheld alert that is settled. Call inside a transaction."""
    connection.execute("DELETE FROM withheld WHERE id = ?", [withheld_id])


def postpone_withheld(
    connection: sqlite3.Connection,
    withheld_id: int,
    *,
    due_at: datetime | None,
    reason: Reason = Reason.LIMIT,
    is_fault: bool = False,
) -> None:
    """Save when a withheld alert may be raised; None: only with another alert. Call inside a transaction."""
    connection.execute(
        "UPDATE withheld SET due_at = ?, reason = ?, tries = tries + ? WHERE id = ?",
        [to_text_or_none(due_at), reason.value, int(is_fault), withheld_id],
    )


def forget_withheld(connection: sqlite3.Connection, *, before: datetime, limit: int) -> int:
    """Delete alerts that mutes withheld before an instant; return how many. Call inside a transaction."""
    return connection.execute(
        """DELETE FROM withheld WHERE id IN (SELECT id FROM withheld
               WHERE due_at IS NULL AND withheld_at < ? ORDER BY withheld_at LIMIT ?)""",
        [to_text(before), limit],
    ).rowcount


def cancel_due(connection: sqlite3.Connection) -> None:
    """Let nothing that was withheld be raised by itself any more. Call inside a transaction."""
    connection.execute("UPDATE withheld SET due_at = NULL WHERE due_at IS NOT NULL")
