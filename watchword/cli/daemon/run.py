"""The command ``watchword run``: the daemon, and with --browse the web pages."""

import asyncio
import logging
import sqlite3
import sys
from functools import partial
from typing import TYPE_CHECKING

import click
from rich.console import Console

from crawler.clock import utc_now
from crawler.config.files.file_parts import FileMemory
from crawler.config.files.secrets import read_web_password
from crawler.config.schema import Config
from crawler.log import VISIT_FAILURES, set_up_logging
from crawler.machine.processes.outputs import write_in_background
from crawler.storage.process.activity import count_active_sources
from crawler.storage.process.heartbeats import NO_WEB_PAGES, clear_heartbeat, save_heartbeat
from crawler.text.counts import write_count
from scheduler.config_watch import ConfigWatch
from watchword.cli.daemon.log_format import log_format_option
from watchword.cli.terminal.context import Context, pass_context, reader_zone
from watchword.cli.terminal.database_place import describe_new, require_local_disk
from watchword.network import NetworkLog
from watchword.progress import Progress
from watchword.web.access.admission import admit, find_openness
from watchword.web.ports import find_free_port
from watchword.web.public_address import PublicAddress
from watchword.web.server import WebPages, start_web_pages, write_sign_in

if TYPE_CHECKING:  # --help must not wait for mail and timers
    from scheduler.daemon import Daemon


@click.command()
@click.option("--browse", is_flag=True, help="Also serve the web pages (Datasette).")
@click.option(
    "--port",
    default=8001,
    type=click.IntRange(0, 65535),
    show_default=True,
    help="Port of the web pages; 0 takes a free one.",
)
@click.option("--quiet", is_flag=True, help="Show only warnings and errors.")
@log_format_option
@pass_context
def run(context: Context, *, browse: bool, port: int, quiet: bool) -> None:
    """Visit the sources, match the watches and send the alerts, until stopped.

    Ctrl-C or SIGTERM stops it in order within ten seconds; nothing is lost. Edits of the configuration take effect
    without a restart; SIGHUP makes it look for them at once.

    \b
    Examples:
      watchword run
      watchword --config /etc/watchword run --quiet
      watchword run --browse --port 8001
    """
    from scheduler.daemon import Daemon  # noqa: PLC0415  # --help must not wait for mail and timers

    write_in_background()
    set_up_logging(level=logging.WARNING if quiet else logging.INFO)
    if not quiet and sys.stdout.isatty() and sys.stderr.isatty():
        # its reader sees the events
        logging.getLogger(VISIT_FAILURES).setLevel(logging.ERROR)
    config_watch = ConfigWatch(
        context.config_path,
        partial(context.read_config, reads_secrets=True, memory=FileMemory()),
    )
    config = config_watch.config
    zone = reader_zone(config)
    # again, now that the zone is known; faults of the configuration are no records
    set_up_logging(level=logging.WARNING if quiet else logging.INFO, zone=zone, process="daemon")
    require_local_disk(config.store)
    console = Console(highlight=False, quiet=quiet)
    progress, network_log = Progress(console, zone=zone), NetworkLog()
    web = _make_web_pages(context, config, port) if browse else None
    novelty = describe_new(config.store.path)

    def welcome() -> None:
        _welcome(config, novelty)
        if web is not None:
            web.open()

    note_web_pages = _WebPagesNote(web)

    def show(connection: sqlite3.Connection) -> None:
        note_web_pages.write(connection)
        events, count = progress.show(connection), count_active_sources(connection)
        network_log.note(events, source_count=count, now=utc_now())

    daemon = Daemon(config_watch, on_start=welcome, on_tick=show)
    cut_short_count = asyncio.run(_run(daemon, web))
    if not quiet:
        click.echo(_describe_end(cut_short_count))


class _WebPagesNote:
    """Writes into the database why the web pages are not open, for ``doctor``; only when that changes."""

    def __init__(self, web: WebPages | None) -> None:
        self._web = web
        self._written: str | None = None

    def write(self, connection: sqlite3.Connection) -> None:
        problem = self._web.problem if self._web else ""
        if problem == self._written:
            return
        if problem:
            save_heartbeat(connection, NO_WEB_PAGES, now=utc_now(), note=problem)
        else:
            clear_heartbeat(connection, NO_WEB_PAGES)
        self._written = problem


async def _run(daemon: "Daemon", web: WebPages | None) -> int:
    try:
        return await daemon.run()
    finally:
        if web is not None:
            await web.stop()


def _make_web_pages(context: Context, config: Config, port: int) -> WebPages:
    port, url = port or find_free_port(), config.web.stated_url
    password = read_web_password(config.web)
    openness = find_openness(config.web, has_password=bool(password), is_anonymous=False)
    admission = admit(config.web, openness=openness, password=password)
    start = partial(
        start_web_pages,
        config.store.path,
        context.config_path,
        port=port,
        url=url,
        admission=admission,
        # so that Ctrl-C reaches only the daemon, which stops the pages in order
        start_new_session=True,
    )

    def greet(own_url: str) -> None:
        click.echo(f"Web pages: {own_url}")
        link = write_sign_in(PublicAddress.read(url).url or own_url, admission)
        if link:
            click.echo(f"Sign in, to star, mute and see recipients (once): {link}")

    return WebPages(start, host="127.0.0.1", port=port, on_open=greet)


def _describe_end(cut_short_count: int) -> str:
    """Return what the end of the daemon did to the visits under way."""
    if not cut_short_count:
        return "Stopped. No visit was cut short."
    were = "was" if cut_short_count == 1 else "were"
    return (
        f"Stopped. {write_count(cut_short_count, 'visit')} {were} cut short; nothing is lost: "
        "the next start visits these sources again."
    )


def _welcome(config: Config, novelty: str) -> None:
    """Print what the daemon will do; called once the database is ready."""
    active = sum(not source.paused for source in config.sources)
    where = config.mail.transport or f"Maildir {config.maildir}"
    click.echo(
        f"Watching {write_count(active, 'source')} for {write_count(len(config.watches), 'watch', 'watches')}. Ctrl-C stops."
    )
    click.echo(novelty or f"Database: {config.store.path.absolute()}")
    click.echo(f"Alerts go to: {where}")
    if not config.sources:
        click.echo("There are no sources yet: add one to the configuration; it is noticed at once.")
