"""How far the mailbox of unsubscriptions was read, and which of its mails were taken up.

Owner: daemon. The position is a row of ``marks``, one for each mailbox and UIDVALIDITY; what a mail asked for is a row of
``requests``, which names the mail.
"""

import sqlite3

# the heartbeat of the reader; its note says why the mailbox cannot be read
HEARTBEAT = "mailbox"
_PREFIX = "mailbox "


def find_position(connection: sqlite3.Connection, mailbox: str) -> tuple[int, int] | None:
    """Return UIDVALIDITY and the last UID that was read, None if the mailbox was never read.

    mailbox  a name for server, user and folder that reveals none of them
    """
    row = connection.execute(
        "SELECT name, value FROM marks WHERE name LIKE ? || ' %' LIMIT 1", [_PREFIX + mailbox]
    ).fetchone()
    return None if row is None else (int(row["name"].rpartition(" ")[2]), int(row["value"]))


def save_position(connection: sqlite3.Connection, mailbox: str, *, validity: int, uid: int) -> None:
    """Save how far a mailbox was read, replacing all earlier positions, also of other mailboxes. Own transaction needed."""
    connection.execute("DELETE FROM marks WHERE name LIKE ? || '%'", [_PREFIX])
    connection.execute(
        "INSERT INTO marks (name, value) VALUES (?, ?)", [f"{_PREFIX}{mailbox} {validity}", uid]
    )


def is_taken_up(connection: sqlite3.Connection, mail_id: str) -> bool:
    """Return whether the request of a mail is saved already."""
    row = connection.execute(
        """SELECT 1 FROM requests WHERE kind = 'unsubscribe' AND json_extract(arguments, '$.mail') = ?
           LIMIT 1""",
        [mail_id],
    ).fetchone()
    return row is not None
