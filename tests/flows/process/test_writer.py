"""The writer: work waits while storage does not answer, and is done once when it does."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import DatabaseUnusable, StorageUnavailable
from crawler.flows.process import writer as door
from crawler.flows.process.writer import Writer
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.faults import FaultKind
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import Owner
from tests.storage.disks import mount_small_disk, needs_root


def make_table(connection: sqlite3.Connection) -> None:
    migrate(connection)  # a file with only unknown tables would be refused
    connection.execute("CREATE TABLE notes (text TEXT)")


def note(connection: sqlite3.Connection, text: str) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO notes VALUES (?)", [text])


def read_notes(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT text FROM notes")]


@pytest.fixture
async def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Writer]:
    """Yield a writer that reports a lock at once, so that no test waits for it."""
    monkeypatch.setattr(door, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(door, "_BUSY_SECONDS", 0.05)
    own = Writer(tmp_path / "w.db")
    await own.run(make_table)
    yield own
    await asyncio.to_thread(own.close)


async def wait_for(test: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not test():
            await asyncio.sleep(0.01)


def kind_of(writer: Writer) -> FaultKind | None:
    return writer.fault.kind if writer.fault else None


async def test_a_lock_of_another_process_is_waited_for_and_logged_once(
    writer: Writer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with closing(open_for_writing(tmp_path / "w.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(writer.run(note, text)) for text in ("a", "b")]
        await wait_for(lambda: kind_of(writer) is FaultKind.LOCKED)
        other.execute("ROLLBACK")

        await asyncio.gather(*waiting)

    assert await writer.run(read_notes) == ["a", "b"]
    assert writer.fault is None
    logged = [record.getMessage().partition(" reason=")[0].partition(" after")[0] for record in caplog.records]  # fmt: skip
    assert logged == ["storage unavailable", "storage answers again"]


@needs_root
async def test_a_full_disk_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        writer = Writer(disk.path / "w.db")
        await writer.run(make_table)
        disk.fill()
        waiting = asyncio.create_task(writer.run(note, "x" * 200_000))
        await wait_for(lambda: kind_of(writer) is FaultKind.FULL)
        assert writer.fault is not None
        assert "full" in writer.fault.reason
        disk.free()
        await waiting

        assert len((await writer.run(read_notes))[0]) == 200_000
        await asyncio.to_thread(writer.close)


@needs_root
async def test_a_writer_started_on_a_full_disk_waits_as_well(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        disk.fill()
        writer = Writer(disk.path / "w.db")
        waiting = asyncio.create_task(writer.run(make_table))
        await wait_for(lambda: kind_of(writer) is FaultKind.FULL)
        disk.free()
        await waiting

        assert writer.fault is None
        await asyncio.to_thread(writer.close)


@needs_root
async def test_a_disk_that_turns_read_only_is_waited_for(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        path = disk.path / "w.db"
        with closing(open_for_writing(path)) as first:
            make_table(first)
        disk.remount("ro")
        with pytest.raises(DatabaseUnusable):
            await Writer(path).run(read_notes)
        disk.remount("rw")
        writer = Writer(path)
        await writer.run(note, "a")

        assert await writer.run(read_notes) == ["a"]
        await asyncio.to_thread(writer.close)


async def test_a_deleted_file_is_noticed_saved_and_waited_for(
    writer: Writer, tmp_path: Path
) -> None:
    path = tmp_path / "w.db"
    await writer.run(note, "before")
    path.rename(tmp_path / "elsewhere.db")
    waiting = asyncio.create_task(writer.run(note, "after"))
    await wait_for(lambda: kind_of(writer) is FaultKind.GONE)
    with closing(sqlite3.connect(tmp_path / "w.db.rescued")) as rescued:
        assert rescued.execute("SELECT text FROM notes").fetchall() == [("before",)]

    (tmp_path / "elsewhere.db").rename(path)
    await waiting

    assert await writer.run(read_notes) == ["before", "after"]


async def test_a_crawl_process_makes_no_database_and_waits_for_the_daemons(tmp_path: Path) -> None:
    path = tmp_path / "var" / "w.db"
    crawl = Writer(path, Owner.CRAWL)
    waiting = asyncio.create_task(crawl.run(read_notes))
    await wait_for(lambda: kind_of(crawl) is FaultKind.GONE)
    assert not path.parent.exists()

    with closing(sqlite3.connect(tmp_path / "ready.db")) as ready:
        make_table(ready)
    path.parent.mkdir()
    (tmp_path / "ready.db").rename(path)

    assert await waiting == []
    assert crawl.fault is None
    await asyncio.to_thread(crawl.close)


async def test_a_file_put_in_its_place_is_not_written_to(writer: Writer, tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with closing(sqlite3.connect(tmp_path / "backup.db")) as backup:
        make_table(backup)
    (tmp_path / "backup.db").replace(path)

    with pytest.raises(StorageUnavailable, match="replaced"):
        await writer.run(note, "lost?")

    assert writer.is_replaced
    with closing(sqlite3.connect(path)) as now:
        assert read_notes(now) == []


async def test_a_damaged_file_is_a_state_and_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    writer = Writer(path)
    await writer.run(make_table)
    for number in range(200):
        await writer.run(note, f"{number} " * 5000)
    await asyncio.to_thread(writer.close)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)  # the first half is the schema and its empty tables
        file.write(b"\xff" * 4096 * 50)

    writer = Writer(path)
    waiting = asyncio.create_task(writer.run(read_notes))
    await wait_for(lambda: kind_of(writer) is FaultKind.DAMAGED)

    assert writer.fault is not None
    assert "backup" in writer.fault.reason
    await asyncio.to_thread(writer.close)
    with pytest.raises(StorageUnavailable):
        await waiting


async def test_closing_cancels_work_that_waits_for_storage(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "w.db")
    await writer.run(make_table)
    with closing(open_for_writing(tmp_path / "w.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(writer.run(note, "a"))
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)

        with pytest.raises(StorageUnavailable):
            await waiting


async def test_an_error_of_the_work_itself_reaches_the_caller(writer: Writer) -> None:
    def break_(_connection: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await writer.run(break_)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await writer.run(lambda own: own.execute("SELECT * FROM unknown"))
    assert writer.fault is None


async def test_a_file_that_is_no_database_is_reported_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but long enough to be read as one" * 30)
    writer = Writer(tmp_path / "text.db")

    with pytest.raises(DatabaseUnusable):
        await writer.run(read_notes)
    await asyncio.to_thread(writer.close)


async def test_news_overtake_what_can_wait_but_for_each_fourth_piece_of_work(
    writer: Writer,
) -> None:
    has_begun, may_begin = threading.Event(), threading.Event()

    def hold(_connection: sqlite3.Connection) -> None:
        has_begun.set()
        may_begin.wait(30)

    held = asyncio.create_task(writer.run(hold))
    assert await asyncio.to_thread(has_begun.wait, 30)
    behind = [asyncio.create_task(writer.run_behind(note, f"later {n}")) for n in range(3)]
    await asyncio.sleep(0)
    news = [asyncio.create_task(writer.run(note, f"news {n}")) for n in range(5)]
    await asyncio.sleep(0)

    may_begin.set()
    await asyncio.gather(held, *behind, *news)

    assert await writer.run(read_notes) == [
        "news 0",
        "news 1",
        "news 2",
        "later 0",
        "news 3",
        "news 4",
        "later 1",
        "later 2",
    ]


async def test_work_that_nobody_waits_for_any_more_is_not_begun(writer: Writer) -> None:
    may_begin = threading.Event()
    held = asyncio.create_task(writer.run(lambda _connection: may_begin.wait(30)))
    given_up = asyncio.create_task(writer.run_behind(note, "given up"))
    await asyncio.sleep(0)

    given_up.cancel()
    await asyncio.sleep(0)
    may_begin.set()
    await held
    await writer.run_behind(note, "wanted")

    assert await writer.run(read_notes) == ["wanted"]


async def test_work_behind_is_refused_by_a_closed_writer(tmp_path: Path) -> None:
    own = Writer(tmp_path / "w.db")
    await own.run(make_table)
    await asyncio.to_thread(own.close)

    with pytest.raises(StorageUnavailable):
        await own.run_behind(note, "too late")
