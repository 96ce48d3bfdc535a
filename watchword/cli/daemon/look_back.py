"""A look back as it is read by the daemon: a bar at a terminal, and what to do where none runs."""

import shlex
import sys
import time
from contextlib import closing

import click

from crawler.clock import utc_now
from crawler.text.counts import write_count
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context

_LOOK_SECONDS = 0.5
# a site may answer slowly and is asked politely; when nothing at all has moved for so long, a person is not kept waiting
_STILL_SECONDS = 120.0


def follow(context: Context, name: str) -> None:
    """Show how far a look back has come until all its pages were tried; at no terminal, say nothing of it."""
    from crawler.storage.file.instance_lock import find_holder  # noqa: PLC0415

    if find_holder(context.config.store.path) is None:
        click.echo(
            f"No daemon is running: `watchword run` or `watchword crawl {shlex.quote(name)}` reads it.",
            err=True,
        )
    elif sys.stderr.isatty():
        _show(context, name)


def _show(context: Context, name: str) -> None:
    from crawler.storage.crawl.entries.entries import count_looked_back  # noqa: PLC0415

    most, moved_at = 0, time.monotonic()
    left: int | None = None
    with (
        closing(context.open_database()) as connection,
        progress(f"Reading back {name}", noun="page", advice="the daemon goes on") as bar,
    ):
        while left != 0 and time.monotonic() - moved_at < _STILL_SECONDS:
            time.sleep(_LOOK_SECONDS)
            before, left = left, count_looked_back(connection, name, now=utc_now())
            if left != before:
                moved_at = time.monotonic()
            if left is not None:
                most = max(most, left)
                bar(most - left, most)
    say_end(name, most, left)


def say_end(name: str, most: int, left: int | None) -> None:
    """Print what a look back of ``most`` pages came to; ``left`` is None if its endpoints were not read yet."""
    shown = f"`watchword source show {shlex.quote(name)}` says why"
    if left is None:
        click.echo(f"{name} has not been read yet; {shown}.")
    elif left:
        click.echo(f"{write_count(left, 'page')} still to read; the daemon goes on.")
    elif most:
        click.echo(f"Read back: {write_count(most, 'page')}.")
    else:
        click.echo(f"All that it lists is read already, older or without a date; {shown}.")
