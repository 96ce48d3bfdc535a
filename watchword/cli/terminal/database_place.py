"""Checks before the database is written: whether its disk is safe, and whether it is new."""

import errno
import os
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.errors import DatabaseUnusable
from crawler.machine.access import explain_access
from crawler.storage.backup.known_folders import FOLDERS_ENDING
from crawler.storage.file.beside.set_aside import KEY_ENDINGS
from crawler.storage.file.file_systems import DiskKind, explain_network, find_file_system

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.upkeep.store import StoreSettings

# its logs, its keys, its lock and the folders of its backups
_OWN_ENDINGS = ("", "-wal", "-shm", "-journal", *KEY_ENDINGS, ".lock", FOLDERS_ENDING)


def require_local_disk(store: "StoreSettings") -> None:
    """Raise DatabaseUnusable if the database would lie on a network file system, unless that is allowed (decision 029)."""
    if not store.network_disk and (obstacle := find_network_disk(store.path)):
        raise DatabaseUnusable(obstacle)


def refuse_own_file(file: Path, database: Path) -> None:
    """Raise UsageError if a file to be written is the database or belongs to it, under whatever name."""
    places = (database, database.resolve())
    for place, ending in product(places, _OWN_ENDINGS):
        own = place.with_name(place.name + ending)
        if file.exists() and own.exists() and file.samefile(own):
            what = "belongs to the database" if ending else "is the database itself"
            raise click.UsageError(f"{file} {what}; name another file or folder")


def find_network_disk(path: Path) -> str:
    """Return why the database is not safe on its disk; empty if it is not on a network file system, or that is unknown."""
    found = find_file_system(path)
    if found is None or found.kind is not DiskKind.NETWORK:
        return ""
    return explain_network(path, found)


def find_place_problem(path: Path) -> str:
    """Return why no database can be written at a path; empty if one can. Nothing is created to find out."""
    folder = path.absolute().parent
    # pathlib raises where a folder above may not be entered, os.path does not
    while not os.path.exists(folder) and os.access(folder.parent, os.X_OK):  # noqa: PTH110
        folder = folder.parent
    if os.path.isfile(folder):  # noqa: PTH113
        return f"{path} cannot be the database: {folder} is not a folder"
    if os.path.isdir(path):  # noqa: PTH112
        return f"{path} cannot be the database: it is a folder; add the name of a file"
    is_there = os.path.exists(path)  # noqa: PTH110
    if os.access(path, os.W_OK) if is_there else os.access(folder, os.W_OK | os.X_OK):
        return ""
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return f"{path} cannot be opened for writing: {explain_access(denied, path)}"


def describe_new(path: Path) -> str:
    """Return what to print if there is no database yet; empty if there is one."""
    try:
        if path.exists():
            return ""
    except PermissionError:  # opening the file says what to do
        return ""
    return (
        f"{click.style(f'New database: {path.absolute()}', bold=True)}\n"
        "There was none. What the sources list now counts as seen; you get alerts\n"
        "about what they publish from now on. If there should be a database already,\n"
        "stop this and set [store] path to it."
    )
