"""The odd_answers and withdrawals tables: pages that did not fit what was announced, and articles that were taken back.

Owner: crawl process.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_text

_MOST_COMPARED = 200
_UNSENT = """SELECT alerts.id FROM alerts JOIN matches ON matches.id = alerts.match_id
    WHERE matches.article_id = :article
        AND NOT EXISTS (SELECT 1 FROM delivery_alerts WHERE alert_id = alerts.id)
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE alert_id = alerts.id
            AND id <= (SELECT value FROM marks WHERE name = 'outbox'))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OddAnswer:
    """A page that shares nothing with what was announced, or says nothing of what it is.

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
    """Return the odd answers of a host to other entries since a moment, newest first, at most 200."""
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
    """Keep an entry's odd answer, and let go of its host's answers from before a moment. Call inside a transaction."""
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
    """Let go of an entry's odd answer: its page was had. Call inside a transaction."""
    connection.execute("DELETE FROM odd_answers WHERE entry_id = ?", [entry_id])


def is_vouched_for(connection: sqlite3.Connection, article_id: int) -> bool:
    """Return whether an article is what some entry announced, or has had another text."""
    row = connection.execute(
        """SELECT 1 FROM articles WHERE id = :article AND (revision_count > 1 OR EXISTS
               (SELECT 1 FROM entries WHERE article_id = :article
                    AND id NOT IN (SELECT entry_id FROM odd_answers)))""",
        {"article": article_id},
    ).fetchone()
    return row is not None


def count_alerts_of(connection: sqlite3.Connection, article_id: int) -> tuple[int, int]:
    """Count the alerts of an article that have left, and those that have not."""
    row = connection.execute(
        f"""SELECT count(*), total(alerts.id IN ({_UNSENT})) FROM alerts
            JOIN matches ON matches.id = alerts.match_id WHERE matches.article_id = :article""",  # noqa: S608  # our own text
        {"article": article_id},
    ).fetchone()
    unsent = int(row[1])
    return int(row[0]) - unsent, unsent


def cancel_alerts(connection: sqlite3.Connection, article_id: int) -> None:
    """Take what is to be told of an article out of the outbox, with its matches. Call inside a transaction.

    What the daemon has taken up stays.
    """
    article = {"article": article_id}
    # first, while the rows that say so are there
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
    """Write down that an article is taken back, before anything of it goes. Call inside a transaction."""
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
    """Have the entries of an article that was none wait again, as after a first try. Call inside a transaction."""
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
    """Take an article out of the search index, and let go of what it shares with others. Call inside a transaction."""
    connection.execute(
        """INSERT INTO articles_fts (articles_fts, rowid, headline, body)
           SELECT 'delete', id, headline, body FROM article_texts WHERE id = ?""",
        [article_id],
    )
    for table in ("similarities", "story_rulings"):
        connection.execute(
            f"DELETE FROM {table} WHERE article_id = ?1 OR other_id = ?1",  # noqa: S608  # our own names
            [article_id],
        )


def mark_withdrawn(connection: sqlite3.Connection, article_id: int, *, now: datetime) -> None:
    """Keep an article of which somebody was told, as taken back; its address is free for what will stand there."""
    connection.execute(
        """UPDATE articles SET withdrawn_at = ?, url = url || '#withdrawn-' || id, url_key = NULL
           WHERE id = ?""",
        [to_text(now), article_id],
    )


def delete_article(connection: sqlite3.Connection, article_id: int) -> None:
    """Delete an article of which nobody was told, with its texts, and its story where it was the only one of it."""
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
               AND NOT EXISTS (SELECT 1 FROM stories WHERE merged_into = :story)""",
        {"story": row["story_id"]},
    )
