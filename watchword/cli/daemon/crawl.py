"""The command ``watchword crawl``: one crawl now, without the daemon."""

import asyncio
import logging
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from rich.console import Console

from crawler.alerting.phrases import phrases_for
from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.errors import AlreadyRunning, ConfigFaulty
from crawler.flows.mail.delivery.reports import measure_all
from crawler.log import set_up_logging
from crawler.machine.processes.outputs import write_in_background
from crawler.model.mail.status_report import Standing
from crawler.model.request import RequestKind
from crawler.storage.file.instance_lock import DAEMON, LockNote, find_holder
from crawler.storage.mail.reports.report_counts import find_mark
from crawler.text.instants import write_instant
from watchword.cli.daemon.crawl_report import (
    describe_stop,
    end_with,
    judge,
    list_facts,
    print_report,
    write_counts,
)
from watchword.cli.daemon.log_format import log_format_option
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.terminal.context import Context, pass_context, reader_zone
from watchword.cli.terminal.database_place import describe_new, require_local_disk
from watchword.cli.terminal.moments import LENGTH
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_unknown
from watchword.progress import Progress

if TYPE_CHECKING:
    from crawler.model.mail.status_report import ReportMark

# EX_TEMPFAIL of sysexits.h: the same command may work later
_IN_USE = 75
# how often --wait tries for the lock again: a try costs one open file
_LOOK_SECONDS = 0.2


class _InUse(click.ClickException):
    """Another process holds the database."""

    exit_code = _IN_USE


# what --json prints
_FIELDS = (
    "is_left_to_daemon since until is_whole is_well read_count failed_count new_count copy_count "
    "revised_count match_count delivered_count cut_off_count pending_count dead_count"
)


