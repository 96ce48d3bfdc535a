"""Odd values, rights and lines of the carrier on PostgreSQL."""

import itertools
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from crawler.carriers.postgres.connections import Connections
from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.view import PostgresView
from crawler.carriers.postgres.worker import PostgresWorker
from crawler.clock import utc_now
from crawler.config.files.secrets import read_cluster_database
from crawler.config.upkeep.cluster import ClusterSettings
from crawler.errors import CarrierUnavailable, StopNow
from crawler.flows.cluster.carrier import JobState, Parcel
from tests.carriers.clusters import PostgresCluster, parcels, until
from tests.carriers.scenes import Scene, so
from tests.servers.postgres_server import PostgresServer

_COUNT = itertools.count()


@pytest.fixture
def cluster(postgres: PostgresCluster) -> PostgresCluster:
    """Give scenes PostgreSQL only."""
    return postgres


@pytest.mark.parametrize("body", [b"", b"\0", b"\xff\xfe\x00", bytes(range(256)) * 40_000])
async def test_any_bytes_reach_a_worker_and_come_back(scene: Scene, body: bytes) -> None:
    async def echo(bundle_id: int, body: bytes) -> None:
        await worker.end.give(bundle_id, 1, body)

    worker = await scene.start(do=echo)

    await scene.home.hand_out([Parcel(bundle_id=2**53 + 1, body=body)])
    await so(lambda: worker.ended)

    (notes,) = await scene.home.list_notes(limit=9)
    assert (notes.bundle_id, notes.body) == (2**53 + 1, body)


async def test_thousands_are_handed_out_and_taken_back_at_once(scene: Scene) -> None:
    await scene.home.hand_out(parcels(*range(1, 3_001)))
    waiting = (await scene.home.measure()).bundles_waiting

    await scene.home.take_back(range(2, 3_001))

    assert waiting == 3_000
    assert [*await scene.home.list_jobs()] == [1]


async def test_a_command_looks_beside_the_home(scene: Scene, postgres: PostgresCluster) -> None:
    await scene.start("one")
    await scene.home.hand_out(parcels(1))
    await scene.until_state(1, JobState.RUNNING)
    view = PostgresView(postgres.database)

    jobs, workers, backlog = await view.list_jobs(), await view.list_workers(), await view.measure()
    await view.close()

    assert jobs[1].worker == "one"
    assert [one.name for one in workers] == ["one"]
    assert backlog.bundles_running == 1


async def test_a_home_whose_clock_was_set_right_takes_the_worker_it_refused(
    postgres: PostgresCluster,
) -> None:
    ahead = timedelta(minutes=5)
    await postgres.home.open(version="1", clock=lambda: utc_now() + ahead)
    end = await postgres.make_worker("one")
    with pytest.raises(StopNow, match="300 s behind the home's"):
        await end.open(version="1")

    ahead = timedelta(0)
    await postgres.home.list_jobs()

    await end.open(version="1")


async def test_a_worker_goes_by_the_homes_clock_whichever_clock_is_set(
    postgres: PostgresCluster,
) -> None:
    home_ahead = own_ahead = timedelta(0)
    await postgres.home.open(version="1", clock=lambda: utc_now() + home_ahead)
    end = await postgres.make_worker("one", clock=lambda: utc_now() + own_ahead)
    await end.open(version="1")
    scene = Scene(postgres)
    scene.work(end, scene.wait)

    async def agrees() -> bool:
        await postgres.home.list_jobs()
        return abs(end.clock() - utc_now() - home_ahead) < timedelta(seconds=5)

    own_ahead = timedelta(hours=-1)
    assert await agrees()
    home_ahead = timedelta(hours=1)
    assert not await agrees()

    await until(agrees)

    await scene.end()


async def test_the_home_creates_its_schemas_where_it_may(postgres_server: PostgresServer) -> None:
    with postgres_server.database(f"edge{next(_COUNT)}", may_create=True) as address:
        home = PostgresHome(address)
        await home.open(version="1", clock=utc_now)
        await home.hand_out(parcels(1))
        again = [*await home.list_jobs()]
        await home.close()

    assert again == [1]


