"""A home at work whose PostgreSQL is emptied or put back from a dump while workers have bundles: no site is asked by two, and work goes on."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.worker import PostgresWorker
from crawler.clock import utc_now
from crawler.errors import CarrierUnavailable
from tests.carriers.clusters import PostgresCluster, Worker, until
from tests.carriers.scenes import so
from tests.carriers.test_postgres_faults import EMPTIED, run_sql
from tests.flows.cluster.home_at_work import HomeAtWork, make_visit
from tests.flows.cluster.test_handing_out import make_due

pytestmark = pytest.mark.slow
# longer than the home takes to see that a bundle is gone
_BEAT_SECONDS = 4.0
# of before the bundle was handed out
_DUMPED = (
    "TRUNCATE watchword_out.procrastinate_jobs CASCADE",
    "DELETE FROM watchword_back.rules",
    "UPDATE watchword_back.home SET mark = 'of the dump'",
)


@pytest.mark.parametrize("queries", [EMPTIED, _DUMPED], ids=["emptied", "put back"])
async def test_a_domain_whose_bundle_postgresql_lost_is_asked_by_one_worker(
    postgres: PostgresCluster, tmp_path: Path, queries: tuple[str, ...]
) -> None:
    told: list[str] = []
    visit = make_visit(told)

    async def is_begun_again() -> object:
        make_due(room.database)  # as the daemon does
        return len(told) > 2

    home = PostgresHome(postgres.database)
    room = HomeAtWork(tmp_path, home, rest_seconds=_BEAT_SECONDS + 1)
    await room.start()
    workers = []
    for name in ("one", "two"):
        end = PostgresWorker(postgres.database, name=name, beat_seconds=_BEAT_SECONDS)
        await end.open(version="1")
        workers.append(Worker(end, visit, places=1))
    await so(lambda: told == ["begins"])

    run_sql(postgres, *queries)
    await so(lambda: room.home.state["rests_until"])
    reason = room.home.state["rest"]
    await until(is_begun_again)
    order = told[:3]
    for one in workers:
        one.task.cancel()
    await asyncio.gather(*(one.task for one in workers), return_exceptions=True)
    await room.end()
    await home.close()

    assert order == ["begins", "ends", "begins"]
    assert "emptied or put back from a dump" in str(reason)
    assert not room.home.state["rest"]


async def test_a_crash_loses_nothing_and_a_dump_does(postgres: PostgresCluster) -> None:
    await postgres.home.open(version="1", clock=utc_now)
    await postgres.home.list_jobs()
    await asyncio.to_thread(postgres.server.crash)
    with pytest.raises(CarrierUnavailable):
        await postgres.home.list_jobs()
    await asyncio.to_thread(postgres.server.start)

    async def answers() -> object:
        with suppress(CarrierUnavailable):
            return await postgres.home.list_jobs() == {}
        return False

    await until(answers)
    after_crash = postgres.home.has_lost()
    run_sql(postgres, *_DUMPED)
    await postgres.home.list_jobs()

    assert not after_crash
    assert postgres.home.has_lost()
    assert not postgres.home.has_lost()


async def test_tables_of_an_earlier_snapshot_are_used(postgres: PostgresCluster) -> None:
    await postgres.home.open(version="1", clock=utc_now)
    await postgres.home.close()
    run_sql(
        postgres,
        "ALTER TABLE watchword_back.home DROP COLUMN mark",
        "ALTER TABLE watchword_back.workers DROP COLUMN trouble",
    )

    await postgres.home.open(version="1", clock=utc_now)

    assert await postgres.home.list_jobs() == {}