@click.command()
@click.argument("sources", nargs=-1, type=SOURCE_NAME, metavar="[SOURCE]...")
@click.option("--due", "is_due_only", is_flag=True, help="Visit only sources that are due: for cron, every one to five minutes.")  # fmt: skip
@click.option("--wait", type=LENGTH, default="0s", metavar="DURATION", help="How long to wait, such as 5m, if another command has the database in use.")  # fmt: skip
@log_format_option
@json_option(_FIELDS)
@pass_context
def crawl(
    context: Context,
    *,
    sources: tuple[str, ...],
    is_due_only: bool,
    wait: timedelta,
    as_json: Json | None,
) -> None:
    """Visit all sources, or those named, once; do everything else the daemon would do; exit.

    This sends messages, digests and status reports that are due, notifies the admin of sources whose health changed,
    reads unsubscribe mails and deletes old pages. If the daemon is running on the same database, it is asked to make
    the visits instead. The output ends with a status report. SIGTERM and Ctrl-C stop the crawl in order within ten
    seconds.

    \b
    Exit codes:
      0    all is well
      1    failed
      2    wrong usage, or a fault in the configuration
      3    some sources could not be read, or a visit was cut off
      4    no source could be read
      5    all were read, but messages could not be sent: they are pending
           after an attempt, or were given up in this crawl
      75   another command has the database in use; nothing was done
      130  stopped by Ctrl-C
      143  stopped by SIGTERM

    \b
    Examples:
      watchword crawl
      watchword crawl harbour-courier inland-gazette
      watchword crawl --due --wait 1m      for cron
    """
    asked = _Asked(_choose(context.config, sources), bool(sources), is_due_only, as_json)
    deadline = time.monotonic() + wait.total_seconds()
    is_waiting = False
    while not _is_begun(context, asked):
        holder = find_holder(context.config.store.path)
        if time.monotonic() >= deadline:
            raise _InUse(_describe(context.config, holder))
        if not is_waiting and holder is not None:
            click.echo(f"Waiting for {holder.name} (process {holder.pid}).", err=True)
            is_waiting = True
        time.sleep(_LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for; ``is_named`` if the sources were named, not all meant."""

    names: tuple[str, ...]
    is_named: bool
    is_due_only: bool
    as_json: Json | None


def _is_begun(context: Context, asked: _Asked) -> bool:
    """Make the crawl, or have the daemon make it; return False if another command holds the database."""
    holder = find_holder(context.config.store.path)
    # daemons of earlier releases wrote no name into the lock file
    if holder is not None and holder.holder in {"", DAEMON}:
        # what is said of it is no result for a program
        with redirect_stdout(sys.stderr if asked.as_json is not None else sys.stdout):
            _ask_daemon(context, asked.names, is_due_only=asked.is_due_only)
        if asked.as_json is not None:
            asked.as_json.print({"is_left_to_daemon": True})
        return True
    try:
        _run(context, asked)
    except AlreadyRunning:
        return False
    return True


def _ask_daemon(context: Context, names: tuple[str, ...], *, is_due_only: bool) -> None:
    if is_due_only:
        click.echo("The daemon is running: it visits due sources by itself.")
        return
    click.echo("The daemon is running and was asked to visit them.")
    ask(context, RequestKind.VISIT, {"sources": list(names)})


def _describe(config: Config, holder: LockNote | None) -> str:
    """Return who holds the database, and how to wait for it."""
    path = config.store.path
    if holder is None:
        return f"{path} was in use a moment ago; nothing was visited. Try again, or use --wait 5m."
    since = write_instant(holder.started_at, reader_zone(config))
    return (
        f"{holder.name} has {path} in use since {since} (process {holder.pid} on {holder.host}); nothing was visited. "
        "Use --wait 5m to wait for it."
    )


def _run(context: Context, asked: _Asked) -> None:
    """Make the crawl and print its events; exit with the code that fits the result."""
    from scheduler.one_crawl import CrawlStopped, run_crawl  # noqa: PLC0415  # --help must not wait for mail and timers

    config, names = _read_config(context), asked.names if asked.is_named else None
    write_in_background()
    zone = reader_zone(config)
    set_up_logging(level=logging.ERROR, zone=zone)  # failures are printed as events
    require_local_disk(config.store)
    novelty = describe_new(config.store.path)
    console, began = Console(highlight=False, quiet=asked.as_json is not None), utc_now()
    progress = Progress(console, zone=zone)
    counts: Counter[str] = Counter()
    marks: list[ReportMark] = []

    def tick(connection: sqlite3.Connection) -> None:
        if not marks:  # the first tick: now the database exists and is held by us
            if novelty:
                click.echo(novelty, err=True)
            marks.append(find_mark(connection))
        counts.update(event.kind for event in progress.show(connection))

    try:
        is_whole = asyncio.run(
            run_crawl(config, names, on_tick=tick, is_due_only=asked.is_due_only)
        )
    except CrawlStopped as stopped:
        click.echo(describe_stop(stopped.number.name, counts), err=True)
        raise SystemExit(stopped.exit_code) from stopped
    with closing(context.open_database()) as connection:
        progress.finish(connection)
        before = marks[0] if marks else None
        report = measure_all(connection, config, now=utc_now(), since=began, before=before)
    if asked.as_json is not None:
        asked.as_json.print(list_facts(counts, report, is_whole=is_whole))
    else:
        done = write_counts(counts, cut_off_count=report.sources.count(Standing.CUT_OFF))
        click.echo(_explain_nothing(config, names) or done)
        print_report(console, report, phrases_for(config.admin_reader))
    end_with(judge(counts, report, is_whole=is_whole))


def _explain_nothing(config: Config, names: tuple[str, ...] | None) -> str:
    """Return why nothing could be visited; empty if something could."""
    if not config.sources:
        return "There are no sources yet, so nothing was visited: add one with `watchword source add URL`."
    chosen = [source for source in config.sources if names is None or source.name in names]
    if not all(source.paused for source in chosen):
        return ""
    return "Nothing was visited: every chosen source is paused."


def _read_config(context: Context) -> Config:
    """Return the configuration with every secret read.

    A secret that cannot be read is no fault while another process holds the database: this crawl will not start then.
    """
    try:
        context.require_secrets()
    except ConfigFaulty:
        if find_holder(context.config.store.path) is None:
            raise
    return context.config


def _choose(config: Config, sources: tuple[str, ...]) -> tuple[str, ...]:
    known = {source.name for source in config.sources}
    for name in sources:
        if name not in known:
            raise refuse_unknown("source", name, known)
    active = tuple(source.name for source in config.sources if not source.paused)
    return sources or active
