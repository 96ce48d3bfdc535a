"""The command ``watchword publish``: a snapshot of the database without recipients, to be served elsewhere."""

# imported where it is used: --help must not wait for sqlite-utils.
# ruff: noqa: PLC0415
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from crawler.storage.file.database import open_for_reading
from crawler.text.counts import write_size
from watchword.cli.terminal.context import Context, pass_context


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@pass_context
def publish(context: Context, *, folder: Path) -> None:
    """Write a copy of the database without recipients and messages into FOLDER.

    The copy is what the database holds at one moment, the daemon goes on meanwhile, and an earlier copy is replaced only
    when the new one is whole. Serve it read-only elsewhere: `datasette serve FOLDER/watchword.db`, or `watchword browse`
    with a configuration whose `[store] path` is that file.

    \b
    Examples:
      watchword publish public
      watchword publish /srv/newsroom && rsync -a /srv/newsroom/ web:/srv/newsroom/
    """
    from crawler.storage.backup.snapshot import write_snapshot

    database = context.config.store.path
    target = folder / database.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists() and target.samefile(database):
            raise click.UsageError(f"{target} is the database itself; name another folder")
        # what was written last may be in the -wal file alone
        parts = (database, database.with_name(f"{database.name}-wal"))
        size = write_size(sum(part.stat().st_size for part in parts if part.exists()))
        click.echo(f"Copying {size} ...", err=True)
        with closing(open_for_reading(database)) as connection:
            write_snapshot(connection, target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.ClickException(
            f"{target} cannot be written: {reason}; an earlier copy is as it was"
        ) from error
    click.echo(
        f"Wrote {target}, {write_size(target.stat().st_size)}, without recipients and messages."
    )
