"""The facts of a status report, from one function for mail, ``crawl``, ``doctor`` and web pages: they disagreed before."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.model.mail.status_report import (
    ReportMark,
    Rest,
    SourceFacts,
    Standing,
    StatusReport,
    WatchState,
)
from crawler.model.watch import AlertMode
from crawler.storage.crawl.source_standing import Period, find_source_facts
from crawler.storage.file.faults import find_little_room
from crawler.storage.mail.mutes import list_mutes
from crawler.storage.mail.reports.report_counts import (
    find_first_visit,
    find_mail_facts,
    find_mark,
    find_mark_at,
    find_page_facts,
    find_report_mark,
)
from crawler.storage.mail.reports.status_reports import find_first_named, list_downtimes
from crawler.storage.watch.watches import make_watch
from crawler.text.web.mail_addresses import is_one_recipient, recipient_key

# the period that ``doctor`` and the web pages report: what happened since yesterday
USUAL_PERIOD = timedelta(days=1)


def measure_report(
    connection: sqlite3.Connection,
    config: Config,
    recipient: str,
    *,
    now: datetime,
    delivery_id: int | None = None,
) -> StatusReport:
    """Return the status report of a recipient.

    It counts from the last report that reached the recipient, or else from when it was first named, or from the first visit.

    delivery_id  the message that brings the report, which is not counted as pending
    """
    last = find_report_mark(connection, recipient, before_id=delivery_id)
    first_visit = find_first_visit(connection)
    if last is not None:
        since, before = last
    else:
        named, before = _find_beginning(connection, recipient)
        since = max(filter(None, (first_visit, named)), default=now)
    status_report = _measure(
        connection, config, since, before, recipient=recipient, except_id=delivery_id, now=now
    )
    since_or_none = None if last is None and first_visit is None else since
    return replace(status_report, since=since_or_none, is_first=last is None)


def _find_beginning(
    connection: sqlite3.Connection, recipient: str
) -> tuple[datetime | None, ReportMark]:
    """Return since when a recipient is named, and how far visits had come then.

    Visits count in the order they ended: a clock set back after the naming made pages count as reported before.
    """
    named = find_first_named(connection, recipient)
    if named is None:
        return None, ReportMark()
    named_at, finish_no = named
    if finish_no is None:
        return named_at, find_mark_at(connection, named_at)
    return named_at, ReportMark(finish_no=finish_no)


def measure_all(
    connection: sqlite3.Connection,
    config: Config,
    *,
    now: datetime,
    since: datetime | None = None,
    before: ReportMark | None = None,
) -> StatusReport:
    """Return the status report for everybody, over the last day or since an instant and a mark."""
    start = since or now - USUAL_PERIOD
    mark = before or find_mark_at(connection, start)
    return _measure(connection, config, start, mark, recipient=None, except_id=None, now=now)


def _measure(  # noqa: PLR0913  # what, over what, for whom
    connection: sqlite3.Connection,
    config: Config,
    since: datetime,
    before: ReportMark,
    *,
    recipient: str | None,
    except_id: int | None,
    now: datetime,
) -> StatusReport:
    mark = find_mark(connection)
    mail = find_mail_facts(
        connection, recipient=recipient, except_id=except_id, since=since, now=now
    )
    return StatusReport(
        since=since,
        until=now,
        sources=measure_sources(connection, config, since=since, now=now),
        pages=find_page_facts(connection, before, mark, since=since),
        mail=mail,
        watch_count=len(_list_alerting_watches(config, recipient)),
        muted=measure_muted(connection, config, recipient, now=now),
        downtimes=list_downtimes(connection, since=since, until=now),
        free_bytes=find_little_room(config.store.path),
        mark=mark,
    )


def measure_sources(
    connection: sqlite3.Connection, config: Config, *, since: datetime, now: datetime
) -> SourceFacts:
    """Return the facts about sources alone."""
    downtimes = list_downtimes(connection, since=since, until=now)
    return find_source_facts(
        connection,
        Period(now=now, since=since, gap=downtimes[-1] if downtimes else None),
        resting=[one.name for one in config.sources if one.active_hours],
        paused=[one.name for one in config.sources if one.paused],
        known=frozenset(one.name for one in config.sources),
    )


def measure_muted(
    connection: sqlite3.Connection, config: Config, recipient: str | None, *, now: datetime
) -> tuple[WatchState, ...]:
    """Return the watches that send a recipient no alerts, or not all; ``recipient`` None: those muted for everybody."""
    mutes = [
        row
        for row in list_mutes(connection, now=now)
        if row["recipient"] is None
        or (recipient is not None and is_one_recipient(row["recipient"], recipient))
    ]
    return _list_muted(config, _list_alerting_watches(config, recipient), mutes, now=now)


def list_recipients_named(config: Config) -> tuple[str, ...]:
    """Return all recipients of watches, each once in its first spelling, in the order of the configuration."""
    named: dict[str, str] = {}
    for watch in config.watches:
        for name in config.recipients_of(watch):
            named.setdefault(recipient_key(name), name)
    return tuple(named.values())


def _list_alerting_watches(config: Config, recipient: str | None) -> tuple[WatchSettings, ...]:
    return tuple(
        watch
        for watch in config.watches
        if recipient is None
        or any(is_one_recipient(recipient, name) for name in config.recipients_of(watch))
    )


def _list_muted(
    config: Config,
    watches: tuple[WatchSettings, ...],
    mutes: Sequence[sqlite3.Row],
    *,
    now: datetime,
) -> tuple[WatchState, ...]:
    """Return those of these watches that are muted now, or in part, in the order of the configuration."""
    found: list[WatchState] = []
    for watch in watches:
        until = make_watch(watch, config).mute_until
        if watch.alert is AlertMode.NONE:
            found.append(WatchState(name=watch.name, is_kept=True))
            continue
        if until is not None and until > now:
            found.append(WatchState(name=watch.name, until=until))
            continue
        found += _read_mutes(watch.name, [row for row in mutes if row["watch"] == watch.name])
    return tuple(found)


def _read_mutes(name: str, rows: list[sqlite3.Row]) -> list[WatchState]:
    """Return how a person muted a watch: as a whole, or stories and sources of it; empty if it is not muted."""
    whole = [row for row in rows if row["story_id"] is None and row["source_id"] is None]
    if whole:
        row = max(whole, key=lambda one: (one["until"] is None, one["until"] or ""))
        until = datetime.fromisoformat(row["until"]) if row["until"] else None
        return [WatchState(name=name, until=until, by_reader=row["recipient"] is not None)]
    parts = Counter("story" if row["story_id"] is not None else "source" for row in rows)
    if not parts:
        return []
    return [WatchState(name=name, story_count=parts["story"], source_count=parts["source"])]


def measure_empty(config: Config, recipient: str | None, *, now: datetime) -> StatusReport:
    """Return the report for a database that does not exist: nothing was read, and nothing was sent."""
    active = sum(not one.paused for one in config.sources)
    watches = _list_alerting_watches(config, recipient)
    return StatusReport(
        since=None,
        until=now,
        is_first=True,
        sources=SourceFacts(
            active_count=active,
            counts={Standing.NEW: active} if active else {},
            paused=tuple(Rest(name=one.name) for one in config.sources if one.paused),
        ),
        watch_count=len(watches),
        muted=_list_muted(config, watches, (), now=now),
    )
