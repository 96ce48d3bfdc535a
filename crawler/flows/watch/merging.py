"""What a watch or source brought under a row that another stands for now goes to that one. Runs in the crawl process.

Asked whenever a configuration comes into force there: by then nothing more is written for the other row, and what a
process that ended left undone is done by the next.
"""

import logging
import sqlite3

from crawler.log import log_event
from crawler.storage.file.database import transaction
from crawler.storage.watch.merges import list_merged, move_history

_log = logging.getLogger("watchword.services")


def move_merged(connection: sqlite3.Connection) -> None:
    """Move what belongs to another row now, a row a transaction."""
    for table, row_id, into in list_merged(connection):
        with transaction(connection):
            count = move_history(connection, table, row_id, into)
        if count:
            log_event(
                _log, logging.INFO, "history moved", table=table, id=row_id, into=into, count=count
            )
