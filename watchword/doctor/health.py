"""All findings of ``doctor``, from the file to the mail. A check that fails does not stop the others."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.alerting.messages.report_lines import list_source_lines, list_watch_lines
from crawler.alerting.messages.status_report import (
    lower_first,
    write_pending,
    write_sources,
    write_waiting,
)
from crawler.alerting.phrases import Phrases, phrases_for
from crawler.errors import DatabaseUnusable
from crawler.flows.mail.delivery.reports import USUAL_PERIOD, measure_muted, measure_sources
from crawler.model.mail.status_report import StatusReport
from crawler.storage.crawl.entries.entries import count_entries_by_reason
from crawler.storage.file.database import open_for_reading
from crawler.storage.mail.deliveries import count_deliveries
from crawler.storage.mail.reports.report_counts import find_mail_facts, find_waiting
from crawler.storage.process.health import list_dead_messages, read_through
from crawler.storage.process.last_moment import find_last_moment
from crawler.storage.process.refused_edits import find_refused_edit
from crawler.storage.watch.keys import count_revisions_to_index
from crawler.text.counts import write_count, write_number
from watchword.doctor.backup_health import look_at_backups
from watchword.doctor.certificates_health import look_at_certificates
from watchword.doctor.clock_health import look_at_clock
from watchword.doctor.daemon_health import look_at_daemon
from watchword.doctor.findings import Finding, Verdict, guarded
from watchword.doctor.machine.cluster_health import cluster_looks
from watchword.doctor.machine.memory_health import look_at_memory
from watchword.doctor.machine.port_health import port_looks
from watchword.doctor.machine.versions_health import look_at_versions
from watchword.doctor.machine.zones_health import look_at_zones
from watchword.doctor.mailbox_health import mailbox_looks
from watchword.doctor.proxy_health import proxy_looks
from watchword.doctor.storage.archive_health import look_at_archive
from watchword.doctor.storage.disk_health import look_at_file_system, look_at_readers
from watchword.doctor.storage.growth_health import look_at_growth
from watchword.doctor.storage.secret_files import look_at_secret_files
from watchword.doctor.storage.storage_health import look_at_file, look_at_space, look_at_writing
from watchword.doctor.storage.storage_hold import look_at_holder
from watchword.doctor.web_health import web_looks

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# makes a status report with one part only: a part that cannot be read must not spoil the others
Part = Callable[..., StatusReport]
# at most this many reasons for refused and failed pages, the most frequent first: about a screen
_MOST_SHOWN = 20
# for how long a dead message needs a look; `alert list` shows it afterwards, too
_DEAD_MEMORY = timedelta(days=30)


def examine(config: "Config", *, now: datetime, place: Path | None = None) -> list[Finding]:
    """Return all findings, from the file to the mail; raises nothing, whatever state the file is in.

    place  the configuration's file or folder; None if it has none
    """
    path = config.store.path.absolute()
    file, tables = _read(path, config, now=now)
    surroundings: list[tuple[str, Callable[[], Finding]]] = [
        ("disk", partial(look_at_space, config)),
        ("file system", partial(look_at_file_system, path)),
        ("readers", partial(look_at_readers, config)),
        ("secrets", partial(look_at_secret_files, config, place=place)),
        ("storage", partial(look_at_holder, path)),
        ("certificates", partial(look_at_certificates, config, now=now)),
        ("memory", partial(look_at_memory, config)),
        ("time zones", partial(look_at_zones, config, now=now)),
        *proxy_looks(config),
        *port_looks(config, now=now),
    ]
    if not tables:
        surroundings.append(("versions", partial(look_at_versions, None, now=now)))
        surroundings.append(("clock", partial(look_at_clock, None, now=now)))
    if file.verdict is Verdict.OK:
        # after all reading is done, which could hold the lock itself; a damaged file is not touched at all
        surroundings.insert(1, ("writing", partial(look_at_writing, path)))
    return [file, *(guarded(subject, look) for subject, look in surroundings), *tables]


def examine_file(path: Path, *, now: datetime) -> list[Finding]:
    """Return the findings that need no configuration: the file, its storage, and whether the daemon is alive."""
    path = path.absolute()
    try:
        connection = open_for_reading(path)
    except DatabaseUnusable as error:
        return [Finding(subject="database", verdict=Verdict.BROKEN, summary=str(error))]
    part = partial(StatusReport, since=now - USUAL_PERIOD, until=now)
    # the admin's locale and zone are in the configuration, which cannot be read
    phrases = Phrases("en_GB", "UTC")
    with closing(connection):
        return [
            guarded("database", partial(look_at_file, connection, path)),
            guarded("storage", partial(look_at_holder, path)),
            guarded("daemon", lambda: look_at_daemon(connection, path, part, phrases)),
        ]


def _read(path: Path, config: "Config", *, now: datetime) -> tuple[Finding, list[Finding]]:
    """Return the finding about the file, and those about its contents; none of the latter if it cannot be opened."""
    try:
        connection = open_for_reading(path)
    except DatabaseUnusable as error:
        return Finding(subject="database", verdict=Verdict.BROKEN, summary=str(error)), []
    with closing(connection):
        file = guarded("database", partial(look_at_file, connection, path))
        part = partial(StatusReport, since=now - USUAL_PERIOD, until=now)
        phrases = phrases_for(config.admin_reader)
        looks: list[tuple[str, Callable[[], Finding]]] = [
            *_edit_looks(connection),
            *web_looks(connection),
            ("versions", lambda: look_at_versions(connection, now=now)),
            ("clock", lambda: look_at_clock(find_last_moment(connection), now=now)),
            ("daemon", lambda: look_at_daemon(connection, path, part, phrases)),
            *cluster_looks(connection, config, now=now),
            ("sources", lambda: _sources(connection, config, part, phrases)),
            ("pages", lambda: _pages(connection, part, phrases)),
            ("watches", lambda: _watches(connection, config, part, phrases)),
            ("watch history", partial(_history, connection)),
            ("growth", lambda: look_at_growth(connection, config, now=now)),
            ("archive", lambda: look_at_archive(connection, config)),
            ("backups", lambda: look_at_backups(connection, config, now=now)),
            ("mail", lambda: _mail(connection, config, part, phrases)),
            *mailbox_looks(connection, config, now=now),
        ]
        return file, [guarded(subject, look) for subject, look in looks]


def _history(connection: sqlite3.Connection) -> Finding:
    """Return how many texts are still to be indexed: after some upgrades all are indexed again."""
    count = count_revisions_to_index(connection)
    return Finding(
        subject="watch history",
        verdict=Verdict.OK,
        summary="every text is indexed"
        if not count
        else f"{write_count(count, 'older text is', 'older texts are')} still to be indexed; the daemon does it, newest first",
    )


def _edit_looks(connection: sqlite3.Connection) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check that shows the edit the running daemon refused, or nothing if there is none."""
    edit = find_refused_edit(connection)
    if edit is None:
        return []
    found = Finding(
        subject="edit",
        verdict=Verdict.LOOK,
        summary="the running daemon uses an earlier configuration",
        details=tuple(edit.note.splitlines()),
    )
    return [("edit", lambda: found)]


