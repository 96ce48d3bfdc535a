import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.errors import DatabaseUnusable
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import (
    claim_due_visits,
    finish_visit,
    interrupt_visits,
)
from crawler.storage.crawl.plans import list_finished_visits
from crawler.storage.crawl.sources import list_changed_sources, save_sources
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from scheduler.due.planning import plan_finished_visits
from tests.fakes import START
from tests.storage.open_databases import none_left_open


def claim(database: sqlite3.Connection, after: timedelta = timedelta(0)) -> tuple[Visit, ...]:
    with transaction(database):
        return claim_due_visits(database, now=START + after, limit=10)


def test_the_file_has_the_settings_it_was_designed_with(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert database.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert database.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 100)

    with pytest.raises(DatabaseUnusable):
        open_for_writing(tmp_path / "text.db")
    with pytest.raises(DatabaseUnusable, match="no database at"):
        open_for_reading(tmp_path / "none.db")


def test_a_failed_start_leaves_no_file_open(tmp_path: Path) -> None:
    """A daemon that waits for its storage tries for hours."""
    (tmp_path / "text.db").write_text("hello " * 100)

    with none_left_open(), pytest.raises(DatabaseUnusable) as kept:
        open_for_writing(tmp_path / "text.db")
    assert isinstance(kept.value.__cause__, sqlite3.DatabaseError)


def test_a_reader_cannot_write(database: sqlite3.Connection, config: Config) -> None:
    reader = open_for_reading(config.store.path)

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM sources")
    reader.close()


def test_a_transaction_is_all_or_nothing(database: sqlite3.Connection) -> None:
    with pytest.raises(ZeroDivisionError), transaction(database):
        database.execute("DELETE FROM sources")
        _ = 1 / 0

    assert database.execute("SELECT count(*) FROM sources").fetchone()[0] == 2


def test_a_source_under_visit_is_not_claimed_again_whatever_the_clock_says(
    database: sqlite3.Connection,
) -> None:
    first, second = claim(database), claim(database)
    later = claim(database, after=timedelta(days=3))

    assert [visit.source_name for visit in first] == ["courier", "gazette"]
    assert second == later == ()


def test_a_dead_crawl_process_leaves_its_visits_due(
    database: sqlite3.Connection, config: Config
) -> None:
    claim(database)

    with transaction(database):
        assert interrupt_visits(database, now=START) == 2
    plan_finished_visits(database, config, now=START)

    assert len(claim(database)) == 2
    outcomes = database.execute("SELECT outcome FROM visits ORDER BY id").fetchall()
    assert [row[0] for row in outcomes] == ["interrupted", "interrupted", None, None]


def test_a_finished_visit_waits_for_its_plan(database: sqlite3.Connection) -> None:
    visit = claim(database)[0]

    with transaction(database):
        finish_visit(database, visit, outcome=VisitOutcome.OK, note=None, now=START)

    assert [finished.source_name for finished in list_finished_visits(database)] == ["courier"]
    assert claim(database) == ()


def test_a_source_that_was_removed_is_kept_but_not_visited(database: sqlite3.Connection) -> None:
    with transaction(database):
        kept = [SourceSettings(name="gazette", url="http://gazette.example/rss")]
        save_sources(database, list_changed_sources(database, kept), now=START)

    assert [visit.source_name for visit in claim(database)] == ["gazette"]
    assert database.execute("SELECT count(*) FROM sources").fetchone()[0] == 2


def test_the_state_of_an_old_address_is_forgotten_with_a_new_one(
    database: sqlite3.Connection,
) -> None:
    database.execute("UPDATE sources SET discovered_at = 'x', next_due_at = NULL")

    with transaction(database):
        moved = [
            SourceSettings(name="courier", url="http://new.example/rss"),
            SourceSettings(name="gazette", url="http://gazette.example/rss"),
        ]
        save_sources(database, list_changed_sources(database, moved), now=START)

    rows = database.execute(
        "SELECT name, discovered_at, next_due_at FROM sources ORDER BY name"
    ).fetchall()
    assert (rows[0]["discovered_at"], rows[0]["next_due_at"] is not None) == (None, True)
    assert (rows[1]["discovered_at"], rows[1]["next_due_at"]) == ("x", None)


def test_a_locked_database_is_waited_for_and_then_reported(
    database: sqlite3.Connection, config: Config
) -> None:
    other = open_for_writing(config.store.path)
    other.execute("PRAGMA busy_timeout = 50")

    with (
        transaction(database),
        pytest.raises(sqlite3.OperationalError, match="locked"),
        transaction(other),
    ):
        pass
    other.close()
