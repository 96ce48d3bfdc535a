"""Damaged, foreign and unreadable databases, and places where nothing can be written. Real files, real mounts."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.release import SCHEMA_VERSION
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import Newsroom, make_story

TOML = """
[store]
path = "{path}"
[[source]]
name = "courier"
url = "http://courier.example/rss"
[[source]]
name = "gazette"
url = "http://gazette.example/rss"
[[watch]]
name = "drones"
query = "drone"
to = ["me@example.org"]
"""


def make_database(folder: Path, *, stories: int = 3) -> Config:
    """Write a configuration and a database with some articles and alerts, closed properly."""
    config = make_config(folder)
    path = config.store.path
    (folder / "w.toml").write_text(TOML.format(path=path))
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        newsroom = Newsroom(connection, load_rules(connection, config))
        for number in range(stories):
            newsroom.keep(make_story(number))
    return config


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def write_text(path: Path) -> None:
    path.write_text("this is a shopping list\n" * 500)


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def spoil_head(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)


def spoil_schema(path: Path) -> None:
    """Overwrite the rest of the first page, which lists the tables, and leave the file's header as it is."""
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)


def spoil_names(path: Path) -> None:
    """Damage a name in the list of tables, so that SQLite's own error message cannot be decoded."""
    found = path.read_bytes()
    for whole, spoilt in (
        (b"CREATE TABLE endpoints", b"CREATE TABXE endpoints"),
        (b"tableendpointsendpoints", b"table\xf4ndpoints\xf4ndpoints"),
    ):
        # or a renamed table would leave the file whole, and the tests would look at another damage or at none
        assert whole in found, f"{whole!r} is not in {path}"
        found = found.replace(whole, spoilt)
    path.write_bytes(found)


def spoil_table(path: Path, table: str = "sources") -> None:
    """Overwrite the first page of one table; the others can still be read."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        find = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        page = connection.execute(find, [table]).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


# the names of the migrations that files from before the first release recorded, in order
EARLIER_STEPS = (
    "m001_first_schema", "m002_ways_in", "m003_pages", "m004_stories", "m005_watches", "m006_deliveries", "m007_owners",
    "m008_interrupted", "m009_deliveries", "m010_requests", "m011_entries", "m012_walls", "m013_keys", "m014_logins",
    "m015_told", "m016_edits", "m017_status_reports", "m018_returned", "m019_refused_edits", "m020_first_named",
)  # fmt: skip
_EARLIER_FILE = """
CREATE TABLE "_sqlite_migrations" ("id" INTEGER PRIMARY KEY, "migration_set" TEXT, "name" TEXT, "applied_at" TEXT);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name" ON "_sqlite_migrations" ("migration_set", "name");
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, url TEXT NOT NULL, lease_until TEXT) STRICT;
CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE, headline TEXT NOT NULL) STRICT;
INSERT INTO sources (name, url) VALUES ('courier', 'http://courier.example/rss');
INSERT INTO articles (url, headline) VALUES ('http://courier.example/a', 'Drone over the quay');
"""


def put_earlier_snapshot(path: Path, *, step_count: int = len(EARLIER_STEPS)) -> None:
    """Write a file as left by a Watchword from before the first release, after ``step_count`` of its migrations."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_EARLIER_FILE)
        connection.executemany(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('watchword', ?, '2026-11-20')",
            [(name,) for name in EARLIER_STEPS[:step_count]],
        )


def put_newer_release(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def put_other_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE mine (x)")


# name -> (what is done to the file, words that the message must contain)
UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (remove, "there is no database at"),
    "empty": (empty, "is empty"),
    "text": (write_text, "is no database, or its beginning is damaged"),
    "folder": (put_folder, "is a folder, not a database"),
    "pipe": (put_pipe, "is no file"),
    "head": (spoil_head, "its beginning is damaged"),
    "schema": (spoil_schema, "is damaged"),
    "names": (spoil_names, "its list of tables is no text"),
    "before the first release": (
        put_earlier_snapshot,
        "was written before Watchword's first release",
    ),
    "newer": (put_newer_release, "was written by a newer Watchword"),
    "foreign": (put_other_program, "is a database of another program"),
}

_UNSHARE = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
# a disk of 2 MB with the content of the folder, and no free byte
FULL = (
    'cp -a "$0" "$0.kept" && mount -t tmpfs -o size=2m tmpfs "$0" && cp -a "$0.kept/." "$0" && '
    '{ cat /dev/zero > "$0/filler" 2>/dev/null; exec "$@"; }'
)


@cache
def can_mount() -> bool:
    """Return whether this user may mount something in a new mount namespace."""
    command = [*_UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def mounted(script: str, folder: Path, *command: str) -> list[str]:
    """Return a command that runs another one with the folder mounted by the script; the mount ends with it."""
    return [*_UNSHARE, "sh", "-c", script, str(folder), *command]


def without_privilege(*command: str) -> list[str]:
    """Return a command to which file modes apply, also for root."""
    if os.geteuid() != 0:
        return list(command)
    bounds = "--bounding-set=-dac_override,-dac_read_search"
    return ["setpriv", bounds, "--inh-caps=-dac_override,-dac_read_search", *command]
