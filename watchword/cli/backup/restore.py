"""The command ``watchword restore``: put a backup in place of the database."""

# imported where it is used: --help must not wait for sqlite-utils.
# ruff: noqa: PLC0415
import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.errors import BackupFailed
from crawler.text.counts import write_count, write_size
from crawler.text.instants import write_instant
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context

if TYPE_CHECKING:
    from crawler.storage.backup.told import Pending


@click.command()
@click.argument("backup", metavar="FILE|DIR", type=click.Path(exists=True, path_type=Path))
@click.option("--send", "choice", flag_value="send", help="Send what is pending in it, and what sources published since then.")  # fmt: skip
@click.option(
    "--told", "choice", flag_value="told", help="Count all that as told: store it, mail nobody."
)
@pass_context
def restore(context: Context, *, backup: Path, choice: str | None) -> None:
    """Put a backup in place of the database; of a folder, the newest of the database that the configuration names.

    The backup is read through first, and brought up to this release. The database it replaces is moved aside, never
    deleted. While a daemon or a crawl works on the database, nothing is changed.

    A backup does not know what was sent after it, and what sources published since then is new to it: with --told readers are
    not mailed again. Articles are stored and matched in both cases, as far back as the sources still list them.

    \b
    Examples:
      watchword restore backups/ --told
      watchword restore watchword-2026-11-20T030000Z.db --send
    """
    database = context.config.store.path
    file = _choose(backup, database)
    with ExitStack() as stack:
        stack.enter_context(_hold(database))
        from crawler.storage.backup.restore import open_backup, put_back

        click.echo(f"Reading {file}, {write_size(file.stat().st_size)} ...", err=True)
        source = stack.enter_context(open_backup(file))
        _describe(source)
        is_told = _ask(choice) == "told"
        with progress("Copying", noun="page", advice="the database is as it was") as bar:
            aside = put_back(
                source,
                file,
                database,
                on_progress=bar,
                now=utc_now(),
                # before it takes its place: cut off in between, readers would be mailed a month again
                prepare=_mark_as_told if is_told else lambda _: None,
            )
    _report(file, database, aside, is_told=is_told)


def _choose(backup: Path, database: Path) -> Path:
    from crawler.storage.backup.choice import choose_backup

    if not backup.is_dir():
        if database.exists() and backup.samefile(database):
            raise click.UsageError(f"{backup} is the database itself")
        return backup
    try:
        return choose_backup(backup, database, now=utc_now())
    except BackupFailed as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{backup} cannot be read: {error.strerror or error}") from error


def _hold(database: Path) -> "ExitStack":
    from crawler.storage.file.instance_lock import InstanceLock

    held = ExitStack()
    held.enter_context(InstanceLock(database, holder="watchword restore"))
    return held


def _describe(source: sqlite3.Connection) -> None:
    """Print of when a backup is, what it holds and what is to be sent from it."""
    from crawler.storage.backup.told import count_pending
    from crawler.storage.news.article_reading import count_articles
    from crawler.storage.process.last_moment import find_last_moment

    last = find_last_moment(source)
    count = count_articles(source)
    when = "of a time when nothing had run yet" if last is None else f"of {write_instant(last)}"
    click.echo(f"It is whole, {when}, and holds {write_count(count, 'article')}.")
    click.echo(_write_pending(count_pending(source)))


def _write_pending(pending: "Pending") -> str:
    parts = [
        write_count(pending.message_count, "pending message"),
        write_count(pending.alert_count, "alert in no message yet", "alerts in no message yet"),
        f"{write_count(pending.withheld_count, 'alert')} held back by the daily limit",
        f"{write_count(pending.page_count, 'page')} still to be read",
    ]
    stated = [part for part in parts if not part.startswith("0 ")]
    waiting = ", ".join(stated) or "nothing"
    return f"To be sent from it: {waiting}; what sources published since then is new to it."


def _ask(choice: str | None) -> str:
    if choice is not None:
        return choice
    if not sys.stdin.isatty():
        raise click.UsageError(
            "say --send or --told: whether readers are mailed what is pending in it"
        )
    click.echo("send: readers are mailed all that, also what they had already.")
    click.echo("told: it is stored and matched, and nobody is mailed.")
    return str(click.prompt("Send it, or count it as told", type=click.Choice(["send", "told"])))


def _mark_as_told(connection: sqlite3.Connection) -> None:
    from crawler.storage.backup.told import mark_as_told

    mark_as_told(connection, now=utc_now())


def _report(file: Path, database: Path, aside: Path | None, *, is_told: bool) -> None:
    click.echo(f"Put {file} in place of {database}.")
    if aside is not None:
        click.echo(f"The database before it is {aside}; delete it when you miss nothing.")
    if is_told:
        click.echo(
            "Nobody is mailed what was published until now; `watchword article list` shows it."
        )
    click.echo("`watchword run` goes on from here.")
