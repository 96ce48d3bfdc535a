"""A restore or backup on a bad day leaves a whole database under its name, and says in a sentence what was wrong."""

import errno
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from crawler.errors import BackupFailed, DatabaseUnusable
from crawler.storage.backup.copying import copy_keys
from crawler.storage.backup.restore import open_backup, put_back
from crawler.storage.file.beside.set_aside import list_asides, name_aside, set_aside, undo_cut_off
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.migrations.schema import migrate
from tests.fakes import START
from tests.storage.backup.test_backup import back_up, count_rows, ignore, leave_in_log, path, put  # noqa: F401
from tests.storage.disks import SmallDisk, mount_small_disk, needs_root

# Python tells of these before it does them
_STEPS = frozenset({"os.link", "os.rename", "os.remove", "shutil.copyfile", "sqlite3.connect"})
_OLD, _NEW = 2007, 2000
_KEYS = {_OLD: b"the key of the old database, of 32 bytes", _NEW: b"the key of the backup, of some bytes"}  # fmt: skip


@pytest.fixture
def backup(path: Path, tmp_path: Path) -> Path:  # noqa: F811
    """A backup with 2000 rows of a database whose last 7 rows are in its log alone, as after kill -9."""
    backup = tmp_path / "kept" / "backup.db"
    backup.parent.mkdir()
    back_up(path, backup)
    path.with_name(path.name + ".key").write_bytes(_KEYS[_NEW])
    copy_keys(path, backup)
    path.with_name(path.name + ".key").write_bytes(_KEYS[_OLD])
    leave_in_log(path, 7)
    return backup


def copy_to(disk: SmallDisk, original: Path) -> Path:
    """Copy a database with its log and key to a disk; return its place there."""
    database = disk.path / original.name
    for end in ("", "-wal", ".key"):
        content = original.with_name(original.name + end).read_bytes()
        database.with_name(database.name + end).write_bytes(content)
    return database


def restore(backup: Path, database: Path) -> Path | None:
    with InstanceLock(database, holder="watchword restore"), open_backup(backup) as source:
        return put_back(source, backup, database, on_progress=ignore, now=START)


