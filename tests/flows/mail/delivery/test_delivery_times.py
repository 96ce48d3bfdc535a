"""Due times of deliveries after the clock was set back: none is further ahead than its longest wait."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.mail.delivery.delivery_times import repair_delivery_times
from crawler.flows.mail.delivery.status_reports import queue_status_reports
from crawler.flows.mail.outbox import queue_message
from crawler.flows.process.configure import apply_config
from crawler.model.mail.alert import DeliveryKind
from crawler.storage.file.database import to_text
from crawler.storage.mail.messages import NewDelivery
from tests.conftest import make_config
from tests.fakes import START

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def put(
    database: sqlite3.Connection,
    config: Config,
    kind: str,
    series: str,
    *,
    off: timedelta,
    made: timedelta = timedelta(0),
    attempt_count: int = 0,
) -> int:
    """Put a delivery into the outbox whose creation and next attempt are that long after START."""
    new = NewDelivery(
        kind=DeliveryKind(kind), recipient="me@example.org", series=series, due_at=START + off
    )
    number = queue_message(database, config, new, now=START + made)
    database.execute("UPDATE deliveries SET attempt_count = ? WHERE id = ?", [attempt_count, number])  # fmt: skip
    return number


def read(database: sqlite3.Connection, column: str, delivery_id: int) -> str:
    query = f"SELECT {column} FROM deliveries WHERE id = ?"
    return str(database.execute(query, [delivery_id]).fetchone()[0])


@pytest.mark.parametrize(
    ("kind", "series", "off", "attempt_count", "is_sound"),
    [
        ("alert", "", -MINUTE, 0, True),
        ("alert", "", DAY, 0, False),
        ("alert", "", 30 * timedelta(seconds=1), 1, True),
        ("alert", "", 2 * MINUTE, 1, False),
        ("alert", "", 70 * MINUTE, 20, True),
        ("alert", "", 2 * HOUR, 20, False),
        ("status_report", "", HOUR, 0, False),
        ("notice", "", HOUR, 0, False),
        ("digest", "held", 59 * MINUTE, 0, True),
        ("digest", "held", 2 * HOUR, 0, False),
        ("digest", "watch drones", 7 * DAY + HOUR, 0, True),
        ("digest", "watch drones", 9 * DAY, 0, False),
        ("digest", "watch drones", 2 * HOUR, 3, False),
    ],
)
def test_no_attempt_is_later_than_its_own_longest_wait(
    database: sqlite3.Connection,
    config: Config,
    *,
    kind: str,
    series: str,
    off: timedelta,
    attempt_count: int,
    is_sound: bool,
) -> None:
    made = put(database, config, kind, series, off=off, attempt_count=attempt_count)

    moved = repair_delivery_times(database, config, now=START)

    expected = to_text(START + off if is_sound else START)
    assert moved == (not is_sound)
    assert read(database, "next_try_at", made) == expected
    assert read(database, "due_at", made) == expected
    assert repair_delivery_times(database, config, now=START) == 0


def test_a_held_message_waits_as_long_as_alerts_are_gathered(
    database: sqlite3.Connection, config: Config, tmp_path: Path
) -> None:
    put(database, config, "digest", "held", off=2 * HOUR)
    patient = make_config(tmp_path, mail={"batch_window": "3h"})

    assert repair_delivery_times(database, patient, now=START) == 0


@pytest.fixture
def daily(database: sqlite3.Connection, tmp_path: Path) -> Config:
    """Return a configuration with the watch as a daily digest, an hour after START."""
    hour = f"{START + HOUR:%H:%M}"
    watch = {"name": "drones", "query": "drone", "to": ["me@example.org"], "alert": "digest", "digest": hour}  # fmt: skip
    config = make_config(tmp_path, timezone="UTC", watches=[watch])
    apply_config(database, config, now=START)
    return config


def test_a_digest_planned_for_tomorrow_by_a_clock_ahead_is_sent_today(
    database: sqlite3.Connection, daily: Config
) -> None:
    made = put(database, daily, "digest", "watch drones", off=HOUR + DAY, made=2 * HOUR)

    assert repair_delivery_times(database, daily, now=START) == 1
    assert read(database, "due_at", made) == to_text(START + HOUR)
    assert read(database, "next_try_at", made) == to_text(START + HOUR)
    assert repair_delivery_times(database, daily, now=START) == 0


def test_a_digest_sent_by_a_clock_ahead_does_not_delay_that_of_today(
    database: sqlite3.Connection, daily: Config
) -> None:
    made = put(database, daily, "digest", "watch drones", off=HOUR, made=0 * HOUR)
    database.execute("UPDATE deliveries SET state = 'sent', sealed_at = due_at")

    assert repair_delivery_times(database, daily, now=START) == 1
    assert read(database, "due_at", made) == to_text(START)


@pytest.mark.parametrize("series", ["held", "watch gone", "group Gone"])
def test_a_digest_of_a_clock_ahead_that_no_watch_plans_is_sent_now(
    database: sqlite3.Connection, daily: Config, series: str
) -> None:
    made = put(database, daily, "digest", series, off=30 * MINUTE, made=20 * MINUTE)

    assert repair_delivery_times(database, daily, now=START) == 1
    assert read(database, "next_try_at", made) == to_text(START)


def test_a_step_of_a_time_server_moves_no_digest(
    database: sqlite3.Connection, daily: Config
) -> None:
    put(database, daily, "digest", "watch drones", off=HOUR + DAY, made=MINUTE)
    left = put(database, daily, "digest", "watch drones", off=MINUTE, made=0 * HOUR)
    database.execute("UPDATE deliveries SET state = 'sent', sealed_at = due_at WHERE id = ?", [left])  # fmt: skip

    assert repair_delivery_times(database, daily, now=START) == 0


def test_a_lease_of_a_wrong_clock_is_ended_and_a_plausible_one_is_kept(
    database: sqlite3.Connection, config: Config
) -> None:
    sound, far = (put(database, config, "alert", "", off=-MINUTE) for _ in range(2))
    for made, until in ((sound, START + MINUTE), (far, START + DAY)):
        until_text = to_text(until)
        database.execute("UPDATE deliveries SET lease_until = ? WHERE id = ?", [until_text, made])

    assert repair_delivery_times(database, config, now=START) == 1
    assert read(database, "lease_until", sound) == to_text(START + MINUTE)
    assert read(database, "lease_until", far) == to_text(START)


def test_a_digest_sent_in_another_year_does_not_delay_the_next_one(
    database: sqlite3.Connection, config: Config
) -> None:
    made = put(database, config, "digest", "watch drones", off=400 * DAY)
    database.execute("UPDATE deliveries SET state = 'sent', sealed_at = due_at")

    assert repair_delivery_times(database, config, now=START) == 1
    assert read(database, "due_at", made) == to_text(START)
    assert read(database, "sealed_at", made) == to_text(START + 400 * DAY)


def test_the_next_status_report_is_planned_again(
    database: sqlite3.Connection, config: Config
) -> None:
    queue_status_reports(database, config, now=START + 400 * DAY)

    assert repair_delivery_times(database, config, now=START) == 1
    assert queue_status_reports(database, config, now=START) == 0
    next_at = database.execute("SELECT next_report_at FROM recipients").fetchone()[0]
    assert to_text(START) < next_at <= to_text(START + 8 * DAY)
    assert repair_delivery_times(database, config, now=START) == 0