def _sources(
    connection: sqlite3.Connection, config: "Config", part: Part, phrases: Phrases
) -> Finding:
    """Return the state of the sources, in the words of the status report."""
    # read the table itself: an index may still answer when the table is damaged
    read_through(connection, "sources")
    now = part().until
    report = part(sources=measure_sources(connection, config, since=now - USUAL_PERIOD, now=now))
    sources = report.sources
    is_past = sources.needs_look and not replace(sources, outages=()).needs_look
    if not sources.active_count:
        remedy = "add one with `watchword source add URL`"
    elif is_past:
        remedy = "they are read again; missed articles were fetched as far as the sources still list them"
    else:
        remedy = "they are tried again automatically, at growing intervals; `watchword source show NAME` has details"
    return Finding(
        subject="sources",
        verdict=Verdict.LOOK if sources.needs_look else Verdict.OK,
        summary=write_sources(report, phrases),
        details=tuple(list_source_lines(report, phrases)),
        remedy=remedy if sources.needs_look else "",
    )


def _pages(connection: sqlite3.Connection, part: Part, phrases: Phrases) -> Finding:
    """Return how many pages are waiting or were given up, and why. Refused pages need no repair, but none is hidden."""
    read_through(connection, "entries")  # as above
    report = part(pages=find_waiting(connection))
    reasons = count_entries_by_reason(connection)
    details = tuple(
        f"{row['source']}: {write_number(row['count'])} x {row['state']}: {row['reason']} (such as {row['example']})"
        for row in reasons[:_MOST_SHOWN]
    )
    refused = sum(row["count"] for row in reasons if row["state"] == "refused")
    failed = sum(row["count"] for row in reasons if row["state"] == "failed")
    causes = [f"{write_count(refused, 'was no article', 'were not articles')}"] if refused else []
    causes += [f"{write_number(failed)} could not be fetched"] if failed else []
    given_up = (
        f"{write_number(refused + failed)} given up: {', '.join(causes)}"
        if causes
        else "none given up"
    )
    waiting = write_waiting(report, phrases) or "none is waiting"
    has_old = report.has_old_pages
    return Finding(
        subject="pages",
        verdict=Verdict.LOOK if has_old else Verdict.OK,
        summary=f"{given_up}; {waiting}",
        details=details,
        remedy="`watchword run` or `watchword crawl` will fetch them" if has_old else "",
    )


