"""Backups are whole, of one moment, made while others write, and never half there."""

import os
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.errors import BackupFailed, DatabaseUnusable
from crawler.storage.backup.copying import copy_database, copy_keys
from crawler.storage.backup.folder import drop_older, list_backups, name_backup
from crawler.storage.backup.restore import open_backup, put_back
from crawler.storage.file.beside.set_aside import KEY_ENDINGS
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.signing_key import read_signing_key
from tests.fakes import START
from tests.storage.disks import mount_small_disk, needs_root


def ignore(_done: int, _count: int) -> None:
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        put(connection, 2000)
    return path


def put(connection: sqlite3.Connection, count: int) -> None:
    """Add rows of a kilobyte that belong together: each transaction adds ``count`` of them."""
    with transaction(connection):
        connection.executemany(
            "INSERT INTO uptimes (started_at, last_seen_at) VALUES (?, ?)",
            [("x" * 500, "y" * 500)] * count,
        )


def count_rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM uptimes").fetchone()[0])


def back_up(path: Path, target: Path) -> None:
    with closing(open_for_reading(path)) as connection:
        copy_database(connection, target, on_progress=ignore)


def leave_in_log(path: Path, count: int) -> None:
    """Add rows that are in the log of the file alone, as after kill -9."""
    with closing(open_for_writing(path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        put(connection, count)
        held = {end: path.with_name(path.name + end).read_bytes() for end in ("", "-wal")}
    for end, content in held.items():
        path.with_name(path.name + end).write_bytes(content)


def test_a_copy_is_of_one_moment_while_others_write(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with closing(open_for_reading(path)) as source, closing(open_for_writing(path)) as writer:
        copy_database(source, target, on_progress=lambda *_: put(writer, 10))

    assert count_rows(target) == 2000
    assert count_rows(path) > 2000
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*.part"))
    assert not target.with_name("copy.db-wal").exists()


def test_a_writer_that_never_rests_does_not_keep_a_copy_from_its_end(
    path: Path, tmp_path: Path
) -> None:
    is_over = threading.Event()

    def write() -> None:
        with closing(open_for_writing(path)) as writer:
            while not is_over.is_set():
                put(writer, 1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        back_up(path, tmp_path / "copy.db")
    finally:
        is_over.set()
        thread.join()

    assert count_rows(tmp_path / "copy.db") >= 2000


def test_a_damaged_database_gives_no_copy_and_keeps_the_last_one(
    path: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.db"
    back_up(path, target)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 300_000)
        file.write(b"\xff" * 8192)

    with pytest.raises(BackupFailed, match="damaged"):
        back_up(path, target)

    assert count_rows(target) == 2000
    assert sorted(one.name for one in tmp_path.iterdir() if "copy" in one.name) == ["copy.db"]


@needs_root
def test_a_full_disk_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "small", megabytes=1) as disk:
        with pytest.raises(BackupFailed, match="disk is full"):
            back_up(path, disk.path / "copy.db")

        assert not list(disk.path.iterdir())


def test_a_copy_that_is_stopped_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    def stop(_done: int, _count: int) -> None:
        raise KeyboardInterrupt

    with closing(open_for_reading(path)) as source, pytest.raises(KeyboardInterrupt):
        copy_database(source, tmp_path / "copy.db", on_progress=stop)

    assert not [one for one in tmp_path.iterdir() if "copy" in one.name]


def test_a_folder_keeps_the_newest_and_what_is_not_ours(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "watchword-notes.db").write_text("mine")
    (folder / "other-2026-01-01T000000Z.db").write_text("mine")
    read_signing_key(path)
    for day in range(4):
        file = name_backup(folder, path, now=START + timedelta(days=day))
        back_up(path, file)
        copy_keys(path, file)

    now = START + timedelta(days=3)
    gone = drop_older(folder, path, keep=2, made=file, now=now)

    assert len(gone) == 2
    listed = list_backups(folder, path, now=now)
    assert [one.made_at.day for one in listed] == [START.day + 3, START.day + 2]
    assert len([*folder.glob("*.key")]) == 2
    assert (folder / "watchword-notes.db").exists()
    assert (folder / "other-2026-01-01T000000Z.db").exists()


def make_backup(path: Path, folder: Path, *, days: int) -> Path:
    file = name_backup(folder, path, now=START + timedelta(days=days))
    back_up(path, file)
    copy_keys(path, file)
    return file


def test_names_of_a_clock_that_was_ahead_are_the_first_to_go(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    ahead = [make_backup(path, folder, days=2000 + day) for day in range(3)]
    made = make_backup(path, folder, days=0)

    gone = drop_older(folder, path, keep=3, made=made, now=START)

    assert gone == [ahead[0]]
    assert [one.path for one in list_backups(folder, path, now=START)] == [made, ahead[2], ahead[1]]


@pytest.mark.parametrize("hours", [-20, 20])
def test_the_backup_just_made_stays_whatever_the_clock_did(
    hours: int, path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    earlier = make_backup(path, folder, days=1)
    made = make_backup(path, folder, days=0)

    assert drop_older(folder, path, keep=1, made=made, now=START + timedelta(hours=hours)) == [
        earlier
    ]
    assert made.exists()


def test_two_databases_of_one_name_share_a_folder(path: Path, tmp_path: Path) -> None:
    folder, other = tmp_path / "backups", tmp_path / "elsewhere" / "watchword.db"
    folder.mkdir()
    other.parent.mkdir()
    back_up(path, other)
    read_signing_key(path)
    read_signing_key(other)
    ours = [make_backup(path, folder, days=day) for day in range(2)]
    theirs = make_backup(other, folder, days=1)

    assert theirs not in ours
    assert drop_older(folder, path, keep=1, made=ours[1], now=START) == [ours[0]]
    assert [one.path for one in list_backups(folder, other, now=START)] == [theirs]
    # a key that was changed is still ours, and so is what was made before there was one
    path.with_name("watchword.db.key").rename(path.with_name("watchword.db.key.old"))
    read_signing_key(path)
    assert [one.path for one in list_backups(folder, path, now=START)] == [ours[1]]


def test_a_folder_with_the_name_of_a_backup_is_none(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    name_backup(folder, path, now=START).mkdir(parents=True)
    made = make_backup(path, folder, days=1)
    now = START + timedelta(days=1)

    assert drop_older(folder, path, keep=1, made=made, now=now) == []
    assert [one.path for one in list_backups(folder, path, now=now)] == [made]


def test_what_was_put_back_is_what_was_backed_up(path: Path, tmp_path: Path) -> None:
    key = read_signing_key(path)
    backup = tmp_path / "backup.db"
    back_up(path, backup)
    copy_keys(path, backup)
    with closing(open_for_writing(path)) as connection:
        put(connection, 5)
    path.with_name("watchword.db.key").write_bytes(b"another key of some length")

    with open_backup(backup) as source:
        aside = put_back(source, backup, path, on_progress=ignore, now=START)

    assert count_rows(path) == 2000
    assert read_signing_key(path) == key
    assert aside is not None
    assert count_rows(aside) == 2005
    assert (
        aside.with_name(aside.name + KEY_ENDINGS[0]).read_bytes() == b"another key of some length"
    )
    assert not list(tmp_path.glob("*restoring*"))


def test_changes_in_the_log_of_the_old_database_are_moved_aside_with_it(
    path: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    back_up(path, backup)
    leave_in_log(path, 7)

    with open_backup(backup) as source:
        aside = put_back(source, backup, path, on_progress=ignore, now=START)

    assert aside is not None
    assert count_rows(aside) == 2007
    assert count_rows(path) == 2000


@pytest.mark.parametrize("size", [100, 300_000])
def test_of_a_backup_that_was_cut_off_an_earlier_one_is_advised(
    size: int, path: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    back_up(path, backup)
    os.truncate(backup, size)

    with pytest.raises(BackupFailed, match="put an earlier one back"), open_backup(backup):
        pass


def test_a_pipe_is_no_backup_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BackupFailed, match="is no file"), open_backup(tmp_path / "pipe"):
        pass


@pytest.mark.parametrize("kind", ["damaged", "foreign", "empty", "text"])
def test_what_is_no_whole_backup_changes_nothing(kind: str, path: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    if kind == "damaged":
        back_up(path, backup)
        with backup.open("r+b") as file:
            file.seek(200_000)
            file.write(b"\xff" * 8192)
    elif kind == "foreign":
        with closing(sqlite3.connect(backup)) as other:
            other.execute("CREATE TABLE notes (text)")
    else:
        backup.write_bytes(b"" if kind == "empty" else b"not a database at all" * 100)

    with pytest.raises((BackupFailed, DatabaseUnusable)), open_backup(backup):
        pass

    assert count_rows(path) == 2000


@needs_root
def test_what_root_puts_back_belongs_to_whom_it_belonged(path: Path, tmp_path: Path) -> None:
    read_signing_key(path)
    backup = tmp_path / "backup.db"
    back_up(path, backup)
    copy_keys(path, backup)
    folder = tmp_path / "of the service"
    folder.mkdir()
    os.chown(folder, 4711, 4712)

    for _ in ("the first one", "in place of that"):
        with InstanceLock(folder / "watchword.db"), open_backup(backup) as source:
            put_back(source, backup, folder / "watchword.db", on_progress=ignore, now=START)

        owners = {(file.name, file.stat().st_uid, file.stat().st_gid) for file in folder.iterdir()}
        assert {name for name, _, _ in owners} >= {
            "watchword.db",
            "watchword.db.key",
            "watchword.db.lock",
        }
        assert {(user, group) for _, user, group in owners} == {(4711, 4712)}


@needs_root
def test_what_root_begins_in_the_folder_of_a_service_is_the_services(tmp_path: Path) -> None:
    os.chown(tmp_path, 4711, 4712)
    path = tmp_path / "watchword.db"

    with closing(open_for_writing(path)) as connection:
        migrate(connection)
        read_signing_key(path)
        owners = {(file.stat().st_uid, file.stat().st_gid) for file in tmp_path.iterdir()}

    assert owners == {(4711, 4712)}
