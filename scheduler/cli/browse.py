"""``watchword browse``."""

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
from crawler.storage.database import open_for_reading
from scheduler.cli.context import Context, pass_context
from scheduler.reading_room import ReadingRoom, find_free_port, is_port_free, start_reading_room


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, help="Port; 0 takes a free one.")
@click.option("--open/--no-open", "is_opening", default=False, help="Open it in a browser too.")
@click.option("--root", is_flag=True, help="Print a login link for recipients, mail and free SQL.")
@click.option("--wait", is_flag=True, help="Wait for the daemon to make the database.")
@pass_context
def browse(
    context: Context, *, host: str, port: int, is_opening: bool, root: bool, wait: bool
) -> None:
    """Read everything in a browser: search, stories, matches, how sources do. Ctrl-C ends it.

    Recipients are shown to nobody but the one who follows the link that --root prints.

    \b
    Examples:
      watchword browse
      watchword browse --port 0 --open
      watchword browse --root
    """
    database = context.config.store.path
    while wait and not _can_be_read(database):
        time.sleep(1)
    open_for_reading(database).close()
    port = port or find_free_port()
    if not is_port_free(host, port):
        raise click.ClickException(
            f"{host}:{port} cannot be listened on: something else may be there. Try --port 0."
        )
    set_up_logging(level=logging.WARNING)
    start = partial(
        start_reading_room,
        database,
        context.config_path,
        host=host,
        port=port,
        is_root=root,
        # Ctrl-C reaches us alone, and we end it in order
        start_new_session=True,
    )
    opened: list[str] = []

    def welcome(url: str) -> None:
        if not opened:  # not again when it was started anew
            click.echo(f"Reading room: {url}")
            if is_opening:
                webbrowser.open(url)
        opened.append(url)

    asyncio.run(_serve(ReadingRoom(start, host=host, port=port, on_open=welcome)))
    click.echo("Closed.")


async def _serve(room: ReadingRoom) -> None:
    """Keep the reading room open until Ctrl-C or SIGTERM."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    room.open()
    await stopping.wait()
    await room.stop()


def _can_be_read(database: Path) -> bool:
    try:
        open_for_reading(database).close()
    except DatabaseUnusable:
        return False
    return True
