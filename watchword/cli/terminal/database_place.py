"""Checks before the database is written: whether its disk is safe, and whether it is new."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.errors import DatabaseUnusable
from crawler.storage.file.file_systems import DiskKind, explain_network, find_file_system

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import StoreSettings


def require_local_disk(store: "StoreSettings") -> None:
    """Raise DatabaseUnusable if the database would lie on a network file system, unless that is allowed (decision 029)."""
    if not store.network_disk and (obstacle := find_network_disk(store.path)):
        raise DatabaseUnusable(obstacle)


def find_network_disk(path: Path) -> str:
    """Return why the database is not safe on its disk; empty if it is not on a network file system, or that is unknown."""
    found = find_file_system(path)
    if found is None or found.kind is not DiskKind.NETWORK:
        return ""
    return explain_network(path, found)


def find_place_problem(path: Path) -> str:
    """Return why no database can be written at a path; empty if one can. Nothing is created to find out."""
    folder = path.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        return f"{path} cannot be the database: {folder} is not a folder"
    if path.is_dir():
        return f"{path} cannot be the database: it is a folder; add the name of a file"
    if not path.exists() and not os.access(folder, os.W_OK | os.X_OK):
        return f"{path} cannot be created: this user may not write in {folder}"
    if path.exists() and not os.access(path, os.W_OK):
        return f"{path} cannot be written by this user"
    return ""


def describe_new(path: Path) -> str:
    """Return what to print if there is no database yet; empty if there is one."""
    if path.exists():
        return ""
    return (
        f"{click.style(f'New database: {path.absolute()}', bold=True)}\n"
        "There was none. What the sources list now counts as seen; you get alerts\n"
        "about what they publish from now on. If there should be a database already,\n"
        "stop this and set [store] path to it."
    )
