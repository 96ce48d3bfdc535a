"""Due times of crawling after the clock was set back: they move with it, and none is later than its longest wait."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from crawler.config.schema import Config
from crawler.storage.crawl.crawl_times import repair_crawl_times, repair_moment
from crawler.storage.file.database import to_text, transaction
from scheduler.due.planning import repair_schedule
from tests.fakes import START

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "jump", "mended"),
    [
        (START + MINUTE, timedelta(0), None),
        (START + HOUR + MINUTE, -HOUR, START + MINUTE),
        (START + MINUTE, -HOUR, START),
        (START + 60 * DAY, -60 * DAY, START),
        (START + 60 * DAY, timedelta(0), START),
        (START + 60 * DAY, -HOUR, START),
        (START + MINUTE, 60 * DAY, None),
    ],
)
def test_a_due_time_moves_to_where_the_right_clock_would_have_put_it(
    at: datetime, jump: timedelta, mended: datetime | None
) -> None:
    assert repair_moment(at, START, jump, DAY) == mended


def test_pages_domains_and_endpoints_are_repaired_together(database: sqlite3.Connection) -> None:
    far = to_text(START + 60 * DAY)
    database.execute(
        """INSERT INTO entries (source_id, entry_key, announced_url, first_seen_at, state, next_try_at)
           VALUES (1, 'u', 'u', '', 'waiting', ?)""",
        [far],
    )
    database.execute(
        "INSERT INTO domains (domain, throttled_until) VALUES ('slow.example', ?)", [far]
    )
    database.execute(
        "INSERT INTO endpoints (source_id, kind, url, origin, due_at) VALUES (1, 'feed', 'u', 'link', ?)",
        [far],
    )
    database.execute(
        "INSERT INTO robots (origin, fetched_at, expires_at, body) VALUES ('o', '', ?, '')", [far]
    )

    with transaction(database):
        assert repair_crawl_times(database, now=START) == 4
        assert repair_crawl_times(database, now=START) == 0

    columns = "next_try_at FROM entries", "throttled_until FROM domains", "due_at FROM endpoints", "expires_at FROM robots"  # fmt: skip
    for column in columns:
        assert database.execute(f"SELECT {column}").fetchone()[0] == to_text(START)


def test_a_clock_set_back_an_hour_makes_no_source_wait_an_hour(
    database: sqlite3.Connection, config: Config
) -> None:
    due_at = START + HOUR + 10 * MINUTE
    database.execute("UPDATE sources SET next_due_at = ?", [to_text(due_at)])

    assert repair_schedule(database, config, now=START, jump=-HOUR) == 2

    rows = database.execute("SELECT DISTINCT next_due_at FROM sources").fetchall()
    assert [row[0] for row in rows] == [to_text(START + 10 * MINUTE)]