def run_apart(hook: Callable[[str], None], work: Callable[[], object]) -> int:
    """Do some work in a process of its own that tells of each step on files; return how it ended."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 3
    try:
        sys.addaudithook(lambda event, _: hook(event) if event in _STEPS else None)
        work()
        code = 0
    finally:
        os._exit(code)


def kill_at(number: int) -> Callable[[str], None]:
    seen = iter(range(number))

    def hook(_event: str) -> None:
        if next(seen, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def start(database: Path) -> int:
    """Open the database as the next daemon does, and return how many rows it holds."""
    with InstanceLock(database), closing(open_for_writing(database)) as connection:
        migrate(connection)
        return int(connection.execute("SELECT count(*) FROM uptimes").fetchone()[0])


def test_killed_at_any_step_it_leaves_the_old_database_or_the_new_one(
    path: Path,  # noqa: F811
    backup: Path,
    tmp_path: Path,
) -> None:
    seen, number = [], 0
    while True:
        folder = tmp_path / f"killed-{number}"
        folder.mkdir()
        database = folder / path.name
        for file in tmp_path.glob(f"{path.name}*"):
            (folder / file.name).write_bytes(file.read_bytes())
        code = run_apart(kill_at(number), partial(restore, backup, database))
        # the name leads to a whole file before anybody repairs anything
        assert count_rows(Path(os.fspath(database))) in {_OLD, _NEW}, number
        rows = start(database)
        seen.append(rows)
        assert rows in {_OLD, _NEW}
        assert database.with_name(f"{path.name}.key").read_bytes() == _KEYS[rows], number
        kept = [count_rows(one) for one in list_asides(database)]
        assert kept == ([] if rows == _OLD else [_OLD]), number

        # and a second try works
        aside = restore(backup, database)
        assert start(database) == _NEW
        assert aside is not None
        assert count_rows(aside) == rows
        assert not list(folder.glob("*restoring*")) + list(folder.glob(".*restoring*"))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        number += 1
    assert number > 15
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {_OLD, _NEW}


def test_killed_with_a_log_that_cannot_be_played_it_is_not_lost(
    path: Path,  # noqa: F811
    backup: Path,
    tmp_path: Path,
) -> None:
    assert backup.exists()
    held = {end: path.with_name(path.name + end).read_bytes() for end in ("", "-wal", ".key")}
    number, refused = 0, 0
    while True:
        database = tmp_path / f"killed-{number}" / path.name
        database.parent.mkdir()
        for end, content in held.items():
            database.with_name(database.name + end).write_bytes(content)
        aside = name_aside(database, now=START)
        code = run_apart(kill_at(number), partial(set_aside, database, aside, with_keys=True))
        if database.with_name(f"{path.name}-wal").exists():
            assert count_rows(database) == _OLD
            for file in database.parent.iterdir():
                file.unlink()
            for end, content in held.items():
                database.with_name(database.name + end).write_bytes(content)
            run_apart(kill_at(number), partial(set_aside, database, aside, with_keys=True))
        else:
            # nobody writes into a file whose last changes lie elsewhere
            with pytest.raises(DatabaseUnusable, match="restore of the database .* was cut off"):
                open_for_writing(database)
            refused += 1
        # who holds the lock next takes the second names away, at one go or killed again
        run_apart(kill_at(1), partial(undo_cut_off, database))
        with InstanceLock(database):
            pass
        for end, content in held.items():
            assert database.with_name(database.name + end).read_bytes() == content, (number, end)
        assert not list(database.parent.glob("*before-restore*"))
        if code == 0:
            break
        number += 1
    assert number > 4
    assert refused


def test_where_files_have_one_name_a_killed_restore_leaves_no_empty_database(
    path: Path,  # noqa: F811
    backup: Path,
) -> None:
    steps: list[str] = []

    def hook(event: str) -> None:
        if event == "os.link":
            raise OSError(errno.EPERM, "no links here")
        steps.append(event)
        # after the old database was renamed, the backup is to be
        if steps.count("os.rename") == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    assert run_apart(hook, partial(restore, backup, path)) == -signal.SIGKILL
    assert not path.exists()

    with pytest.raises(DatabaseUnusable, match=r"is gone, but .*before-restore.*Put it back: `mv "):
        start(path)
    with pytest.raises(DatabaseUnusable, match="is gone, but"):
        open_for_reading(path)
    assert not path.exists()
    (aside,) = list_asides(path)
    assert count_rows(aside) == _OLD
    restore(backup, path)
    assert start(path) == _NEW


def test_an_empty_database_does_not_begin_beside_a_rescued_one(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"  # noqa: F811
    rescued = path.with_name("watchword.db.rescued")
    with closing(open_for_writing(rescued)) as connection:
        migrate(connection)

    with pytest.raises(DatabaseUnusable, match=r"watchword\.db\.rescued lies beside it"):
        start(path)

    rescued.rename(tmp_path / "elsewhere.db")
    assert start(path) == 0


def test_a_database_that_is_a_link_stays_one(path: Path, backup: Path, tmp_path: Path) -> None:  # noqa: F811
    there = tmp_path / "big-disk" / path.name
    there.parent.mkdir()
    for file in tmp_path.glob(f"{path.name}*"):
        if file.suffix != ".key":
            file.rename(there.with_name(file.name))
    path.symlink_to(there)

    aside = restore(backup, path)

    assert path.is_symlink()
    assert count_rows(there) == _NEW
    assert aside is not None
    assert aside.parent == there.parent
    assert count_rows(aside) == _OLD


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_database_that_another_program_writes_is_not_replaced(
    lock: str,
    path: Path,  # noqa: F811
    backup: Path,
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(lock)
        with pytest.raises(BackupFailed, match="locked by another process"):
            restore(backup, path)
        other.execute("ROLLBACK")

    assert start(path) == _OLD
    assert not list_asides(path)


def test_a_reader_in_the_midst_of_something_is_named(path: Path, backup: Path) -> None:  # noqa: F811
    with closing(open_for_reading(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM uptimes").fetchone()
        with closing(open_for_writing(path)) as writer:
            put(writer, 1)
        with pytest.raises(BackupFailed, match="being read by another program"):
            restore(backup, path)

    assert start(path) == _OLD + 1


@needs_root
@pytest.mark.parametrize("free", range(0, 3600, 400))
def test_a_disk_that_fills_up_leaves_the_database_as_it_was(
    free: int,
    path: Path,  # noqa: F811
    backup: Path,
    tmp_path: Path,
) -> None:
    with mount_small_disk(tmp_path / "small", megabytes=12) as disk:
        database = copy_to(disk, path)
        with InstanceLock(database):
            pass
        disk.fill()
        ballast = disk.path / "ballast"
        os.truncate(ballast, ballast.stat().st_size - free * 1024)
        try:
            restore(backup, database)
        except (BackupFailed, DatabaseUnusable) as error:
            assert "full" in str(error)
            is_new = False
        except OSError as error:
            assert error.errno == errno.ENOSPC
            is_new = False
        else:
            is_new = True
        assert not list(disk.path.glob("*restoring*"))
        ballast.unlink()
        assert is_new == (free >= 2800)
        assert start(database) == (_NEW if is_new else _OLD)


@needs_root
def test_a_read_only_disk_leaves_the_database_as_it_was(
    path: Path,  # noqa: F811
    backup: Path,
    tmp_path: Path,
) -> None:
    with mount_small_disk(tmp_path / "small", megabytes=12) as disk:
        database = copy_to(disk, path)
        disk.remount("ro")
        with pytest.raises((DatabaseUnusable, OSError), match="[Rr]ead-only"):
            restore(backup, database)
        disk.remount("rw")
        assert start(database) == _OLD


def test_a_database_that_is_locked_exclusively_gives_no_backup_and_a_sentence(
    path: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseUnusable, match="is locked by another process"):
            back_up(path, tmp_path / "copy.db")

    assert not list(tmp_path.glob("*copy*"))


def test_a_target_that_vanishes_meanwhile_is_an_error_and_nothing_is_lost(
    path: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    gone = threading.Event()

    def vanish(_done: int, _count: int) -> None:
        if not gone.is_set():
            folder.rename(tmp_path / "unplugged")
            gone.set()

    from crawler.storage.backup.copying import copy_database  # noqa: PLC0415

    with closing(open_for_reading(path)) as source, pytest.raises((BackupFailed, OSError)):
        copy_database(source, folder / "copy.db", on_progress=vanish)

    assert count_rows(path) == 2000