async def test_a_role_without_rights_is_told_of_it(
    postgres: PostgresCluster, database: str
) -> None:
    role = database.partition("//")[2].partition("@")[0]
    with psycopg.connect(postgres.server.address(role), autocommit=True) as connection:
        connection.execute("DROP SCHEMA watchword_out, watchword_back")

    with pytest.raises(CarrierUnavailable, match="PostgreSQL: permission denied for database"):
        await postgres.home.open(version="1", clock=utc_now)


async def test_what_was_given_is_remembered_for_ten_minutes(
    scene: Scene, postgres: PostgresCluster
) -> None:
    end = (await scene.start()).end
    for bundle_id in (1, 2):
        await end.give(bundle_id, 1, b"notes")
    with psycopg.connect(postgres.database, autocommit=True) as connection:
        connection.execute("UPDATE watchword_back.given SET given_at = given_at - interval '11 minutes' WHERE bundle_id = 1")  # fmt: skip

        await scene.home.forget_notes([one.id for one in await scene.home.list_notes(limit=9)])

        kept = connection.execute("SELECT bundle_id FROM watchword_back.given").fetchall()
    assert kept == [(2,)]


async def test_a_statement_that_is_not_answered_ends_and_the_next_one_is_answered(
    postgres: PostgresCluster,
) -> None:
    connections = Connections(await postgres.lay_line("other"), what="test", seconds=0.2)
    await connections.run("SELECT 1")
    postgres.lines["other"].hold()
    with pytest.raises(CarrierUnavailable):
        await connections.run("SELECT 2")
    postgres.lines["other"].release()

    async def is_answered() -> object:
        try:
            return (await connections.run("SELECT 3 AS three"))[0]["three"] == 3
        except CarrierUnavailable:
            return False

    await until(is_answered)
    await connections.close()


async def test_an_address_is_read_again_for_each_connection(
    postgres: PostgresCluster, tmp_path: Path
) -> None:
    file = tmp_path / "address"
    config = ClusterSettings(database_file=file)
    connections = Connections(partial(read_cluster_database, config), what="test")
    with pytest.raises(CarrierUnavailable, match="there is no such file"):
        await connections.run("SELECT 1")
    file.write_text("postgresql://renamed@127.0.0.1:1/watchword")
    with pytest.raises(CarrierUnavailable, match="refused"):
        await connections.run("SELECT 1")

    file.write_text(postgres.database)

    assert await connections.run("SELECT 1 AS one") == [{"one": 1}]
    await connections.close()


async def test_what_an_address_says_of_timeouts_and_options_stays(
    postgres: PostgresCluster,
) -> None:
    address = f"{postgres.database}&connect_timeout=77&options=-c%20work_mem%3D1234kB"
    connections = Connections(address, what="test")

    (row,) = await connections.run("SELECT current_setting('work_mem') AS memory, current_setting('search_path') AS path")  # fmt: skip
    async with await connections.connect() as connection:
        timeout = connection.info.get_parameters()["connect_timeout"]
    await connections.close()

    assert (row["memory"], timeout) == ("1234kB", "77")
    assert row["path"] == "watchword_out,watchword_back"


async def test_room_of_what_was_taken_is_used_again(postgres_server: PostgresServer) -> None:
    with postgres_server.database(f"edge{next(_COUNT)}", may_create=True) as address:
        home = PostgresHome(address, vacuum_bytes=2 << 20)
        await home.open(version="1", clock=utc_now)
        worker = PostgresWorker(address, name="one")
        most = 0
        with psycopg.connect(address, autocommit=True) as connection:
            # autovacuum would do it too, a minute later
            connection.execute("ALTER TABLE watchword_back.notes SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)")  # fmt: skip
            for bundle_id in range(200):
                await worker.give(bundle_id, 1, bytes(500_000))
                await home.forget_notes([one.id for one in await home.list_notes(limit=9)])
                # on a busy machine notes come faster than their room is cleaned
                await until(lambda: _is_idle(connection))
                most = max(most, _measure(connection, "watchword_back.notes"))
        await worker.close()
        await home.close()

    assert most < 50_000_000, "100 MB went through"


async def _is_idle(connection: psycopg.Connection) -> bool:
    """Return whether nothing is vacuumed in the database of a connection."""
    found = connection.execute(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query ILIKE 'vacuum%'"
    )
    return found.fetchone() is None


def _measure(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute("SELECT pg_total_relation_size(%s)", (table,)).fetchone()
    assert row is not None
    return int(row[0])
