"""Every write on a locked, full or read-only database: the work waits, and is then done once."""

import ast
import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest

from crawler import storage
from crawler.backoff import Backoff
from crawler.flows.process import writer as door
from crawler.flows.process.writer import Writer
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.faults import FaultKind
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import TABLES, Owner
from tests.flows.storage_walk import Walk
from tests.storage.disks import SmallDisk, mount_small_disk, needs_root
from tests.storage.file.test_owners import WRITES

# what is made for each file, so that two runs of one walk differ in it
RANDOM = {"message_id", "next_due_at", "publishing_profile", "next_try_at", "pid", "asked_by"}
STORAGE = Path(storage.__file__).parent


@dataclass(slots=True)
class Place:
    """A database to be made unusable: its path, and the disk it is on."""

    path: Path
    disk: SmallDisk | None = None
    is_read_only: bool = False

    @contextmanager
    def spoiled(self, kind: FaultKind) -> Iterator[None]:
        """Make storage refuse until the block ends."""
        if kind is FaultKind.LOCKED:
            with closing(open_for_writing(self.path)) as other:
                other.execute("BEGIN IMMEDIATE")
                yield
        elif kind is FaultKind.FULL:
            assert self.disk is not None
            self.disk.fill()
            yield
            self.disk.free()
        else:
            self.is_read_only = True
            yield
            self.is_read_only = False


class SpoiledWriter(Writer):
    """A writer whose storage refuses before each piece of work, until the work waits for it."""

    def __init__(self, place: Place, kind: FaultKind) -> None:
        super().__init__(place.path, Owner.ALL)
        self._place, self._kind = place, kind
        self.waited: list[str] = []
        self._is_open = False

    def _open(self) -> sqlite3.Connection:
        connection = super()._open()
        # A disk that fails turns read-only under an open file; asking for that takes a kernel that saw an error. This is said
        # in the thread that works: a statement of another one clears the error of a BEGIN before Python reads it.
        connection.execute(f"PRAGMA query_only = {int(self._place.is_read_only)}")
        return connection

    async def run(self, function, *args, **kwargs):  # type: ignore[no-untyped-def]  # as Writer.run
        if not self._is_open:
            self._is_open = True
            await super().run(_empty_log)
        await super().run(_empty_log)
        with self._place.spoiled(self._kind):
            work = asyncio.create_task(super().run(function, *args, **kwargs))
            while not work.done() and self.fault is None:
                await asyncio.sleep(0.002)
            if self.fault is not None:
                assert self.fault.kind is self._kind, self.fault
                assert not work.done()
                self.waited.append(function.__name__)
        return await work


def _empty_log(connection: sqlite3.Connection) -> None:
    """Empty the write-ahead log, so that the next write needs space on the disk."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a walk.

    rows    table -> its rows, without what is made for each file
    called  functions of storage that were called
    """

    rows: dict[str, list[tuple[object, ...]]]
    called: set[str]


async def walk(writer: Writer, folder: Path) -> Outcome:
    """Walk once through everything, and return the result."""
    called: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(STORAGE)):
            called.add(frame.f_code.co_name)

    threading.setprofile(note)  # the database's thread is not started yet
    try:
        await Walk(writer, folder).go()
    finally:
        threading.setprofile(None)
        await asyncio.to_thread(writer.close)
    return Outcome(read_rows(folder / "watchword.db"), called)


def read_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table, without the columns that differ from run to run."""
    rows = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        for table in sorted(TABLES.keys() - {"revision_keys", "file_sizes"}):
            found = connection.execute(f"SELECT * FROM {table}").fetchall()
            kept = [tuple(row[name] for name in row.keys() if name not in RANDOM) for row in found]  # noqa: SIM118  # a Row iterates its values
            rows[table] = sorted(kept, key=repr)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return rows


def make_database(folder: Path) -> Path:
    path = folder / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
    return path


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for locks, so that the test need not wait."""
    monkeypatch.setattr(door, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(door, "_BUSY_SECONDS", 0.01)
    quick = Backoff(timedelta(milliseconds=2), timedelta(milliseconds=5))
    monkeypatch.setattr(door, "_LOCK_BACKOFF", quick)
    monkeypatch.setattr(door, "_FAULT_BACKOFF", quick)


@pytest.fixture
async def good_day(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("good")
    return await walk(Writer(make_database(folder), Owner.ALL), folder)


def list_writers() -> set[str]:
    """Return the functions of storage that change a table, as read from their source code."""
    found = set()
    for path in STORAGE.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for function in ast.parse(path.read_text()).body:
            if isinstance(function, ast.FunctionDef) and WRITES.search(ast.unparse(function)):
                found.add(function.name)
    return found


async def test_the_walk_passes_every_writer(good_day: Outcome) -> None:
    assert list_writers() - good_day.called == set()


@pytest.mark.parametrize("kind", [FaultKind.LOCKED, FaultKind.READ_ONLY])
async def test_nothing_is_lost_or_done_twice_on_a_file_that_refuses(
    tmp_path: Path, good_day: Outcome, kind: FaultKind
) -> None:
    writer = SpoiledWriter(Place(make_database(tmp_path)), kind)

    bad_day = await walk(writer, tmp_path)

    assert bad_day.rows == good_day.rows
    assert len(writer.waited) > 60, writer.waited


@needs_root
async def test_nothing_is_lost_or_done_twice_on_a_full_disk(
    tmp_path: Path, good_day: Outcome
) -> None:
    with mount_small_disk(tmp_path / "disk", megabytes=8) as disk:
        writer = SpoiledWriter(Place(make_database(disk.path), disk), FaultKind.FULL)

        bad_day = await walk(writer, disk.path)

        assert bad_day.rows == good_day.rows
        assert len(writer.waited) > 60, writer.waited
