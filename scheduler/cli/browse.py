"""``watchword browse``."""

import time
import webbrowser
from pathlib import Path

import click

from crawler.errors import DatabaseUnusable
from crawler.storage.database import open_for_reading
from scheduler.cli.context import Context, pass_context
from scheduler.reading_room import find_free_port, start_reading_room, wait_until_open


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
    child = start_reading_room(database, context.config_path, host=host, port=port, is_root=root)
    try:
        url = wait_until_open("127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104  # compared, not bound
        click.echo(f"Reading room: {url}")
        if is_opening:
            webbrowser.open(url)
        child.wait()
    except KeyboardInterrupt:
        click.echo("Closed.")
    finally:
        child.terminate()
        child.wait(5)
    if child.returncode not in {0, -15, -2}:
        raise click.ClickException(f"the reading room ended with code {child.returncode}")


def _can_be_read(database: Path) -> bool:
    try:
        open_for_reading(database).close()
    except DatabaseUnusable:
        return False
    return True