def _watches(
    connection: sqlite3.Connection, config: "Config", part: Part, phrases: Phrases
) -> Finding:
    """Return how many watches there are, and which of them alert nobody."""
    muted = measure_muted(connection, config, None, now=part().until)
    report = part(watch_count=len(config.watches), muted=muted)
    details = tuple(list_watch_lines(report, phrases))
    return Finding(
        subject="watches",
        verdict=Verdict.OK if report.watch_count else Verdict.LOOK,
        summary=f"{write_number(report.watch_count)} watched, {write_number(len(report.muted))} of them muted or only stored in the database"
        if report.muted
        else f"{write_number(report.watch_count)} watched, none muted",
        details=details,
        remedy="" if report.watch_count else "add one with `watchword watch add`",
    )


def _mail(
    connection: sqlite3.Connection, config: "Config", part: Part, phrases: Phrases
) -> Finding:
    now = part().until
    since = now - USUAL_PERIOD
    report = part(
        mail=find_mail_facts(connection, recipient=None, except_id=None, since=since, now=now)
    )
    transport = config.mail.transport.removeprefix("mail ") or f"Maildir {config.maildir}"
    read_through(connection, "deliveries")
    sent = count_deliveries(connection)["sent"]
    dead = list_dead_messages(connection, since=report.until - _DEAD_MEMORY)
    count = sum(row["count"] for row in dead)
    given_up = f"; {write_number(count)} given up within {_DEAD_MEMORY.days} days" if count else ""
    is_well = not dead and not report.mail.pending_count
    return Finding(
        subject="mail",
        verdict=Verdict.OK if is_well else Verdict.LOOK,
        summary=f"{transport}; {write_number(sent)} sent; {lower_first(write_pending(report, phrases))}{given_up}",
        details=tuple(
            f"{row['recipient']}: {write_number(row['count'])} x {row['answer']}" for row in dead
        ),
        remedy="`watchword alert list --state dead` shows what was not delivered; once the cause is fixed, "
        "`watchword alert retry --dead` tries again"
        if dead
        else "",
    )
