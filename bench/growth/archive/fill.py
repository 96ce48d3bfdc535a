"""Fills a database by the functions of ``storage`` alone, many articles a transaction, with the rows the daemon leaves behind.

What judging and matching would find is known here without them: an article is a copy or it is not, and every second one met
a watch, was alerted and sent. So a million articles take half an hour and not half a day.
"""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path

from bench.growth.archive.desk import Desk
from bench.growth.archive.settings import ARTICLES_A_DAY, Archive, source_of
from bench.growth.archive.texts import Made, Press
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.process.configure import apply_config
from crawler.flows.watch.key_index import open_key_index
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered

# articles whose rows are made at a time, by one process, and articles of one transaction
_AT_ONCE = 2_000
_A_TRANSACTION = 10  # batches
# while filling: with the usual 2 MB the random keys of a million sketches are read from disk again and again
CACHE_KB = 2_000_000
# what the index gathers in memory: FTS5's own megabyte is written, and merged again, every 400 articles
LARGE_MEMORY, USUAL_MEMORY = 128 << 20, 1 << 20
# it writes that whenever a statement begins a savepoint, too. So what ``storage`` adds to it goes into a table of this
# connection first, by a view of the same name, and into the index in one statement
_LATER = (
    "CREATE TABLE side.kept_keys (id INTEGER PRIMARY KEY, keys TEXT)",
    "CREATE TEMP TABLE later_keys (id INTEGER PRIMARY KEY, keys TEXT)",
    "CREATE TEMP VIEW revision_keys AS SELECT 0 AS rowid, '' AS keys",
    "CREATE TEMP TRIGGER keys_later INSTEAD OF INSERT ON revision_keys BEGIN INSERT INTO later_keys VALUES (new.rowid, new.keys); END",
)
_NO_LONGER_LATER = (
    "DROP VIEW temp.revision_keys",
    "DETACH DATABASE side",
)


_KEPT_DAYS = 30


def fill(archive: Archive, folder: Path, *, workers: int = 1) -> None:
    """Fill a database; ``folder`` holds the real articles whose words are used."""
    config = load_config(archive.config, environ={})
    connection = open_for_writing(config.store.path)
    with closing(connection):
        migrate(connection)
        # a fill that is cut off is begun again
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        end = utc_now()
        begin = end - timedelta(days=archive.count / ARTICLES_A_DAY)
        apply_config(connection, config, now=begin)
        open_key_index(connection)
        set_memory(connection, LARGE_MEMORY)
        connection.execute("ATTACH DATABASE ? AS side", [str(archive.kept_keys)])
        for statement in _LATER:
            connection.execute(statement)
        desk = Desk(
            connection,
            config,
            begin=begin,
            end=end,
            count=archive.count,
            keep_from=end - timedelta(days=_KEPT_DAYS),
        )
        batches = make_all(archive.count, folder, workers)
        while chunk := [*islice(batches, _A_TRANSACTION)]:
            with transaction(connection):
                for made in chain.from_iterable(chunk):
                    desk.store(made)
            with transaction(connection):
                _index(connection)
        desk.close()
        for statement in _NO_LONGER_LATER:
            connection.execute(statement)
        set_memory(connection, USUAL_MEMORY)
        connection.execute(
            "UPDATE sources SET visited_at = ?1, last_success_at = ?1", numbered(to_text(end))
        )
        connection.execute("PRAGMA journal_mode = WAL")
    (archive.folder / "filled").touch()


def _index(connection: sqlite3.Connection) -> None:
    """Add what was stored since the last time to the index."""
    connection.execute(
        "INSERT INTO main.revision_keys (rowid, keys) SELECT id, keys FROM later_keys ORDER BY id"
    )
    # an index without content cannot be asked for them again
    connection.execute("INSERT INTO side.kept_keys SELECT id, keys FROM later_keys")
    connection.execute("DELETE FROM later_keys")


def set_memory(connection: sqlite3.Connection, size: int) -> None:
    """Set how many bytes the full-text index gathers before it writes a segment."""
    connection.execute(
        "INSERT INTO main.revision_keys (revision_keys, rank) VALUES ('hashsize', ?)", [size]
    )  # our own names


def make_all(count: int, folder: Path, workers: int) -> Iterator[list[Made]]:
    """Yield all articles, a batch at a time, made by other processes a few batches ahead."""
    with ProcessPoolExecutor(workers, initializer=_open_press, initargs=(folder,)) as pool:
        waiting = []
        for first in range(0, count, _AT_ONCE):
            waiting.append(pool.submit(_make_batch, first, min(_AT_ONCE, count - first)))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()


_press: list[Press] = []


def _open_press(folder: Path) -> None:
    _press.append(Press(folder))


def _make_batch(first: int, count: int) -> list[Made]:
    return list(_press[0].make(first, count, source_of=source_of))
