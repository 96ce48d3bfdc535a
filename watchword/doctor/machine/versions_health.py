"""The finding about versions: what a report of a fault should state, and what nobody mends any more."""

import platform
import sqlite3
import ssl
from dataclasses import replace
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version

from crawler.storage.file.migrations.release import SCHEMA_VERSION, read_number
from watchword.doctor.findings import Finding, Verdict

# the last day with security fixes (devguide.python.org/versions)
_PYTHON_ENDS = {
    (3, 11): date(2027, 10, 31),
    (3, 12): date(2028, 10, 31),
    (3, 13): date(2029, 10, 31),
    (3, 14): date(2030, 10, 31),
}
_PACKAGES = ("scrapy", "lxml", "datasette")
# an extra of ours, and the package that it brings
_EXTRAS = {"browser": "scrapy-playwright", "channels": "apprise", "pdf": "pypdf", "warc": "warcio"}
# sqlite.org/wal.html#walresetbug: rare, so a line is enough; 3.50.7 and 3.44.6 have the repair, too
_WAL_RESET = (3, 51, 3)
_WAL_RESET_MENDED = frozenset({(3, 50, 7), (3, 44, 6)})


def look_at_versions(connection: sqlite3.Connection | None, *, now: datetime) -> Finding:
    """Return the versions at work, with that of the database's schema; LOOK if this Python gets no security fixes any more.

    connection  to the database; None if it cannot be read
    """
    found = judge_versions(
        python=platform.python_version_tuple(), sqlite=sqlite3.sqlite_version_info, today=now.date()
    )
    return replace(found, details=(*found.details, _write_schema(connection)))


def _write_schema(connection: sqlite3.Connection | None) -> str:
    ours = f"schema {SCHEMA_VERSION}"
    if connection is None:
        return f"{ours} in this release, and no database that can be read"
    number = read_number(connection)
    if number == SCHEMA_VERSION:
        return f"{ours}, as in the database"
    return f"{ours} in this release, {number} in the database; the next start of the daemon brings it up to date"


def judge_versions(
    *, python: tuple[str, str, str], sqlite: tuple[int, int, int], today: date
) -> Finding:
    """Return the finding for a Python and an SQLite on a day."""
    end = _PYTHON_ENDS.get((int(python[0]), int(python[1])))
    written = ".".join(map(str, sqlite))
    names = [f"Watchword {_find('watchword')}", f"Python {'.'.join(python)}", f"SQLite {written}"]
    extras = [name for name, package in _EXTRAS.items() if _find(package)]
    details = [
        ", ".join([*(f"{name} {_find(name)}" for name in _PACKAGES if _find(name)), _OPENSSL]),
        f"extras: {', '.join(extras) or 'none'}",
    ]
    if sqlite < _WAL_RESET and sqlite not in _WAL_RESET_MENDED:
        details.append(
            f"SQLite {written} can, very rarely, damage a file when two processes write; 3.51.3 cannot"
        )
    is_over = end is not None and today > end
    return Finding(
        subject="versions",
        verdict=Verdict.LOOK if is_over else Verdict.OK,
        summary=", ".join(names)
        + (f"; this Python has had no security fixes since {end}" if is_over else ""),
        details=tuple(details),
        remedy="install Watchword with a newer Python, or use a newer image" if is_over else "",
    )


_OPENSSL = " ".join(ssl.OPENSSL_VERSION.split()[:2])


def _find(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
