"""The command ``watchword backup``: a whole copy of the database, checked, while the daemon works."""

# imported where it is used: --help must not wait for sqlite-utils.
# ruff: noqa: PLC0415
import os
from contextlib import closing
from pathlib import Path

import click

from crawler.clock import utc_now
from crawler.text.counts import write_count, write_size
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import refuse_own_file


@click.command()
@click.argument("target", metavar="[FILE|DIR]", required=False)
@click.option("--keep", type=click.IntRange(min=1), help="In a folder: keep this many, delete older ones. Default: [backup] keep.")  # fmt: skip
@pass_context
def backup(context: Context, *, target: str | None, keep: int | None) -> None:
    """Copy the database and its key, and check the copy.

    The daemon goes on meanwhile. Into a folder, a file with the time in its name is written, and the oldest are deleted;
    without FILE or DIR it is the folder of [backup]. A FILE is replaced only if it is a database, and only by a copy that was
    read through. Whoever has the copy can read who is alerted to what: keep it as you keep the database.

    \b
    Examples:
      watchword backup
      watchword backup /mnt/disk/watchword/ --keep 30
      watchword backup before-upgrade.db
    """
    from crawler.storage.backup.folder import drop_older, name_backup
    from crawler.storage.backup.known_folders import remember_folder

    database = context.config.store.path
    folder = _find_folder(context, target)
    if folder is None and keep is not None:
        raise click.UsageError("--keep is for a folder; end its name with / if it is not there yet")
    # named without a / at its end, a folder that is gone would be taken for a file
    _refuse_vanished(folder or Path(target or ""), database)
    file = Path(target or "") if folder is None else name_backup(folder, database, now=utc_now())
    if file.is_symlink():  # it stays, and leads to the copy
        file = file.resolve()
    _refuse_others(file, database)
    _write(context, file)
    click.echo(
        f"Wrote {file}, {write_size(file.stat().st_size)}, and read it through: it is whole."
    )
    if folder is not None:
        remember_folder(folder, database)
        kept = keep or context.config.backup.keep
        gone = drop_older(folder, database, keep=kept, made=file, now=utc_now())
        if gone:
            click.echo(f"Deleted {write_count(len(gone), 'older backup')} in {folder}.")


def _find_folder(context: Context, target: str | None) -> Path | None:
    """Return the folder to write into, None if the target is a file."""
    if target is None:
        return context.config.backup_folder
    return Path(target) if target.endswith("/") or Path(target).is_dir() else None


def _refuse_vanished(folder: Path, database: Path) -> None:
    from crawler.storage.backup.known_folders import find_vanished

    try:
        vanished = find_vanished(folder, database)
    except OSError:  # writing the copy says it
        return
    if vanished:
        raise click.ClickException(vanished)


def _refuse_others(file: Path, database: Path) -> None:
    """Refuse to replace what is no backup: the database and what belongs to it, a device, somebody's text."""
    refuse_own_file(file, database)
    # whoever made an empty file for it gets it filled
    is_empty = file.is_file() and not file.stat().st_size
    if os.path.lexists(file) and not is_empty and not _is_database(file):
        raise click.UsageError(f"{file} is there already and is no backup; name another file")


def _is_database(file: Path) -> bool:
    from crawler.storage.backup.copying import is_database

    try:
        return is_database(file)
    except OSError:
        return False


def _write(context: Context, file: Path) -> None:
    from crawler.storage.backup.copying import copy_database, copy_keys

    with closing(context.open_database()) as connection:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with progress("Copying", noun="page", advice="no backup was written") as bar:
                copy_database(connection, file, on_progress=bar)
            copy_keys(context.config.store.path, file)
        except OSError as error:
            raise click.ClickException(
                f"the backup {file} cannot be written: {error.strerror}"
            ) from error
