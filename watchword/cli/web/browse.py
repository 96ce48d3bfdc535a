"""The command ``watchword browse``: the web pages, until Ctrl-C."""

import asyncio
import logging
import signal
import time
import webbrowser
from functools import partial
from pathlib import Path

import click

from crawler.errors import DatabaseUnusable
from crawler.log import set_up_logging
from crawler.machine.processes.outputs import write_in_background
from crawler.storage.file.database import open_for_reading
from watchword.cli.daemon.log_format import log_format_option
from watchword.cli.terminal.context import Context, pass_context
from watchword.web.access.admission import Admission, admit, find_host_fault, find_openness
from watchword.web.access.visitors import Openness
from watchword.web.ports import find_free_port, find_port_problem, strip_brackets
from watchword.web.public_address import PublicAddress, is_loopback
from watchword.web.server import WebPages, start_web_pages, write_sign_in


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8001,
    type=click.IntRange(0, 65535),
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--open/--no-open", "is_opening", default=False, help="Also open the pages in a browser."
)
@click.option(
    "--root",
    is_flag=True,
    help="Also print a link that signs you in as the owner, where there is a password.",
)
@click.option(
    "--anonymous", is_flag=True, help="Let everybody read articles, without watches and alerts."
)
@click.option("--wait", is_flag=True, help="Wait until the daemon has created the database.")
@log_format_option
@pass_context
def browse(  # noqa: PLR0913  # its options
    context: Context,
    *,
    host: str,
    port: int,
    is_opening: bool,
    root: bool,
    anonymous: bool,
    wait: bool,
) -> None:
    """Serve the web pages: today, stories, watches, sources, search and tables. Ctrl-C stops it.

    Who is on this machine may read. To star, mute and see recipients, sign in: with the link that is printed, or with the
    password of `[web]`, which closes the pages to everybody else.

    \b
    Examples:
      watchword browse
      watchword browse --port 0 --open
      watchword web password && watchword browse --host 0.0.0.0
    """
    database = context.config.store.path
    admission = _find_admission(context, host, is_root=root, is_anonymous=anonymous)
    if wait and not _can_be_read(database):
        click.echo(f"Waiting for the daemon to create {database}.", err=True)
    while wait and not _can_be_read(database):
        time.sleep(1)  # the daemon creates it once, so nobody misses that second
    open_for_reading(database).close()
    port = _choose_port(host, port)
    write_in_background()
    set_up_logging(level=logging.WARNING)
    url = context.config.web.stated_url
    start = partial(
        start_web_pages,
        database,
        context.config_path,
        host=host,
        port=port,
        url=url,
        admission=admission,
        # so that Ctrl-C reaches only this process, which ends the pages in order
        start_new_session=True,
    )
    welcome = _Welcome(admission, seen_at=PublicAddress.read(url).url, is_opening=is_opening)
    web = WebPages(
        start,
        host=host,
        port=port,
        on_open=welcome.greet,
        on_hopeless=welcome.give_up,
    )
    asyncio.run(_serve(web, welcome.stopping))
    if welcome.problem:
        raise click.ClickException(welcome.problem)
    click.echo("Closed.")


def _find_admission(context: Context, host: str, *, is_root: bool, is_anonymous: bool) -> Admission:
    """Return who is let in; raise UsageError if the pages would let in anybody."""
    settings, password = context.config.web, context.read_web_password()
    has_password = bool(password)
    fault = find_host_fault(
        host, settings, has_password=has_password, is_anonymous=is_anonymous, is_root=is_root
    )
    if fault:
        raise click.UsageError(fault)
    openness = find_openness(settings, has_password=has_password, is_anonymous=is_anonymous)
    if not is_loopback(strip_brackets(host)) and openness is Openness.LOCAL:
        openness = Openness.CLOSED
    return admit(settings, openness=openness, password=password, is_root=is_root)


def _choose_port(host: str, port: int) -> int:
    """Return the port to listen on; raise ClickException if it is taken or not allowed."""
    if problem := find_port_problem(host, port):
        raise click.ClickException(problem)
    # chosen here and not by the server, so that the address stays the same over restarts
    return port or find_free_port(host)


class _Welcome:
    """Prints once where the web pages are, or notes why they never opened.

    seen_at  the address readers use, empty if it is the local one
    """

    def __init__(self, admission: Admission, *, seen_at: str, is_opening: bool) -> None:
        self._admission = admission
        self.stopping = asyncio.Event()
        self.problem = ""
        self._seen_at = seen_at
        self._is_opening = is_opening
        self._is_greeted = False

    def greet(self, url: str) -> None:
        if self._is_greeted:  # only once, not after each restart
            return
        self._is_greeted = True
        click.echo(f"Web pages: {url}")
        if self._seen_at:
            click.echo(f"Readers open them at {self._seen_at}")
        link = write_sign_in(self._seen_at or url, self._admission)
        if link:
            click.echo(f"Sign in, to star, mute and see recipients (once): {link}")
        if self._is_opening:
            webbrowser.open(link or url)

    def give_up(self, problem: str) -> None:
        """Stop if the pages never opened; if they were open once, ``WebPages`` opens them again when it can."""
        if not self._is_greeted:
            self.problem = problem
            self.stopping.set()


async def _serve(web: WebPages, stopping: asyncio.Event) -> None:
    """Keep the web pages open until Ctrl-C or SIGTERM, or until the event is set."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    web.open()
    await stopping.wait()
    await web.stop()


def _can_be_read(database: Path) -> bool:
    try:
        open_for_reading(database).close()
    except DatabaseUnusable:
        return False
    return True
