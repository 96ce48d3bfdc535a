"""The finding about the mailbox in which unsubscribe requests arrive."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from crawler.storage.file.database import to_instant
from crawler.storage.mail.mailbox import HEARTBEAT
from crawler.storage.process.heartbeats import list_heartbeats
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def mailbox_looks(
    connection: sqlite3.Connection, config: "Config", *, now: datetime
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check of the mailbox, or nothing if no mailbox is set."""
    if not config.unsubscribe.host:
        return []
    return [("unsubscribing", partial(look_at_mailbox, connection, config, now=now))]


def look_at_mailbox(connection: sqlite3.Connection, config: "Config", *, now: datetime) -> Finding:
    """Return whether the mailbox could be read, and when that was last tried."""
    where = f"mailbox {config.unsubscribe.mailbox} at {config.unsubscribe.host}"
    beats = {row["name"]: row for row in list_heartbeats(connection)}
    beat = beats.get(HEARTBEAT)
    if beat is None:
        summary = f"{where}: only read while the daemon runs"
        return Finding(subject="unsubscribing", verdict=Verdict.OK, summary=summary)
    minutes = max(0, int((now - to_instant(beat["beat_at"])).total_seconds())) // 60
    when = "within the last minute" if not minutes else f"{minutes} min ago"
    if not beat["note"]:
        summary = f"{where}: read {when}"
        return Finding(subject="unsubscribing", verdict=Verdict.OK, summary=summary)
    return Finding(
        subject="unsubscribing",
        verdict=Verdict.LOOK,
        summary=f"unsubscribe mails are not read; last tried {when}",
        details=(str(beat["note"]),),
        remedy="check [unsubscribe]; it is tried again automatically, at least once an hour, and nothing is lost meanwhile",
    )
