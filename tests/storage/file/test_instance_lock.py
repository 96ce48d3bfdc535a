"""The instance lock with real processes: looked at, held, its holder killed, and on a full disk."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.errors import AlreadyRunning, DatabaseUnusable
from crawler.storage.file.instance_lock import InstanceLock, find_holder, is_held, read_note

ROOT = Path(__file__).resolve().parents[3]
# holds the lock, starts a child that outlives it, prints both pids, and sleeps
HOLDER = """
import subprocess, sys, time
from pathlib import Path
from crawler.storage.file.instance_lock import InstanceLock
with InstanceLock(Path(sys.argv[1])):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], close_fds=False)
    print(child.pid, flush=True)
    time.sleep(600)
"""
LOOKER = """
import sys
from pathlib import Path
from crawler.storage.file.instance_lock import is_held
print("looking", flush=True)
while True:
    is_held(Path(sys.argv[1]))
"""

# every write to a file fails
CRAMPED = """
import resource, sys, time
from pathlib import Path
from crawler.storage.file.instance_lock import InstanceLock
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
with InstanceLock(Path(sys.argv[1])) as lock:
    lock.note(storage="the disk is full")
    print("held and noted", flush=True)
    time.sleep(600)
"""


@contextmanager
def running(script: str, database: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a process that has printed its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(database)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    with InstanceLock(database):
        assert is_held(database)
        with pytest.raises(AlreadyRunning, match=r"process \d+ on .*running since"):
            InstanceLock(database).__enter__()
    assert not is_held(database)


def test_the_lock_of_a_killed_holder_is_free_although_its_child_lives(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    with running(HOLDER, database) as (holder, child):
        assert is_held(database)

        holder.kill()
        holder.wait()

        os.kill(int(child), 0)  # it lives
        assert not is_held(database)
        with InstanceLock(database):
            assert is_held(database)
        os.kill(int(child), signal.SIGKILL)


def test_reading_the_lock_never_keeps_a_daemon_from_starting(tmp_path: Path) -> None:
    database = tmp_path / "w.db"
    with InstanceLock(database):
        pass
    with running(LOOKER, database) as (_, printed):
        assert printed == "looking"
        for _turn in range(3000):
            with InstanceLock(database):
                pass


def test_nobody_holds_a_lock_that_was_never_taken(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "w.db")
    assert read_note(tmp_path / "w.db") is None
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_storage_is_written_into_the_lock_file_in_place(tmp_path: Path) -> None:
    database, file = tmp_path / "w.db", tmp_path / "w.db.lock"
    with InstanceLock(database) as lock:
        before = file.stat()
        lock.note(storage="the disk is full since 10:03")
        ill = read_note(database)
        during = file.stat()
        lock.note(storage=None)
        well = read_note(database)

    assert ill is not None
    assert (ill.pid, ill.storage) == (os.getpid(), "the disk is full since 10:03")
    assert well is not None
    assert well.storage is None
    assert (
        (before.st_size, before.st_ino) == (during.st_size, during.st_ino) == (1024, before.st_ino)
    )


@pytest.mark.parametrize("message", ["x", "ё", "\U0001f980", '"', "\n"])
def test_a_reason_of_any_length_fits(tmp_path: Path, message: str) -> None:
    database = tmp_path / "w.db"
    with InstanceLock(database) as lock:
        lock.note(storage=message * 5000)
        note = read_note(database)

    assert note is not None
    assert note.storage is not None
    assert set(note.storage) == {message}
    assert (tmp_path / "w.db.lock").stat().st_size == 1024


def test_a_note_of_an_earlier_release_is_replaced_and_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "w.db.lock"
    file.write_text("{}" + "x" * 5000)
    file.chmod(0o644)

    with InstanceLock(tmp_path / "w.db"):
        assert read_note(tmp_path / "w.db") is not None

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_lock_is_held_even_on_a_full_disk(tmp_path: Path) -> None:
    with running(CRAMPED, tmp_path / "w.db") as (_, printed):
        assert printed == "held and noted"
        assert is_held(tmp_path / "w.db")
    assert (tmp_path / "w.db.lock").read_bytes() == b""


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")

    with pytest.raises(DatabaseUnusable, match=r"lock file .*w\.db\.lock"):
        InstanceLock(tmp_path / "folder" / "w.db").__enter__()


def test_the_lock_file_names_the_command_that_holds_the_lock(tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "w.db", holder="watchword crawl"):
        note = read_note(tmp_path / "w.db")
        with pytest.raises(AlreadyRunning, match=r"^`watchword crawl` works on .*Wait until"):
            InstanceLock(tmp_path / "w.db").__enter__()

    assert note is not None
    assert (note.name, note.pid) == ("`watchword crawl`", os.getpid())


def test_a_link_to_the_database_leads_to_its_lock(tmp_path: Path) -> None:
    database, link = tmp_path / "watchword.db", tmp_path / "elsewhere" / "news.db"
    link.parent.mkdir()
    link.symlink_to(database)

    with InstanceLock(database):
        assert find_holder(link) is not None
        with pytest.raises(AlreadyRunning), InstanceLock(link):
            pass
