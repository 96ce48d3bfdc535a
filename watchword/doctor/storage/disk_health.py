"""Findings about the place of the files: the kind of file system, and who else can read them."""

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.storage.file.file_systems import DiskKind, find_file_system
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

_OTHERS = stat.S_IROTH | stat.S_IWOTH


def look_at_file_system(path: Path) -> Finding:
    """Return whether SQLite can keep the database safe on its file system (decision 029)."""
    found = find_file_system(path)
    if found is None or found.kind is DiskKind.LOCAL:
        kind = "" if found is None else f" ({found.type})"
        return Finding(
            subject="file system", verdict=Verdict.OK, summary=f"not a network file system{kind}"
        )
    what = f"{path} is on {found.type}, {found.origin} mounted at {found.mounted_at}"
    if found.kind is DiskKind.OF_THE_HOST:
        return Finding(
            subject="file system",
            verdict=Verdict.OK,
            summary=f"{what}: a folder of the host; let nothing on the host open the database while Watchword runs here",
        )
    return Finding(
        subject="file system",
        verdict=Verdict.LOOK,
        summary=f"{what}: SQLite's locks and shared memory do not work across machines",
        remedy="move the database to a local disk while nothing runs, and set [store] path; keep backups on the network",
    )


def look_at_readers(config: "Config") -> Finding:
    """Return whether other users of this machine can read the database, its key or the Maildir.

    Files that earlier releases made are readable for everybody.
    """
    database = config.store.path.absolute()
    names = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", ".key"))]  # fmt: skip
    if not config.mail.transport:
        names.append(config.maildir.absolute())
    open_ones = [one for one in names if one.exists() and one.stat().st_mode & _OTHERS]
    if not open_ones or is_closed_above(database):
        return Finding(
            subject="readers", verdict=Verdict.OK, summary="the database is closed to other users"
        )
    return Finding(
        subject="readers",
        verdict=Verdict.LOOK,
        summary="every user of this machine can read what is watched and who is alerted: "
        + ", ".join(map(str, open_ones)),
        remedy=f"`chmod o-rwx {' '.join(map(str, open_ones))}`",
    )


def is_closed_above(path: Path) -> bool:
    """Return whether a folder above a file keeps other users out; nothing below such a folder can be read."""
    return any(not folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)
