"""The pieces of database work of a session of the daemon: its heartbeats."""

import sqlite3
from dataclasses import replace
from datetime import datetime

from crawler.storage.crawl.handing_out.cluster_state import clear_cluster_state, save_cluster_state
from crawler.storage.file.database import transaction
from crawler.storage.mail.mailbox import HEARTBEAT
from crawler.storage.mail.reports.status_reports import save_uptime
from crawler.storage.process.crawls import CRAWL
from crawler.storage.process.heartbeats import NO_WEB_PAGES, clear_heartbeat, save_heartbeat
from crawler.storage.process.refused_edits import keep_refused_edit
from scheduler.crawling.vigil import Liveness

# of the reason why an edit is not in force: a configuration may have hundreds of faults, and the web pages show it
_LONGEST_NOTE = 2000


def write_beat(
    connection: sqlite3.Connection,
    liveness: Liveness,
    *,
    uptime_id: int | None,
    refused_edit: str,
    now: datetime,
) -> int:
    """Write that the daemon lives, and its crawl process if it does; return the id of the uptime.

    uptime_id     of the beat before, None for the first
    refused_edit  why an edit of the configuration is not in force, empty if it is
    """
    with transaction(connection):  # one commit, so the disk is waited for once
        save_heartbeat(connection, "daemon", now=now)
        keep_refused_edit(connection, refused_edit[:_LONGEST_NOTE], now=now)
        clear_heartbeat(connection, CRAWL)
        if liveness.pid is not None and liveness.is_beating:
            note = liveness.note
            save_heartbeat(connection, "crawl process", pid=liveness.pid, now=now, note=note)
            _save_cluster(connection, liveness, now=now)
        return save_uptime(connection, uptime_id=uptime_id, now=now)


def _save_cluster(connection: sqlite3.Connection, liveness: Liveness, *, now: datetime) -> None:
    if liveness.cluster is None:
        clear_cluster_state(connection)
        return
    state = replace(liveness.cluster, home_share=round(liveness.core_share, 3))
    save_cluster_state(connection, state, now=now)


def clear_heartbeats(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Delete all heartbeats: the daemon ends."""
    with transaction(connection):
        for name in ("daemon", "crawl process", HEARTBEAT, NO_WEB_PAGES):
            clear_heartbeat(connection, name)
        clear_cluster_state(connection)
        keep_refused_edit(connection, "", now=now)
