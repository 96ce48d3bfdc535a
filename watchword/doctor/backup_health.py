"""The finding about backups: whether there is one as new as the configuration asks for, and whether the next one will fit."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.machine.processes.patience import ask_patiently
from crawler.storage.backup.folder import Backup, is_ahead, list_backups
from crawler.storage.backup.known_folders import find_vanished, is_same_disk
from crawler.storage.mail.reports.status_reports import list_downtimes
from crawler.storage.process.last_moment import find_first_start
from crawler.text.counts import write_count, write_size
from crawler.text.instants import write_span
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

_BY_HAND = "`watchword backup` makes one now; [backup] every makes them by itself"


def look_at_backups(connection: sqlite3.Connection, config: "Config", *, now: datetime) -> Finding:
    """Return how old the newest backup is, and what keeps the next one from being made."""
    folder, every, path = config.backup_folder, config.backup.every, config.store.path
    found = [one for one in list_backups(folder, path, now=now) if not is_ahead(one, now=now)]
    try:
        summary, obstacle = ask_patiently(
            str(folder),
            lambda: (_describe(found, folder, path, now=now), _find_obstacle(folder, path)),
        )
    except OSError as error:
        summary, obstacle = f"none can be seen in {folder}", str(error)
    if not every:
        return Finding(subject="backups", verdict=Verdict.OK, summary=f"{summary}; {_BY_HAND}")
    since = found[0].made_at if found else find_first_start(connection)
    # the daemon tries again for a while; one that is a whole interval late was not made. While the machine slept or nothing
    # ran none could be: the finding about the daemon says so
    is_late = since is not None and _measure_work(connection, since, now) > 2 * every
    if not obstacle and not is_late:
        return Finding(subject="backups", verdict=Verdict.OK, summary=summary)
    return Finding(
        subject="backups",
        verdict=Verdict.LOOK,
        summary=f"{summary}, and one was to be made every {write_span(every)}"
        if is_late
        else summary,
        details=(obstacle,) if obstacle else (),
        remedy="mend that; the daemon then makes one by itself"
        if obstacle
        else "the log of the daemon says why (`backup failed`); `watchword backup` tries it now",
    )


def _measure_work(connection: sqlite3.Connection, since: datetime, until: datetime) -> timedelta:
    """Return for how long daemon or crawls were at work since a moment."""
    downtimes = list_downtimes(connection, since=since, until=until)
    return until - since - sum((end - start for start, end in downtimes), timedelta())


def _describe(found: Sequence[Backup], folder: Path, database: Path, *, now: datetime) -> str:
    if not found:
        return f"none in {folder}"
    newest = found[0]
    age = write_span(max(now - newest.made_at, timedelta()))
    place = ", on the disk of the database" if is_same_disk(folder, database) else ""
    return f"{write_count(len(found), 'backup')} in {folder}{place}; the newest is {age} old ({write_size(newest.size)})"


def _find_obstacle(folder: Path, database: Path) -> str:
    """Return what will keep the next backup from being made, empty if nothing is seen."""
    if vanished := find_vanished(folder, database):
        return vanished
    nearest = folder.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return f"{nearest} may not be written by this user"
    size, free = database.stat().st_size, shutil.disk_usage(nearest).free
    if free < size:
        return f"{write_size(free)} are free in {nearest}, and a backup needs {write_size(size)}"
    return ""
