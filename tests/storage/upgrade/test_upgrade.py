"""Files that earlier releases wrote are brought to the schema of today, whole or not at all."""

import hashlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from crawler.errors import DatabaseUnusable
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.faults import FaultKind, find_kind
from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.storage.file.migrations.release import SCHEMA_VERSION
from crawler.storage.file.migrations.schema import migrate
from tests.storage.disks import SmallDisk, mount_small_disk, needs_root
from tests.storage.upgrade.world import FILES, NUMBERS, unpack

ROOT = Path(__file__).resolve().parents[3]
# what each migration tells SQLite to do, without comments and line breaks. Files of these schemas are out there: a migration that
# was released is never edited (decision 034): a red line is mended by taking the edit back. A new one adds its line here, and may
# change, with its line, until a release has it
FROZEN = {
    "m001_first_schema": "abeb02368abb2887",
    "m002_story_marks": "a963374541ecd653",
    "m003_one_index": "2250e1d27244f5a9",
    "m004_page_sizes": "7be79e0d7454ac63",
    "m005_retention": "e2d9a5f77058dbec",
    "m006_archive": "d6da2d5c42e5d973",
    "m007_bundles": "b463bda75e257aa1",
}
# tables that a later release no longer has
DROPPED = {"articles_fts"}
each_number = pytest.mark.parametrize("number", NUMBERS)


def tidy(sql: str) -> str:
    """Return SQL without comments, and with one space between words."""
    return " ".join(re.sub(r"--[^\n]*", "", sql).split())


def read_statements(number: int, folder: Path) -> list[str]:
    """Return the statements of a migration, applied to a file with those before it."""
    statements: list[str] = []
    with closing(sqlite3.connect(folder / "new.db", isolation_level=None)) as connection:
        database = Database(connection, execute_plugins=False)
        names = [known.name for known in MIGRATIONS._migrations]
        if number > 1:
            MIGRATIONS.apply(database, stop_before=names[number - 1])
        connection.set_trace_callback(statements.append)
        if number < len(names):
            MIGRATIONS.apply(database, stop_before=names[number])
        else:
            MIGRATIONS.apply(database)
    # the rest is sqlite-utils' own, and the triggers and shadow tables of full-text indexes
    ours = re.compile(r"(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|PRAGMA user_version)\b")
    return [one for one in map(tidy, statements) if ours.match(one) and "_sqlite_migrations" not in one]  # fmt: skip


def read_structure(path: Path) -> set[tuple[str, str, str]]:
    """Return the kind, name and SQL of all that a file is made of."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
        return {(kind, name, tidy(sql)) for kind, name, sql in rows}


def read_contents(path: Path) -> dict[str, list[dict[str, object]]]:
    """Return the rows of all tables, those of full-text indexes by what they find."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2')]
            for (name,) in names
            if name != "_sqlite_migrations"
        }


def count_missing(before: Path, after: Path) -> list[str]:
    """Return what was in the first file and is not in the second: tables, columns, rows."""
    old, new = read_contents(before), read_contents(after)
    missing = []
    for table, rows in old.items():
        if any(table == name or table.startswith(f"{name}_") for name in DROPPED):
            continue
        kept = [{column: row.get(column) for column in rows[0]} for row in new.get(table, [])] if rows else []  # fmt: skip
        if table not in new or kept != rows:
            missing.append(table)
    return missing


def upgrade(path: Path) -> None:
    with closing(open_for_writing(path)) as connection:
        migrate(connection)


