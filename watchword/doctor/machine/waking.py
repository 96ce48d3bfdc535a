"""A machine that just woke up: its daemon is alive, and its last sign of life is as old as the sleep was long."""

import sqlite3
import time
from datetime import datetime, timedelta
from pathlib import Path

from crawler.storage.file.instance_lock import DAEMON, find_holder
from crawler.storage.process.heartbeats import is_alive

# the daemon beats every five seconds, and its first turn after a sleep may find a busy disk
_SECONDS = 12.0
_LOOK_SECONDS = 0.25


def wait_for_beat(
    connection: sqlite3.Connection, database: Path, *, now: datetime, seconds: float = _SECONDS
) -> datetime:
    """Wait until the process that holds the lock as the daemon gives a sign of life; return the moment when that is known.

    Returns at once if it gave one within a minute, or if there is no such process.
    """
    began = time.monotonic()
    moment = now
    while not is_alive(connection, now=moment) and time.monotonic() - began < seconds:
        holder = find_holder(database)
        if holder is None or holder.holder != DAEMON or holder.waits_for or holder.storage:
            return moment
        time.sleep(_LOOK_SECONDS)
        moment = now + timedelta(seconds=time.monotonic() - began)
    return moment
