"""``watchword crawl``: one round now, without the daemon."""

import asyncio
import logging
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from crawler.alerting.phrases import Phrases
from crawler.alerting.receipt import lower_first, show_receipt, write_cut_off
from crawler.clock import utc_now
from crawler.config.faults import Origin
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty
from crawler.flows.reports import measure_all
from crawler.log import set_up_logging
from crawler.model.receipt import Standing
from crawler.model.request import RequestKind
from crawler.storage.instance_lock import is_held
from crawler.storage.report_counts import find_mark
from scheduler.cli.asking import ask
from scheduler.cli.context import Context, pass_context
from scheduler.progress import Progress, plain

if TYPE_CHECKING:
    from crawler.model.receipt import Receipt, ReportMark


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@pass_context
def crawl(context: Context, *, sources: tuple[str, ...]) -> None:
    """Visit all sources, or those named, once and now; deliver what they owe; end.

    Where the daemon works on the same database, it is asked to visit them instead. The last lines are those of a
    status report: how every source stands, what waits, what was not delivered. Exit code 3: at least one source could
    not be read, or a visit was cut off.

    \b
    Examples:
      watchword crawl
      watchword crawl harbour-courier inland-gazette
    """
    from scheduler.round import run_round  # noqa: PLC0415  # mail and timers, not for --help

    config = _read_config(context)
    names = _choose(config, sources)
    if is_held(config.store.path):
        click.echo("The daemon is running: it is asked to visit them.")
        ask(context, RequestKind.VISIT, {"sources": list(names)})
        return
    set_up_logging(level=logging.ERROR)  # what fails is shown as it happens
    console, began = Console(highlight=False), utc_now()
    progress = Progress(console, zone=config.zone)
    told: Counter[str] = Counter()
    marks: list[ReportMark] = []

    def tick(connection: sqlite3.Connection) -> None:
        if not marks:
            marks.append(find_mark(connection))
        told.update(event.kind for event in progress.show(connection))

    is_whole = asyncio.run(run_round(config, names, on_tick=tick))
    with closing(context.open_database()) as connection:
        before = marks[0] if marks else None
        report = measure_all(connection, config, now=utc_now(), since=began, before=before)
    click.echo(_summary(told, report))
    _print_report(console, report, Phrases("en_GB", config.timezone))
    if not is_whole or told["failed"] or report.sources.count(Standing.CUT_OFF):
        raise SystemExit(3)


def _read_config(context: Context) -> Config:
    """Return the configuration with every secret read, unless a daemon is asked for the visit: who asks needs none."""
    try:
        context.require_secrets()
    except ConfigFaulty:
        if not is_held(context.config.store.path):
            raise
    return context.config


def _print_report(console: Console, report: "Receipt", phrases: Phrases) -> None:
    """Print what a status report says, in its words."""
    if report.sources.count(Standing.CUT_OFF):
        console.print(Text(write_cut_off(report, phrases), style="bold red"), soft_wrap=True)
    shown = show_receipt(report, phrases)
    style = "bold green" if shown.is_well else "bold yellow" if shown.needs_look else "bold"
    line = phrases.say("report.line", verdict=shown.verdict, summary=shown.summary)
    console.print(Text(line, style=style), soft_wrap=True)
    for detail in shown.details:
        console.print(Text(f"  {plain(detail)}"), soft_wrap=True)
    console.print(Text(f"{shown.counts}; {lower_first(shown.owed)}."), soft_wrap=True)


def _choose(config: Config, sources: tuple[str, ...]) -> tuple[str, ...]:
    known = {source.name for source in config.sources}
    for name in sources:
        if name not in known:
            raise click.UsageError(Origin.near(f'no source is called "{name}"', name, known))
    active = tuple(source.name for source in config.sources if not source.paused)
    return sources or active


def _summary(told: Counter[str], report: "Receipt") -> str:
    visits = [f"{told['visited']} sources read", f"{told['failed']} failed"]
    if cut_off := report.sources.count(Standing.CUT_OFF):
        visits.append(f"{cut_off} cut off")
    pages = f"{told['new']} new, {told['copy']} copies, {told['revised']} revised"
    alerts = f"{told['matched']} matches, {told['mailed']} alerts delivered"
    return f"{', '.join(visits)}; {pages}; {alerts}."
