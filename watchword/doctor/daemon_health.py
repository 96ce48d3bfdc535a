"""The finding about what does the work: the daemon, or crawls that a timer such as cron starts instead."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from crawler.alerting.messages.report_lines import list_downtime_lines
from crawler.alerting.phrases import Phrases
from crawler.flows.mail.delivery.reports import USUAL_PERIOD
from crawler.model.mail.status_report import StatusReport
from crawler.storage.file.instance_lock import DAEMON, find_holder
from crawler.storage.mail.mailbox import HEARTBEAT
from crawler.storage.mail.reports.status_reports import list_downtimes
from crawler.storage.process.crawls import CRAWL, Crawls, find_crawls
from crawler.storage.process.heartbeats import CLUSTER, NO_WEB_PAGES, is_alive, list_heartbeats
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.machine.waking import wait_for_beat

# rows of ``heartbeats`` that are notes, not processes that must be alive
_NO_PROCESSES = frozenset({HEARTBEAT, CRAWL, NO_WEB_PAGES, CLUSTER})


def look_at_daemon(
    connection: sqlite3.Connection, path: Path, part: Callable[..., StatusReport], phrases: Phrases
) -> Finding:
    """Return whether the daemon is alive, or crawls are made instead, and when within the last day nothing ran.

    part     makes a status report with one part only
    phrases  the language of the lines on downtimes
    """
    now = wait_for_beat(connection, path, now=part().until)
    beats = [row for row in list_heartbeats(connection) if row["name"] not in _NO_PROCESSES]
    details = tuple(
        f"{row['name']}: pid {row['pid']}, last heartbeat {_age(row, now):.0f} s ago {row['note']}".rstrip()
        for row in beats
    )
    downtimes = list_downtimes(connection, since=now - USUAL_PERIOD, until=now)
    missed = tuple(list_downtime_lines(part(downtimes=downtimes), phrases))
    if is_alive(connection, now=now):
        return Finding(
            subject="daemon",
            verdict=Verdict.LOOK if missed else Verdict.OK,
            summary="running",
            details=(*details, *missed),
        )
    if beats:
        return Finding(
            subject="daemon",
            verdict=Verdict.BROKEN,
            summary="not all of its processes are alive",
            details=(*details, *missed),
            remedy="check its log and start it again; nothing that was due is lost",
        )
    return _look_at_crawls(find_crawls(connection), path, missed, now=now)


def _look_at_crawls(
    crawls: Crawls | None, path: Path, missed: tuple[str, ...], *, now: datetime
) -> Finding:
    """Return what does the work while no daemon runs."""
    holder = find_holder(path)
    if holder is not None and holder.holder == DAEMON and holder.waits_for:
        summary = f"started, waiting for {holder.waits_for}"
        return Finding(subject="daemon", verdict=Verdict.LOOK, summary=summary, details=missed)
    if crawls is None:
        return Finding(
            subject="daemon",
            verdict=Verdict.LOOK,
            summary="not running",
            details=missed,
            remedy="`watchword run` starts it; until then nothing is visited",
        )
    often = f" (crawls are made every {_write(crawls.every)})" if crawls.every is not None else ""
    if holder is not None and holder.holder not in {"", DAEMON}:
        last = f"{holder.name} is running"
    else:
        last = f"the last crawl ended {_write(max(now - crawls.last_seen_at, timedelta(0)))} ago"
    if not crawls.is_late(now):
        return Finding(
            subject="daemon",
            verdict=Verdict.LOOK if missed else Verdict.OK,
            summary=f"no daemon runs; {last}{often}",
            details=missed,
        )
    came = f"; they were made every {_write(crawls.every)}" if crawls.every is not None else ""
    return Finding(
        subject="daemon",
        verdict=Verdict.LOOK,
        summary=f"no daemon runs, and no crawl was made: {last}{came}",
        details=missed,
        remedy="check the timer that starts `watchword crawl --due`, and its log, or start `watchword run`",
    )


def _age(heartbeat: sqlite3.Row, now: datetime) -> float:
    return (now - datetime.fromisoformat(heartbeat["beat_at"])).total_seconds()


def _write(span: timedelta) -> str:
    """Return a length of time in one unit: ``90 s``, ``3 h``, ``2 days``."""
    seconds = span.total_seconds()
    # a unit is used from two of it on, so that rounding is never off by more than a quarter
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
