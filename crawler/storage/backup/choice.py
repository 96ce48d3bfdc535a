"""Which backup of a folder is put back: the newest of the database that is meant, and none if that is not certain."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from crawler.errors import BackupFailed
from crawler.storage.backup.folder import Backup, list_all, read_keys, sort_newest_first
from crawler.text.counts import write_count

# a screen; each is a database of its own
_MOST_SHOWN = 20


def choose_backup(folder: Path, database: Path, *, now: datetime) -> Path:
    """Return the newest backup of a database in a folder that may hold those of others, too.

    It goes by the database's name and, where it lies in its place, by its key. On a new machine there is no key: then all
    backups of that name must be of one database.

    raises  BackupFailed, with what there is to choose from; OSError if the folder cannot be read
    """
    found = list_all(folder)
    if not found:
        raise BackupFailed(f"there is no backup of {database.name} in {folder}")
    named = [one for one in found if one.stem == database.stem]
    if not named:
        raise BackupFailed(
            _list_choice(
                f"{folder} holds no backup of {database.name}, but of others", found, now=now
            )
        )
    keys = read_keys(database)
    if own := [one for one in named if one.key in keys]:
        return sort_newest_first(own, now=now)[0].path
    if len(_part(named)) > 1:
        head = f"{folder} holds backups of several databases with the name {database.name}"
        raise BackupFailed(_list_choice(head, named, now=now))
    newest = sort_newest_first(named, now=now)[0]
    if keys and newest.key:
        head = f"{folder} holds no backup of {database}, but of another database with its name (its key is another one)"
        raise BackupFailed(_list_choice(head, named, now=now))
    return newest.path


def _part(backups: Iterable[Backup]) -> list[list[Backup]]:
    """Return backups by database, each oldest first.

    A database gets its key some time after its first backup, and a new one when somebody changes it: later backups with another
    key are of the same database if they know that key as the old one, and none of them came in between.
    """
    by_key: dict[tuple[str, bytes], list[Backup]] = {}
    for one in sorted(backups, key=lambda one: one.made_at):
        by_key.setdefault((one.stem, one.key), []).append(one)
    parts: list[list[Backup]] = []
    for later in by_key.values():
        earlier = next((part for part in parts if _continues(later, part)), None)
        if earlier is None:
            parts.append(later)
        else:
            earlier += later
    return parts


def _continues(later: list[Backup], earlier: list[Backup]) -> bool:
    first, last = later[0], earlier[-1]
    return (
        first.stem == last.stem
        and last.made_at < first.made_at
        and last.key in {b"", first.old_key}
    )


def _list_choice(head: str, backups: Iterable[Backup], *, now: datetime) -> str:
    parts = [sort_newest_first(part, now=now) for part in _part(backups)]
    parts.sort(key=lambda part: part[0].made_at, reverse=True)
    lines = [f"  {part[0].path} (the newest of {len(part)})" for part in parts[:_MOST_SHOWN]]
    rest = len(parts) - _MOST_SHOWN
    lines += [f"  and {write_count(rest, 'more database')}"] if rest > 0 else []
    return "\n".join([f"{head}. Name the file to put back:", *lines])
