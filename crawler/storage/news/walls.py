"""The odd_answers and withdrawals tables: pages that did not fit what was announced, and articles that were taken back.

Owner: crawl process.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_text
from crawler.storage.file.parameters import numbered

# the newest: they are read and compared in the transaction of a page
_MOST_COMPARED = 200
_UNSENT = """SELECT alerts.id FROM alerts JOIN matches ON matches.id = alerts.match_id
    WHERE matches.article_id = :article
        AND NOT EXISTS (SELECT 1 FROM delivery_alerts WHERE alert_id = alerts.id)
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert_id = alerts.id
            AND id <= (SELECT value FROM marks WHERE name = 'outbox'))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OddAnswer:
    """A page that shares nothing with what was announced, or does not call itself an article.

    words  its first words, each once, without numbers
    """

    entry_id: int
    host: str
    asked_key: str
    answered_key: str
    title: str
    words: frozenset[str]
    article_id: int | None = None


def list_odd_answers(
    connection: sqlite3.Connection, host: str, *, since: datetime, but_entry: int
) -> tuple[OddAnswer, ...]:
    """Return the odd answers of a host to other entries since an instant, newest first, at most 200."""
    rows = connection.execute(
        """SELECT * FROM odd_answers WHERE host = ? AND fetched_at >= ? AND entry_id <> ?
           ORDER BY fetched_at DESC LIMIT ?""",
        [host, to_text(since), but_entry, _MOST_COMPARED],
    )
    return tuple(
        OddAnswer(
            entry_id=row["entry_id"],
            host=row["host"],
            asked_key=row["asked_key"],
            answered_key=row["answered_key"],
            title=row["title"],
            words=frozenset(row["words"].split()),
            article_id=row["article_id"],
        )
        for row in rows
    )


