"""The number of the schema: which files are opened, migrated, or refused and left as they are."""

import importlib
import pkgutil
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from crawler.config.schema import Config
from crawler.errors import DatabaseUnusable
from crawler.storage.file import read_only as reading
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.migrations import registry, release, schema, steps
from crawler.storage.file.migrations.release import SCHEMA_VERSION
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.storage.broken_files import EARLIER_STEPS, make_database, put_earlier_snapshot
from watchword.cli.main import main

ADVICE = ("keep it aside", "starts a new one", "only the history is lost")
# commands that would write, start working, or show the content
COMMANDS = (
    ("crawl",),
    ("run",),
    ("browse",),
    ("doctor",),
    ("alert", "list"),
    ("source", "list"),
    ("source", "backfill", "courier", "--since", "7d"),
    ("article", "show", "1"),
    ("article", "reprocess"),
    ("story", "list"),
    ("activity",),
)


def make_new(path: Path) -> None:
    with closing(open_for_writing(path)) as connection:
        migrate(connection)


def open_and_migrate(path: Path) -> None:
    with closing(open_for_writing(path)) as connection:
        migrate(connection)


def read(path: Path) -> None:
    open_for_reading(path).close()


def read_number(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_file_has_the_number_of_the_newest_migration(tmp_path: Path) -> None:
    modules = [module.name for module in pkgutil.iter_modules(steps.__path__)]
    numbered = [name for name in modules if re.fullmatch(r"m\d{3}_\w+", name)]

    make_new(tmp_path / "w.db")

    assert read_number(tmp_path / "w.db") == SCHEMA_VERSION == len(numbered)
    # no number is missing, and each file contains the migration of its name
    assert [int(name[1:4]) for name in numbered] == list(range(1, SCHEMA_VERSION + 1))
    for name in numbered:
        assert callable(
            vars(importlib.import_module(f"crawler.storage.file.migrations.steps.{name}"))[name]
        )
    with closing(open_for_reading(tmp_path / "w.db")) as connection:
        applied = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")
        assert [row[0] for row in applied] == numbered


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "w.db")) as connection:
        assert migrate(connection) == (
            "m001_first_schema",
            "m002_story_marks",
            "m003_one_index",
            "m004_page_sizes",
            "m005_retention",
            "m006_archive",
            "m007_bundles",
        )
        assert migrate(connection) == ()
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("use", [open_and_migrate, open_for_writing, read])
@pytest.mark.parametrize("step_count", [1, 2, 7, 13, 19, len(EARLIER_STEPS)])
def test_a_file_from_before_the_first_release_is_refused_and_left_alone(
    tmp_path: Path, step_count: int, use: Callable[[Path], object]
) -> None:
    path = tmp_path / "watchword.db"
    put_earlier_snapshot(path, step_count=step_count)
    before = path.read_bytes()

    with pytest.raises(DatabaseUnusable) as refused:
        use(path)

    assert path.read_bytes() == before
    assert str(path) in str(refused.value)
    assert [words for words in ADVICE if words not in str(refused.value)] == []


def test_the_write_ahead_log_of_such_a_file_is_left_alone(tmp_path: Path) -> None:
    path, log = tmp_path / "watchword.db", tmp_path / "watchword.db-wal"
    put_earlier_snapshot(tmp_path / "killed.db")
    with closing(sqlite3.connect(tmp_path / "killed.db")) as killed, killed:
        killed.execute("UPDATE sources SET name = 'gazette'")
        killed.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{tmp_path / 'killed.db'}{end}", f"{path}{end}")
    before = (path.read_bytes(), log.read_bytes())
    assert before[1]

    for use in (open_and_migrate, read):
        with pytest.raises(DatabaseUnusable, match="before Watchword.s first release"):
            use(path)

    assert (path.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_what_to_do_with_such_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    path = make_database(tmp_path).store.path
    put_earlier_snapshot(path)
    before = path.read_bytes()

    with pytest.raises(SystemExit) as ended:
        main(["--config", str(tmp_path / "w.toml"), *command])

    output = capsys.readouterr()
    printed = " ".join((output.out + output.err).split())
    assert ended.value.code
    assert [words for words in ADVICE if words not in printed] == [], printed
    assert path.read_bytes() == before


def test_a_new_file_is_made_once_the_old_one_is_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    put_earlier_snapshot(path)
    path.rename(tmp_path / "kept.db")

    make_new(path)

    assert read_number(path) == SCHEMA_VERSION
    read(path)


def test_a_start_that_was_cut_off_before_the_first_step_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        registry.MIGRATIONS.ensure_migrations_table(Database(connection, execute_plugins=False))

    with pytest.raises(DatabaseUnusable, match="has no tables yet"):
        read(path)
    make_new(path)

    read(path)


def test_a_file_from_the_future_is_refused(database: sqlite3.Connection, config: Config) -> None:
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    with pytest.raises(DatabaseUnusable, match="newer Watchword"):
        migrate(database)
    with pytest.raises(DatabaseUnusable, match="newer Watchword"):
        open_for_writing(config.store.path)


@pytest.mark.parametrize("number", [0, SCHEMA_VERSION])
@pytest.mark.parametrize(
    "notes", ["", "CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT)"]
)
def test_a_file_of_another_program_is_left_as_it_is(
    tmp_path: Path, number: int, notes: str
) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"CREATE TABLE mine (x); PRAGMA user_version = {number}; {notes}")
    before = path.read_bytes()

    for use in (open_and_migrate, open_for_writing, read):
        with pytest.raises(DatabaseUnusable, match="another program"):
            use(path)

    assert path.read_bytes() == before


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Migrations:
    """Yield the steps of a release with one more migration, which a test registers."""
    later = Migrations("watchword")
    for known in registry.MIGRATIONS._migrations:
        later(name=known.name)(known.fn)
    for module in (registry, schema):
        monkeypatch.setattr(module, "MIGRATIONS", later)
    for module in (release, reading):
        monkeypatch.setattr(module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return later


def test_a_later_migration_and_its_number_are_stored_together_or_not_at_all(
    tmp_path: Path, next_release: Migrations
) -> None:
    path = make_config(tmp_path).store.path
    is_broken = True

    def moods(database: Database) -> None:
        database.execute("ALTER TABLE sources ADD COLUMN mood TEXT")
        if is_broken:
            raise RuntimeError("cut off")

    moods.__name__ = f"m{SCHEMA_VERSION + 1:03}_moods"
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        registry.migration(moods)
        with pytest.raises(RuntimeError, match="cut off"):
            migrate(connection)
    assert read_number(path) == SCHEMA_VERSION
    with pytest.raises(DatabaseUnusable, match="is of an earlier release"):
        read(path)

    is_broken = False
    with closing(open_for_writing(path)) as connection:
        assert migrate(connection) == (moods.__name__,)
        assert [row["mood"] for row in connection.execute("SELECT mood FROM sources")] == []
    assert read_number(path) == SCHEMA_VERSION + 1
    read(path)