def check_whole(path: Path) -> int:
    """Return the number of a file's schema, and find the file sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("name", [known.name for known in MIGRATIONS._migrations])
def test_a_migration_is_what_it_was_when_it_was_released(tmp_path: Path, name: str) -> None:
    statements = read_statements(int(name[1:4]), tmp_path)

    digest = hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16]
    assert FROZEN.get(name) == digest, "add a migration in place of changing one that was released"


def test_a_file_of_every_earlier_schema_is_kept() -> None:
    kept = sorted(int(path.name[6]) for path in FILES.glob("schema*.db.xz"))

    assert kept == list(range(1, SCHEMA_VERSION)), "make it with tests/storage/upgrade/make.py"


@each_number
def test_an_earlier_file_has_what_such_a_file_has(tmp_path: Path, number: int) -> None:
    path = unpack(number, tmp_path)

    contents = read_contents(path)

    assert check_whole(path) == number
    for table in ("sources", "entries", "pages", "articles", "stories", "matches", "alerts", "visits", "attempts"):  # fmt: skip
        assert contents[table], table
    assert {row["state"] for row in contents["deliveries"]} == {"sent", "pending", "dead"}


@each_number
def test_an_earlier_file_is_upgraded_with_all_it_holds(tmp_path: Path, number: int) -> None:
    path = unpack(number, tmp_path)
    before = Path(shutil.copy(path, tmp_path / "before.db"))

    upgrade(path)

    assert check_whole(path) == SCHEMA_VERSION
    assert count_missing(before, path) == []
    open_for_reading(path).close()


@each_number
def test_an_upgraded_file_is_built_as_a_new_one(tmp_path: Path, number: int) -> None:
    path, new = unpack(number, tmp_path), tmp_path / "new.db"

    upgrade(path)
    upgrade(new)

    assert read_structure(path) == read_structure(new)


@each_number
def test_kept_pages_are_counted_after_an_upgrade(tmp_path: Path, number: int) -> None:
    path = unpack(number, tmp_path)

    upgrade(path)

    with closing(sqlite3.connect(path)) as connection:
        pages = connection.execute("SELECT id, length(body) FROM pages ORDER BY id").fetchall()
        sizes = connection.execute("SELECT page_id, bytes FROM page_sizes ORDER BY 1").fetchall()
    assert sizes == pages != []


# each child dies before its nth statement, by the signal that an OOM killer or a power cut comes closest to
_DYING = """
import os, signal, sqlite3, sys
from pathlib import Path
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate

path, folder = sys.argv[1:3]
number = 0
while True:
    number += 1
    copy = Path(folder, f"{number}.db")
    copy.write_bytes(Path(path).read_bytes())
    if not (child := os.fork()):
        left = number
        def count(_statement):
            global left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        connection = open_for_writing(copy)
        connection.set_trace_callback(count)
        migrate(connection)
        connection.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
    print(number, os.WTERMSIG(status))
"""


@pytest.mark.slow
@each_number
def test_an_upgrade_that_is_killed_leaves_one_schema_and_is_completed(
    tmp_path: Path, number: int
) -> None:
    path, folder = unpack(number, tmp_path), tmp_path / "killed"
    folder.mkdir()

    done = subprocess.run(
        [sys.executable, "-c", _DYING, str(path), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    killed = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert len(killed) > 3
    assert {int(line.split()[1]) for line in done.stdout.splitlines()} == {signal.SIGKILL}
    found = set()
    for each in killed:
        copy = folder / f"{each}.db"
        found.add(check_whole(copy))
        assert count_missing(path, copy) == []
        upgrade(copy)
        assert check_whole(copy) == SCHEMA_VERSION
        assert count_missing(path, copy) == []
    # each step was cut off; the last thing that can be is the last COMMIT
    assert found == set(range(number, SCHEMA_VERSION))


@needs_root
@each_number
def test_an_upgrade_on_a_full_disk_leaves_the_file_usable(tmp_path: Path, number: int) -> None:
    original = unpack(number, tmp_path)
    outcomes = set()
    with mount_small_disk(tmp_path / "disk") as disk:
        for spare in (0, 40, 80, 160, 320, 1200):  # kilobytes
            path = Path(shutil.copy(original, disk.path / "watchword.db"))
            _fill(disk, spare)
            try:
                upgrade(path)
                outcomes.add("upgraded")
            except (sqlite3.OperationalError, DatabaseUnusable) as error:
                assert find_kind(error, path) is FaultKind.FULL, error
                outcomes.add("full")

            disk.free()
            assert number <= check_whole(path) <= SCHEMA_VERSION
            assert count_missing(original, path) == []
            upgrade(path)
            assert check_whole(path) == SCHEMA_VERSION
            assert count_missing(original, path) == []
            for file in disk.path.glob("watchword.db*"):
                file.unlink()
    assert outcomes == {"upgraded", "full"}


def _fill(disk: SmallDisk, spare: int) -> None:
    reserve = disk.path / "reserve"
    reserve.write_bytes(b"x" * (spare << 10))
    disk.fill()
    reserve.unlink()
