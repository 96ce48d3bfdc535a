"""Opening a database to read it: in any state and any place it is read, or a sentence says why not."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import DatabaseUnusable
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.instance_lock import InstanceLock, read_note
from tests.storage.broken_files import (
    FULL,
    READ_ONLY,
    UNREADABLE,
    can_mount,
    make_database,
    mounted,
    without_privilege,
)

ROOT = Path(__file__).resolve().parents[3]
needs_mounts = pytest.mark.skipif(not can_mount(), reason="this user may not mount")
READ = """
import sys
from contextlib import closing
from pathlib import Path
from crawler.errors import DatabaseUnusable
from crawler.storage.file.database import open_for_reading
try:
    with closing(open_for_reading(Path(sys.argv[1]))) as connection:
        print(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
except DatabaseUnusable as error:
    print(error)
"""


def read(wrap: Callable[..., list[str]], path: Path) -> str:
    command = wrap(sys.executable, "-c", READ, str(path))
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder that contains a database; its mode is restored at the end."""
    folder = tmp_path / "place"
    folder.mkdir()
    make_database(folder)
    yield folder
    folder.chmod(0o700)


@pytest.mark.parametrize("state", UNREADABLE)
def test_an_unreadable_database_is_reported_in_a_sentence(tmp_path: Path, state: str) -> None:
    path = make_database(tmp_path).store.path
    spoil, words = UNREADABLE[state]
    spoil(path)

    with pytest.raises(DatabaseUnusable, match=words) as caught:
        open_for_reading(path)

    assert str(path) in str(caught.value)


@needs_mounts
def test_a_read_only_file_system_is_read(place: Path) -> None:
    wrap = lambda *command: mounted(READ_ONLY, place, *command)  # noqa: E731

    assert read(wrap, place / "watchword.db") == "3"
    (place / "watchword.db-wal").touch()
    assert read(wrap, place / "watchword.db") == "3"


def test_a_folder_that_may_not_be_written_is_read(place: Path) -> None:
    place.chmod(0o500)

    assert read(without_privilege, place / "watchword.db") == "3"
    assert [file.name for file in place.iterdir() if file.suffix.startswith(".db-")] == []


def leave_log(place: Path) -> None:
    """Leave the files as a killed process does: the last change is only in the -wal."""
    path = place / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        connection.execute("UPDATE sources SET last_failure = 'later'")
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", place / f"kept{end}")
    for end in ("", "-wal"):
        (place / f"kept{end}").rename(f"{path}{end}")


def test_changes_that_cannot_be_recovered_are_never_left_out_silently(place: Path) -> None:
    leave_log(place)
    place.chmod(0o500)

    answer = read(without_privilege, place / "watchword.db")

    assert "its last changes are still in" in answer
    assert "copy the files" in answer
    place.chmod(0o700)
    assert read(without_privilege, place / "watchword.db") == "3"


@needs_mounts
def test_such_changes_are_reported_on_a_read_only_file_system_too(place: Path) -> None:
    leave_log(place)

    answer = read(lambda *command: mounted(READ_ONLY, place, *command), place / "watchword.db")

    assert "the file system is read-only" in answer
    assert "must be writable once" in answer


@needs_mounts
def test_a_database_on_a_full_disk_is_read_or_the_disk_is_reported_as_full(place: Path) -> None:
    wrap = lambda *command: mounted(FULL, place, *command)  # noqa: E731

    assert read(wrap, place / "watchword.db") == "3"
    leave_log(place)
    shutil.rmtree(f"{place}.kept")
    assert "the disk is full" in read(wrap, place / "watchword.db")


def test_the_error_for_a_file_of_another_user_names_its_owner(place: Path) -> None:
    (place / "watchword.db").chmod(0)
    assert "this user may not read" in read(without_privilege, place / "watchword.db")

    (place / "watchword.db").chmod(0o600)
    place.chmod(0)
    assert "may not enter the folder" in read(without_privilege, place / "watchword.db")


def test_an_exclusive_lock_is_waited_for_and_then_reported(place: Path) -> None:
    path = place / "watchword.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseUnusable, match="locked by another process"):
            open_for_reading(path)
        other.execute("ROLLBACK")


def test_a_writer_keeps_no_reader_out(place: Path) -> None:
    path = place / "watchword.db"
    with closing(open_for_writing(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE sources SET last_failure = 'later'")
        with closing(open_for_reading(path)) as reader:
            assert reader.execute("SELECT max(last_failure) FROM sources").fetchone()[0] is None
        other.execute("ROLLBACK")
    assert os.access(path, os.R_OK)


def test_a_folder_whose_name_cannot_be_decoded_is_read(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    path = folder / "watchword.db"
    shutil.move(make_database(tmp_path).store.path, path)

    with closing(open_for_reading(path)) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchone() is not None
    with InstanceLock(path) as lock:
        lock.note(storage=f"{path} is full")
        note = read_note(path)
    assert note is not None
    assert note.storage == f"{path} is full"