def save_odd_answer(
    connection: sqlite3.Connection, answer: OddAnswer, *, before: datetime, now: datetime
) -> None:
    """Save an entry's odd answer, and delete older answers of its host. Call inside a transaction."""
    connection.execute(
        "DELETE FROM odd_answers WHERE host = ? AND fetched_at < ?",
        [answer.host, to_text(before)],
    )
    connection.execute(
        """INSERT OR REPLACE INTO odd_answers
               (entry_id, host, asked_key, answered_key, title, words, article_id, fetched_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            answer.entry_id,
            answer.host,
            answer.asked_key,
            answer.answered_key,
            answer.title,
            " ".join(sorted(answer.words)),
            answer.article_id,
            to_text(now),
        ],
    )


def forget_odd_answer(connection: sqlite3.Connection, entry_id: int) -> None:
    """Delete an entry's odd answer: its page came. Call inside a transaction."""
    connection.execute("DELETE FROM odd_answers WHERE entry_id = ?", [entry_id])


def is_vouched_for(connection: sqlite3.Connection, article_id: int) -> bool:
    """Return whether an article has an entry whose answer was not odd, or has had another text, and so is no wall."""
    row = connection.execute(
        """SELECT 1 FROM articles WHERE id = :article AND (revision_count > 1 OR EXISTS
               (SELECT 1 FROM entries WHERE article_id = :article
                    AND id NOT IN (SELECT entry_id FROM odd_answers)))""",
        {"article": article_id},
    ).fetchone()
    return row is not None


def count_alerts_of(connection: sqlite3.Connection, article_id: int) -> tuple[int, int]:
    """Return the numbers of an article's alerts that have left, and that have not."""
    row = connection.execute(
        f"""SELECT count(*), total(alerts.id IN ({_UNSENT})) FROM alerts
            JOIN matches ON matches.id = alerts.match_id WHERE matches.article_id = :article""",  # noqa: S608  # our own text
        {"article": article_id},
    ).fetchone()
    unsent = int(row[1])
    return int(row[0]) - unsent, unsent


def cancel_alerts(connection: sqlite3.Connection, article_id: int) -> None:
    """Delete an article's alerts from the outbox, with their matches. Call inside a transaction.

    Alerts that the daemon has taken up stay.
    """
    article = {"article": article_id}
    # read before the rows of the outbox are deleted, which this query needs
    unsent = [row[0] for row in connection.execute(_UNSENT, article)]
    connection.execute(
        """DELETE FROM outbox WHERE id > (SELECT value FROM marks WHERE name = 'outbox')
           AND alert_id IN (SELECT alerts.id FROM alerts JOIN matches ON matches.id = alerts.match_id
                WHERE matches.article_id = :article)""",
        article,
    )
    connection.executemany("DELETE FROM alerts WHERE id = ?", [(one,) for one in unsent])
    connection.execute(
        """DELETE FROM withheld WHERE match_id IN
               (SELECT id FROM matches WHERE article_id = :article)""",
        article,
    )
    connection.execute(
        """DELETE FROM matches WHERE article_id = :article
           AND id NOT IN (SELECT match_id FROM alerts)""",
        article,
    )


def note_withdrawal(
    connection: sqlite3.Connection,
    article_id: int,
    reason: str,
    *,
    sent: int,
    cancelled: int,
    now: datetime,
) -> None:
    """Record that an article is taken back; call before its rows are deleted. Call inside a transaction."""
    connection.execute(
        """INSERT INTO withdrawals
               (source_id, url, headline, reason, withdrawn_at, sent_count, cancelled_count, last_alert_id)
           SELECT source_id, url, headline, ?, ?, ?, ?,
               max(coalesce((SELECT max(id) FROM alerts), 0),
                   coalesce((SELECT max(last_alert_id) FROM withdrawals), 0))
           FROM articles WHERE id = ?""",
        [reason, to_text(now), sent, cancelled, article_id],
    )


def release_entries(
    connection: sqlite3.Connection, article_id: int, reason: str, *, next_try_at: datetime
) -> None:
    """Let the entries of an article that was a wall wait again, as after a first try. Call inside a transaction."""
    connection.execute(
        """UPDATE entries SET state = 'waiting', article_id = NULL, reason = ?, next_try_at = ?,
               revisit_at = NULL, attempt_count = 1 WHERE article_id = ?""",
        [reason, to_text(next_try_at), article_id],
    )
    connection.execute(
        "UPDATE odd_answers SET article_id = NULL WHERE article_id = ?", [article_id]
    )
    connection.execute("UPDATE pages SET article_id = NULL WHERE article_id = ?", [article_id])


def unlink_article(connection: sqlite3.Connection, article_id: int) -> None:
    """Delete an article's similarities and rulings. Call inside a transaction."""
    for table in ("similarities", "story_rulings"):
        connection.execute(
            f"DELETE FROM {table} WHERE article_id = ?1 OR other_id = ?1",  # noqa: S608  # our own names
            numbered(article_id),
        )


def mark_withdrawn(connection: sqlite3.Connection, article_id: int, *, now: datetime) -> None:
    """Mark an article that alerted somebody as withdrawn; its address is free for the real article."""
    connection.execute(
        """UPDATE articles SET withdrawn_at = ?, url = url || '#withdrawn-' || id, url_key = NULL
           WHERE id = ?""",
        [to_text(now), article_id],
    )


def delete_article(connection: sqlite3.Connection, article_id: int) -> None:
    """Delete an article that alerted nobody, with its texts, and its story if it was the only article there."""
    row = connection.execute("SELECT story_id FROM articles WHERE id = ?", [article_id]).fetchone()
    connection.execute("UPDATE articles SET revision_id = NULL WHERE id = ?", [article_id])
    connection.execute("DELETE FROM article_sources WHERE article_id = ?", [article_id])
    connection.execute("DELETE FROM revisions WHERE article_id = ?", [article_id])
    connection.execute("DELETE FROM articles WHERE id = ?", [article_id])
    connection.execute(
        """DELETE FROM stories WHERE id = :story
               AND NOT EXISTS (SELECT 1 FROM articles WHERE story_id = :story)
               AND NOT EXISTS (SELECT 1 FROM matches WHERE story_id = :story)
               AND NOT EXISTS (SELECT 1 FROM alerts WHERE story_id = :story)
               AND NOT EXISTS (SELECT 1 FROM mutes WHERE story_id = :story)
               AND NOT EXISTS (SELECT 1 FROM story_marks WHERE story_id = :story)
               AND NOT EXISTS (SELECT 1 FROM stories WHERE merged_into = :story)""",
        {"story": row["story_id"]},
    )
