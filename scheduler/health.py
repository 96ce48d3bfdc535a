"""How the whole is doing: findings, from the file to the mail, each made though others cannot be."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import DatabaseUnusable
from crawler.storage.database import open_for_reading, to_text
from crawler.storage.deliveries import count_deliveries
from crawler.storage.entries import count_entries_by_reason
from crawler.storage.health import (
    count_sources,
    find_oldest_owed,
    list_dead_letters,
    list_failing_sources,
    list_quiet_now,
)
from crawler.storage.heartbeats import STALE_SECONDS, list_heartbeats
from crawler.storage.keys import count_revisions_to_index
from crawler.storage.mailbox import HEARTBEAT
from scheduler.findings import Finding, Verdict, guarded
from scheduler.mailbox_health import mailbox_looks
from scheduler.storage_health import look_at_file, look_at_space, look_at_writing
from scheduler.storage_hold import look_at_holder

if TYPE_CHECKING:  # pydantic, not for --help
    from crawler.config.schema import Config

_MOST_SHOWN = 20
# a dead letter needs a look for so long; it stays in `alert list` for ever
_DEAD_MEMORY = timedelta(days=30)


def examine(config: "Config", *, now: datetime) -> list[Finding]:
    """Look at everything, from the file to the mail; raises nothing, whatever the file is."""
    path = config.store.path.absolute()
    file, tables = _read(path, config, now=now)
    surroundings: list[tuple[str, Callable[[], Finding]]] = [
        ("disk", partial(look_at_space, config)),
        ("storage", partial(look_at_holder, path)),
    ]
    if file.verdict is Verdict.OK:
        # after everything was read: a damaged file is not touched, and our reading does not stand in the way
        surroundings.insert(1, ("writing", partial(look_at_writing, path)))
    return [file, *(guarded(subject, look) for subject, look in surroundings), *tables]


def _read(path: Path, config: "Config", *, now: datetime) -> tuple[Finding, list[Finding]]:
    """Check the file first and alone, then read what stands in it, table by table."""
    try:
        connection = open_for_reading(path)
    except DatabaseUnusable as error:
        return Finding(subject="database", verdict=Verdict.BROKEN, summary=str(error)), []
    with closing(connection):
        file = guarded("database", partial(look_at_file, connection, path))
        looks: list[tuple[str, Callable[[], Finding]]] = [
            ("daemon", partial(_processes, connection, now=now)),
            ("sources", partial(_sources, connection, now=now)),
            ("pages", partial(_pages, connection)),
            ("watch history", partial(_history, connection)),
            ("mail", partial(_mail, connection, config, now=now)),
            *mailbox_looks(connection, config, now=now),
        ]
        return file, [guarded(subject, look) for subject, look in looks]


def _history(connection: sqlite3.Connection) -> Finding:
    """Tell how far back watches can be asked: older texts are indexed again after some upgrades."""
    count = count_revisions_to_index(connection)
    return Finding(
        subject="watch history",
        verdict=Verdict.OK,
        summary="every text is indexed"
        if not count
        else f"{count:,} older texts are still to be indexed; the daemon does it, newest first",
    )


def is_alive(connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Tell whether daemon and crawl process gave a sign of life lately."""
    fresh = {row["name"] for row in list_heartbeats(connection) if _age(row, now) < STALE_SECONDS}
    return {"daemon", "crawl process"} <= fresh


def _age(heartbeat: sqlite3.Row, now: datetime) -> float:
    return (now - datetime.fromisoformat(heartbeat["beat_at"])).total_seconds()


def _processes(connection: sqlite3.Connection, *, now: datetime) -> Finding:
    beats = {row["name"]: row for row in list_heartbeats(connection) if row["name"] != HEARTBEAT}
    details = tuple(
        f"{name}: pid {row['pid']}, last sign of life {_age(row, now):.0f} s ago {row['note']}".rstrip()
        for name, row in beats.items()
    )
    if is_alive(connection, now=now):
        return Finding(subject="daemon", verdict=Verdict.OK, summary="running", details=details)
    if not beats:
        return Finding(
            subject="daemon",
            verdict=Verdict.LOOK,
            summary="not running",
            remedy="`watchword run` starts it; until then nothing is visited",
        )
    return Finding(
        subject="daemon",
        verdict=Verdict.BROKEN,
        summary="no sign of life from all of its processes",
        details=details,
        remedy="look at its log and start it again; nothing due is lost",
    )


def _sources(connection: sqlite3.Connection, *, now: datetime) -> Finding:
    counts = count_sources(connection)
    failing = list_failing_sources(connection)
    quiet = list_quiet_now(connection, now=to_text(now))
    details = (*(_tell_source(row) for row in failing[:_MOST_SHOWN]), *quiet[:_MOST_SHOWN])
    if len(failing) > _MOST_SHOWN:
        details = (*details, f"and {len(failing) - _MOST_SHOWN} more: `watchword source list`")
    summary = (
        f"{counts['active']} active, {counts['failing']} failing, {counts['quiet']} unusually quiet, "
        f"{counts['degraded']} degraded, {counts['never_read']} never read yet"
    )
    is_well = not failing and counts["active"] > 0
    return Finding(
        subject="sources",
        verdict=Verdict.OK if is_well else Verdict.LOOK,
        summary=summary,
        details=details,
        remedy=""
        if is_well
        else "failing sources are tried again by themselves, less and less often; `watchword source show NAME` tells more",
    )


def _tell_source(row: sqlite3.Row) -> str:
    if row["failure_count"]:
        count, due = row["failure_count"], _minute(row["next_due_at"])
        return f"{row['name']}: {row['last_failure']} ({count} in a row, next try {due})"
    return f"{row['name']}: {row['health']} since {_minute(row['health_since'])}: {row['health_reason']}"


def _minute(text: str | None) -> str:
    return f"{text[:16].replace('T', ' ')} UTC" if text else "now"


def _pages(connection: sqlite3.Connection) -> Finding:
    """Pages that were refused are no fault of ours to mend; they are shown so that nothing vanishes."""
    reasons = count_entries_by_reason(connection)
    details = tuple(
        f"{row['source']}: {row['count']} x {row['state']}: {row['reason']} (such as {row['example']})"
        for row in reasons[:_MOST_SHOWN]
    )
    refused = sum(row["count"] for row in reasons if row["state"] == "refused")
    failed = sum(row["count"] for row in reasons if row["state"] == "failed")
    return Finding(
        subject="pages",
        verdict=Verdict.OK,
        summary=f"{refused} refused as no article, {failed} never had",
        details=details,
    )


def _mail(connection: sqlite3.Connection, config: "Config", *, now: datetime) -> Finding:
    counts, oldest = count_deliveries(connection), find_oldest_owed(connection, now=now)
    way = (
        f"server {config.mail.host}:{config.mail.port}"
        if config.mail.host
        else f"Maildir {config.maildir}"
    )
    dead = list_dead_letters(connection, since=now - _DEAD_MEMORY)
    details = [f"{row['recipient']}: {row['count']} x {row['answer']}" for row in dead]
    if oldest is not None:
        details.append(f"the oldest alert owed was to leave at {oldest}")
    return Finding(
        subject="mail",
        verdict=Verdict.LOOK if dead or oldest else Verdict.OK,
        summary=f"{way}; {counts['sent']} sent, {counts['owed']} owed, {counts['dead']} dead",
        details=tuple(details),
        remedy="`watchword alert list --state dead` shows what was never delivered; once it is mended, "
        "`watchword alert retry --dead` tries it again"
        if dead
        else "",
    )
