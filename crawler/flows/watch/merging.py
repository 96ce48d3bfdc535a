"""Moves what a watch or source brought to the row it was merged into by a renaming. Runs in the crawl process.

Called whenever a configuration comes into force there: by then nothing more is written for the old row, and a process that
ended too early leaves the rest to the next one.
"""

import logging
import sqlite3

from crawler.log import log_event
from crawler.storage.file.database import transaction
from crawler.storage.watch.merges import list_merged, move_history

_log = logging.getLogger("watchword.services")


def move_merged(connection: sqlite3.Connection) -> None:
    """Move the history of merged rows, one row a transaction."""
    for table, row_id, into in list_merged(connection):
        with transaction(connection):
            count = move_history(connection, table, row_id, into)
        if count:
            log_event(
                _log, logging.INFO, "history moved", table=table, id=row_id, into=into, count=count
            )
