"""The daemon's work besides messages: old records, the file's size of each day, statistics, room given back to the disk."""

import sqlite3
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.flows.retention import Sweeper
from crawler.storage.file.database import transaction
from crawler.storage.retention.file_room import (
    forget_sizes,
    measure_file,
    note_size,
    optimize,
    release_room,
)

# what is free is used again by the next rows; only what many deleted ones left is worth the work
_FEWEST_FREE_BYTES = 100_000_000
_FREE_SHARE = 0.1
# two megabytes: the other process waits for it
_PAGES_AT_ONCE = 500
_SIZES_KEPT = timedelta(days=400)


def keep_small(
    connection: sqlite3.Connection, config: Config, sweeper: Sweeper, *, now: datetime
) -> bool:
    """Apply the daemon's rules, note the size of the day and with it renew statistics, give room back where much is free.

    Returns whether there is more that is old.
    """
    is_more = sweeper.sweep(connection, config, now=now)
    with transaction(connection):
        is_first_today = note_size(connection, now=now)
        if is_first_today:
            forget_sizes(connection, before=now - _SIZES_KEPT)
    if is_first_today:
        optimize(connection)
    size = measure_file(connection)
    if size.free_bytes > max(_FEWEST_FREE_BYTES, _FREE_SHARE * size.bytes):
        release_room(connection, pages=_PAGES_AT_ONCE)
    return is_more
