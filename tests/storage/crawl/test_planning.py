"""Stored plans: health and its events, and due times corrected after a moved clock or a long sleep."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.flows.process.configure import apply_config
from crawler.machine.clock_watch import ClockWatch
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.crawl_queue import claim_due_visits, finish_visit, note_read
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from scheduler.due.planning import plan_finished_visits, repair_schedule
from tests.conftest import make_config
from tests.fakes import START, FakeClock

HOUR = timedelta(hours=1)


def fill(
    folder: Path, count: int, *, url: str = "http://site{}.example/rss"
) -> tuple[sqlite3.Connection, Config]:
    sources = [SourceSettings(name=f"s{n:05d}", url=url.format(n)) for n in range(count)]
    config = make_config(folder, sources=sources, watches=[])
    connection = open_for_writing(config.store.path)
    migrate(connection)
    apply_config(connection, config, now=START)
    return connection, config


def test_many_overdue_sources_are_spread_out_in_their_order(tmp_path: Path) -> None:
    connection, config = fill(tmp_path, 500)
    for number in range(500):
        due_at = to_text(START - timedelta(minutes=number))
        connection.execute("UPDATE sources SET next_due_at = ? WHERE id = ?", [due_at, number + 1])

    repair_schedule(connection, config, now=START)

    rows = connection.execute("SELECT id, next_due_at FROM sources ORDER BY next_due_at").fetchall()
    assert [row["id"] for row in rows] == list(range(500, 0, -1))
    assert rows[0]["next_due_at"] == to_text(START)
    assert len({row["next_due_at"] for row in rows}) == 500
    # ten a second: what was imported or slept through is read within minutes
    assert rows[-1]["next_due_at"] == to_text(START + timedelta(seconds=49.9))
    connection.close()


def test_however_many_are_overdue_the_last_is_due_within_half_an_hour(tmp_path: Path) -> None:
    connection, config = fill(tmp_path, 20_000)

    repair_schedule(connection, config, now=START)

    last = connection.execute("SELECT max(next_due_at) FROM sources").fetchone()[0]
    assert to_text(START + timedelta(minutes=29)) < last <= to_text(START + timedelta(minutes=30))
    connection.close()


def test_in_one_crawl_all_that_is_due_stays_due(tmp_path: Path) -> None:
    connection, config = fill(tmp_path, 500)
    connection.execute("UPDATE sources SET next_due_at = ?", [to_text(START - HOUR)])

    assert repair_schedule(connection, config, now=START, is_spreading=False) == 0

    due = "SELECT count(*) AS n FROM sources WHERE next_due_at <= ?"
    assert connection.execute(due, [to_text(START)]).fetchone()["n"] == 500
    connection.close()


def test_a_clock_set_back_leaves_no_source_waiting_for_weeks(tmp_path: Path) -> None:
    connection, config = fill(tmp_path, 20)
    connection.execute("UPDATE sources SET next_due_at = ?", [to_text(START + timedelta(days=400))])

    moved = repair_schedule(connection, config, now=START)

    rows = connection.execute("SELECT next_due_at FROM sources").fetchall()
    assert moved == 20
    assert all(row["next_due_at"] < to_text(START + timedelta(days=4)) for row in rows)
    assert len({row["next_due_at"] for row in rows}) == 20
    connection.close()


def test_plausible_due_times_are_left_alone(tmp_path: Path) -> None:
    connection, config = fill(tmp_path, 30)
    connection.execute("UPDATE sources SET next_due_at = ?", [to_text(START + 23 * HOUR)])

    assert repair_schedule(connection, config, now=START) == 0
    connection.close()


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_jump_of_the_clock_is_noticed_once(jump: float) -> None:
    clock, steady = FakeClock(), [0.0]
    watch = ClockWatch(clock, steady=lambda: steady[0])
    steady[0] += 5
    clock.advance(seconds=5 + jump)

    assert watch.measure() == pytest.approx(jump)
    steady[0] += 5
    clock.advance(seconds=5)
    assert watch.measure() == pytest.approx(0)


def visit(
    database: sqlite3.Connection, config: Config, clock: FakeClock, *, failure: str | None
) -> None:
    """Visit the courier once."""
    database.execute("UPDATE sources SET next_due_at = ?", [to_text(clock())])
    with transaction(database):
        visit = claim_due_visits(database, now=clock(), limit=1, only=["courier"])[0]
        if not failure:
            note_read(database, visit.id, read_at=clock())
        outcome = VisitOutcome.FAILED if failure else VisitOutcome.UNCHANGED
        finish_visit(database, visit, outcome=outcome, note=failure, now=clock())
    plan_finished_visits(database, config, now=clock())


def test_sources_of_one_domain_wait_while_others_of_it_are_read_and_not_for_their_pages(
    tmp_path: Path, clock: FakeClock
) -> None:
    database, _ = fill(tmp_path, 6, url="https://blogs.example.org/{}/rss")

    def claim() -> list[int]:
        with transaction(database):
            return [visit.id for visit in claim_due_visits(database, now=clock(), limit=9)]

    first = claim()
    too_many = claim()
    with transaction(database):
        note_read(database, first[0], read_at=clock())
    one_more = claim()

    assert (len(first), len(too_many), len(one_more)) == (4, 0, 1)
    database.close()


def test_one_domain_does_not_have_all_visits_that_may_be_open(
    tmp_path: Path, clock: FakeClock
) -> None:
    database, _ = fill(tmp_path, 60, url="https://blogs.example.org/{}/rss")

    for _ in range(20):
        with transaction(database):
            for visit in claim_due_visits(database, now=clock(), limit=9):
                note_read(database, visit.id, read_at=clock())

    assert database.execute("SELECT count(*) FROM visits").fetchone()[0] == 32
    database.close()


def test_three_failures_are_one_event_and_recovery_is_another(
    database: sqlite3.Connection, config: Config
) -> None:
    clock = FakeClock()
    for failure in (None, *(["HTTP 500"] * 5), None, None):
        visit(database, config, clock, failure=failure)
        clock.advance(hours=1)

    events = database.execute(
        "SELECT health_before, health, reason FROM source_events ORDER BY id"
    ).fetchall()
    assert [tuple(event)[:2] for event in events] == [("ok", "failing"), ("failing", "ok")]
    assert events[0]["reason"] == "3 visits in a row failed: HTTP 500"


def is_due(database: sqlite3.Connection, clock: FakeClock) -> bool:
    """Return whether the courier is due, by claiming it."""
    with transaction(database):
        return bool(claim_due_visits(database, now=clock(), limit=1, only=["courier"]))


@pytest.mark.parametrize("is_under_way", [False, True])
def test_a_source_made_due_now_is_visited_though_its_last_visit_is_planned_after(
    database: sqlite3.Connection, config: Config, is_under_way: bool
) -> None:
    clock = FakeClock()
    with transaction(database):
        visit = claim_due_visits(database, now=clock(), limit=1, only=["courier"])[0]
    clock.advance(seconds=5)
    if is_under_way:
        mark_due_now(database, ["courier"], now=clock())
    with transaction(database):
        note_read(database, visit.id, read_at=clock())
        finish_visit(database, visit, outcome=VisitOutcome.OK, now=clock())
    if not is_under_way:
        mark_due_now(database, ["courier"], now=clock())

    plan_finished_visits(database, config, now=clock())

    assert is_due(database, clock)


def test_a_visit_that_ended_is_not_due_at_once(
    database: sqlite3.Connection, config: Config
) -> None:
    clock = FakeClock()

    visit(database, config, clock, failure=None)

    assert not is_due(database, clock)


def announce(database: sqlite3.Connection, clock: FakeClock, number: int) -> None:
    """Record an article that the courier announces now."""
    database.execute(
        """INSERT INTO entries (source_id, entry_key, announced_url, stated_at, first_seen_at, state)
           SELECT id, ?1, ?1, ?2, ?2, 'fetched' FROM sources WHERE name = 'courier'""",
        numbered(f"http://courier.example/{number}", to_text(clock())),
    )
    database.execute(
        "UPDATE visits SET announced_count = 1 WHERE id = (SELECT max(id) FROM visits)"
    )


def test_a_source_that_falls_silent_is_quiet_and_wakes_again(
    database: sqlite3.Connection, config: Config
) -> None:
    clock = FakeClock()

    def publish(number: int) -> None:
        with transaction(database):
            visit = claim_due_visits(database, now=clock(), limit=1, only=["courier"])[0]
            announce(database, clock, number)
            note_read(database, visit.id, read_at=clock())
            finish_visit(database, visit, outcome=VisitOutcome.OK, now=clock())
        plan_finished_visits(database, config, now=clock())
        clock.advance(hours=2)
        database.execute("UPDATE sources SET next_due_at = ?", [to_text(clock())])

    for number in range(60):
        publish(number)
    healthy = database.execute("SELECT health FROM sources WHERE name = 'courier'").fetchone()[0]
    clock.advance(hours=30)
    visit(database, config, clock, failure=None)
    silent = database.execute("SELECT health, health_reason FROM sources WHERE name = 'courier'").fetchone()  # fmt: skip
    database.execute("UPDATE sources SET next_due_at = ?", [to_text(clock())])
    publish(100)

    assert healthy == "ok"
    assert silent["health"] == "quiet"
    assert "no article since" in silent["health_reason"]
    events = database.execute("SELECT health FROM source_events ORDER BY id").fetchall()
    assert [event["health"] for event in events] == ["quiet", "ok"]


def test_the_time_until_a_source_is_quiet_can_be_set(
    database: sqlite3.Connection, config: Config
) -> None:
    stated = SourceSettings.model_validate(
        {"name": "courier", "url": "http://courier.example/rss", "silent_after": "6h"}
    )
    config = config.model_copy(update={"sources": (stated,)})
    clock = FakeClock()
    visit(database, config, clock, failure=None)
    announce(database, clock, 1)
    database.execute("UPDATE sources SET publishing_profile = NULL")
    database.execute("UPDATE marks SET value = 0")
    plan_finished_visits(database, config, now=clock())
    clock.advance(hours=7)

    visit(database, config, clock, failure=None)

    health = database.execute("SELECT health FROM sources WHERE name = 'courier'").fetchone()[0]
    assert health == "quiet"
