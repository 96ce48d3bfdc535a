"""The finding about files of secrets: a password that every user of the machine can read is none."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.clock import utc_now
from crawler.config.files.places import config_folder, list_config_files
from crawler.storage.backup.folder import list_backups
from crawler.storage.file.beside.set_aside import KEY_ENDINGS
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.storage.disk_health import is_closed_above

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from pydantic import BaseModel

    from crawler.config.schema import Config

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
# a certificate authority is public
_NO_SECRET = frozenset({"ca_file"})
# what services are given their variables from: beside the configuration, or beside its folder as with docker-compose.yml
_ENVIRONMENTS = (".env", "watchword.env")
# `password = "x"`, `WATCHWORD_MAIL_PASSWORD=x` or `Authorization = "x"`, not `password_file = "x"`; and a login in an address
_STATED = re.compile(
    r"""(?:^|[{,])[ \t]*(?:export[ \t]+)?["']?[\w.-]*(?:pass(?:word|wd)?|secret|token|api[-_]?key|authorization|cookies?|ping)["']?"""
    r"""[ \t]*=[ \t]*["'{ ]*[^\s"'{}#]|^[^#\n]*://[^/\s"'@:]+:[^/\s"'@]+@""",
    re.IGNORECASE | re.MULTILINE,
)


def look_at_secret_files(config: "Config", *, place: Path | None = None) -> Finding:
    """Return which files of secrets other users of this machine can read, as ssh does for its keys.

    place  the configuration's file or folder; None if it has none
    """
    files = sorted({*_list_secret_files(config), *(_list_stated(place) if place else ())})
    open_ones = [one for one in files if _is_open(one)]
    if not open_ones:
        summary = "closed to other users" if any(map(_exists, files)) else "none is in a file"
        return Finding(subject="secrets", verdict=Verdict.OK, summary=summary)
    names = " ".join(map(str, open_ones))
    return Finding(
        subject="secrets",
        verdict=Verdict.LOOK,
        summary=f"other users of this machine can read {', '.join(map(str, open_ones))}",
        remedy=f"`chmod go= {names}`, and make the daemon's user their owner",
    )


def _list_secret_files(config: "Config") -> Iterator[Path]:
    yield from _list_keys(config.store.path.absolute(), config.backup_folder.absolute())
    sections: tuple[BaseModel, ...] = (
        config.mail, config.unsubscribe, config.web, config.cluster, *config.sources, *config.channels,
    )  # fmt: skip
    for section in sections:
        for name in type(section).model_fields:
            value = getattr(section, name)
            if name.endswith("_file") and name not in _NO_SECRET and isinstance(value, Path):
                yield value.absolute()


def _list_stated(place: Path) -> Iterator[Path]:
    """Yield each file of the configuration, and of variables beside it, in which a password or the like is written."""
    folder = config_folder(place)
    folders = (folder, folder.parent) if place.is_dir() else (folder,)
    beside = (one / name for one in folders for name in _ENVIRONMENTS)
    for file in (*list_config_files(place), *beside):
        try:
            # not a pipe, as some keepers of passwords put in place of a file: reading it would wait for them
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        except OSError:  # closed to us as well
            continue
        if _STATED.search(text):
            yield file.absolute()


def _list_keys(database: Path, backups: Path) -> Iterator[Path]:
    """Yield the keys that sign links in messages, and each backup, which says who is mailed what."""
    yield from (database.with_name(database.name + end) for end in KEY_ENDINGS)
    for backup in list_backups(backups, database, now=utc_now()):
        yield backup.path
        yield from (backup.path.with_name(backup.path.name + end) for end in KEY_ENDINGS)


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # in a folder that this user may not enter
        return True


def _is_open(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except OSError:  # `check` and the start name what cannot be read
        return False
    # what Docker and systemd mount for a service has a folder that only it enters, or modes that cannot be changed
    return (
        bool(mode & _OTHERS)
        and not file.is_relative_to("/run/secrets")
        and not is_closed_above(file)
    )
