"""A copy of the database without what says who is told what, to be served elsewhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from crawler.storage.backup.parts import part_of, put_in_place
from crawler.storage.file.functions import add_functions

# tables that show who gets which messages, or what they asked for
PRIVATE_TABLES = frozenset(
    {
        "deliveries",
        "delivery_alerts",
        "attempts",
        "outbox",
        "recipients",
        "mutes",
        "requests",
        "status_reports",
        "story_marks",
        "withheld",
    }
)


def write_snapshot(connection: sqlite3.Connection, target: Path) -> None:
    """Write a copy of the database as it is now, without the rows of private tables.

    The copy is made beside the target, and takes its place only when it is whole and on disk: whoever serves the target sees
    one snapshot or the next. A writer beside us is not held up.

    raises  OSError or sqlite3.Error if it cannot be written; then the target is as before, and nothing is left beside it
    """
    with part_of(target) as part:
        part.unlink()  # VACUUM INTO takes no file that has something in it, and makes its own
        connection.execute("VACUUM INTO ?", [str(part)])
        _empty_private(part)
        part.chmod(0o644)  # for whoever serves it; what only its owner may read was taken out
        put_in_place(part, target)


def _empty_private(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        # what was deleted would otherwise stay readable in the file's free pages
        copy.execute("PRAGMA secure_delete = ON")
        # one file, without a -wal beside it, can be copied and served from a read-only folder
        copy.execute("PRAGMA journal_mode = DELETE")
        database = Database(copy, execute_plugins=False)
        # these refer to the notice that reported them
        for table in ("source_events", "refused_edits"):
            database.table(table).convert("delivery_id", lambda _: None)
        for table in sorted(PRIVATE_TABLES):
            database.table(table).delete_where()
        _unpack_texts(database)


def _unpack_texts(copy: Database) -> None:
    """Write older texts as they were: whoever serves the copy may not know our function that reads them."""
    add_functions(copy.conn)
    for row in copy.query("SELECT revision_id, unpack(body) AS body FROM packed_texts"):
        copy.table("revisions").update(row["revision_id"], {"body": row["body"]})
    copy.table("packed_texts").delete_where()
