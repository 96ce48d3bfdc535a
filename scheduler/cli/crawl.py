"""``watchword crawl``: one round now, without the daemon."""

import asyncio
import logging
from collections import Counter

import click
from rich.console import Console

from crawler.config.faults import Origin
from crawler.config.schema import Config
from crawler.log import set_up_logging
from crawler.model.request import RequestKind
from crawler.storage.instance_lock import is_held
from scheduler.cli.asking import ask
from scheduler.cli.context import Context, pass_context
from scheduler.progress import Progress


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@pass_context
def crawl(context: Context, *, sources: tuple[str, ...]) -> None:
    """Visit all sources, or those named, once and now; deliver what they owe; end.

    Where the daemon works on the same database, it is asked to visit them instead. Exit code 3: at least one source
    could not be read.

    \b
    Examples:
      watchword crawl
      watchword crawl harbour-courier inland-gazette
    """
    from scheduler.round import run_round  # noqa: PLC0415  # mail and timers, not for --help

    config = context.config
    names = _choose(config, sources)
    if is_held(config.store.path):
        click.echo("The daemon is running: it is asked to visit them.")
        ask(context, RequestKind.VISIT, {"sources": list(names)})
        return
    set_up_logging(level=logging.ERROR)  # what fails is shown as it happens
    progress = Progress(Console(highlight=False), zone=config.zone)
    counts: Counter[str] = Counter()
    is_whole = asyncio.run(
        run_round(
            config,
            names,
            on_tick=lambda connection: counts.update(
                event.kind for event in progress.show(connection)
            ),
        )
    )
    click.echo(_summary(counts))
    if not is_whole or counts["failed"]:
        raise SystemExit(3)


def _choose(config: Config, sources: tuple[str, ...]) -> tuple[str, ...]:
    known = {source.name for source in config.sources}
    for name in sources:
        if name not in known:
            raise click.UsageError(Origin.near(f'no source is called "{name}"', name, known))
    active = tuple(source.name for source in config.sources if not source.paused)
    return sources or active


def _summary(counts: Counter[str]) -> str:
    pages = f"{counts['new']} new, {counts['copy']} copies, {counts['revised']} revised"
    alerts = f"{counts['matched']} matches, {counts['mailed']} alerts delivered"
    visits = f"{counts['visited']} sources read, {counts['failed']} failed"
    return f"{visits}; {pages}; {alerts}."
