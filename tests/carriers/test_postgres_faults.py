"""PostgreSQL crashes, lines are cut, workers are killed and paused: nothing is lost, nothing is done twice."""

import asyncio
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from crawler.clock import utc_now
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import GivenNotes, JobState
from tests.carriers.clusters import PostgresCluster, list_events, parcels, until
from tests.carriers.scenes import Scene, quick, so

pytestmark = pytest.mark.slow
EMPTIED = (
    "DROP SCHEMA watchword_out, watchword_back CASCADE",
    "CREATE SCHEMA watchword_out AUTHORIZATION {role}",
    "CREATE SCHEMA watchword_back AUTHORIZATION {role}",
)


@pytest.fixture
def cluster(postgres: PostgresCluster) -> PostgresCluster:
    """Give scenes PostgreSQL only."""
    return postgres


@asynccontextmanager
async def process(cluster: PostgresCluster, name: str) -> AsyncIterator[Process]:
    """Run a worker in a process of its own; what it logged must hold no traceback."""
    command = (sys.executable, "-m", "tests.carriers.worker_process", cluster.database, name)
    child = await asyncio.create_subprocess_exec(*command, stderr=PIPE)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        _, logged = await child.communicate()
    assert "Traceback" not in logged.decode()


async def notes_of(scene: Scene, bundle_id: int) -> list[bytes]:
    return [one.body for one in await _list(scene) if one.bundle_id == bundle_id]


async def _list(scene: Scene) -> tuple[GivenNotes, ...]:
    try:
        return await scene.home.list_notes(limit=1_000)
    except CarrierUnavailable:
        return ()


async def until_notes(scene: Scene, bundle_id: int, last: bytes) -> None:
    async def came() -> object:
        return last in await notes_of(scene, bundle_id)

    await until(came)


async def test_what_a_killed_worker_had_is_dead_until_the_home_takes_it_back(
    scene: Scene, postgres: PostgresCluster
) -> None:
    async with process(postgres, "victim") as victim:
        await scene.home.hand_out(parcels(1, 3, 5))
        await until_notes(scene, 1, b"began")
        await until_notes(scene, 3, b"began")
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        await scene.until_state(1, JobState.DEAD)
        jobs = await scene.home.list_jobs()
        other = await scene.start("other", quick)
        await scene.until_state(5, None)
        await scene.home.take_back([1, 3])
        await scene.home.hand_out(parcels(101, 103))
        await so(lambda: len(other.ended) == 3)

    assert {one: job.state for one, job in jobs.items()} == {1: JobState.DEAD, 3: JobState.DEAD, 5: JobState.WAITING}  # fmt: skip
    assert jobs[1].worker == "victim"
    assert sorted(other.began) == [5, 101, 103]


async def test_a_paused_worker_that_wakes_drops_what_was_taken_back_and_works_on(
    scene: Scene, postgres: PostgresCluster
) -> None:
    async with process(postgres, "sleeper") as sleeper:
        await scene.home.hand_out(parcels(1))
        await until_notes(scene, 1, b"began")
        sleeper.send_signal(signal.SIGSTOP)
        await scene.until_state(1, JobState.DEAD)
        await scene.home.take_back([1])
        other = await scene.start("other", quick)
        await scene.home.hand_out(parcels(3))
        await so(lambda: other.ended == [3])
        await other.stop()
        sleeper.send_signal(signal.SIGCONT)
        await until_notes(scene, 1, b"cancelled")

        await scene.home.hand_out(parcels(2))
        await until_notes(scene, 2, b"done")
        await scene.until_state(2, None)

    assert await notes_of(scene, 3) == []


async def test_work_goes_on_through_a_crash_of_postgresql(
    scene: Scene, postgres: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def do(bundle_id: int, body: bytes) -> None:
        await worker.end.give(bundle_id, 1, b"before")
        await scene.go_on.wait()
        await worker.end.give(bundle_id, 2, b"after")

    worker = await scene.start("one", do, places=2)
    await scene.home.hand_out(parcels(1, 2, 3, 4))
    await until_notes(scene, 2, b"before")

    await asyncio.to_thread(postgres.server.crash)
    scene.go_on.set()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(postgres.server.start)

    await so(lambda: len(worker.ended) == 4)
    await until_notes(scene, 4, b"after")
    await scene.until_state(4, None)
    notes = [(one.bundle_id, one.body) for one in await scene.home.list_notes(limit=99)]
    assert sorted(notes) == [(one, when) for one in (1, 2, 3, 4) for when in (b"after", b"before")]
    assert sorted(worker.began) == [1, 2, 3, 4]
    # a beat says it once nothing waits for PostgreSQL any more
    await so(lambda: len(list_events(caplog)) == 2)
    assert list_events(caplog) == ["PostgreSQL was lost", "PostgreSQL was back"]


async def test_a_worker_that_beats_is_not_dead_because_postgresql_was_away(
    scene: Scene, postgres: PostgresCluster
) -> None:
    async with process(postgres, "one"):
        await scene.home.hand_out(parcels(1))
        await until_notes(scene, 1, b"began")
        await asyncio.to_thread(postgres.server.crash)
        await asyncio.sleep(2.5)  # longer than after which a worker is dead
        await asyncio.to_thread(postgres.server.start)
        seen: list[JobState] = []
        async with asyncio.timeout(60):
            while len(seen) < 30:
                with suppress(CarrierUnavailable):
                    seen.append((await scene.home.list_jobs())[1].state)
                await asyncio.sleep(0.05)

    assert set(seen) == {JobState.RUNNING}


async def test_a_worker_that_was_cut_off_does_what_it_was_given_and_no_more_than_once(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1, 2))
    await so(lambda: worker.began)

    await postgres.lines["one"].cut()
    scene.go_on.set()
    await so(lambda: worker.ended == [1])
    await postgres.lines["one"].open()

    await so(lambda: worker.ended == [1, 2])
    await scene.until_state(2, None)
    assert worker.began == [1, 2]


@asynccontextmanager
async def unanswered(postgres: PostgresCluster, table: str, statement: str) -> AsyncIterator[None]:
    """Let a statement of worker "one" on a table be carried out, and cut its line before it is answered."""
    line = postgres.lines["one"]
    locking = await psycopg.AsyncConnection.connect(postgres.database)
    async with locking:
        await locking.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield

        async def waits() -> object:
            return await postgres.home._connections.run(
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %(like)s",
                like=f"%{statement}%",
            )

        await until(waits)
        line.hold_answers()
    await locking.close()


async def cut_and_mend(postgres: PostgresCluster) -> None:
    line = postgres.lines["one"]
    await line.cut()
    line.release()
    await line.open()


async def test_a_bundle_whose_fetch_was_not_answered_is_done_after_all(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", quick)
    postgres.lines["one"].hold()
    await scene.home.hand_out(parcels(1))
    async with unanswered(postgres, "watchword_out.procrastinate_jobs", "fetch_job"):
        postgres.lines["one"].release()
    await scene.until_state(1, JobState.RUNNING)
    assert not worker.began

    await cut_and_mend(postgres)

    await so(lambda: worker.ended == [1])
    await scene.until_state(1, None)
    assert worker.began == [1]


async def test_notes_whose_acknowledgement_was_lost_do_not_come_again(
    scene: Scene, postgres: PostgresCluster
) -> None:
    async def do(bundle_id: int, body: bytes) -> None:
        await scene.go_on.wait()
        await worker.end.give(bundle_id, 1, b"notes")

    worker = await scene.start("one", do)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)
    async with unanswered(postgres, "watchword_back.given", "watchword_back.given"):
        scene.go_on.set()
    await until_notes(scene, 1, b"notes")
    (notes,) = await scene.home.list_notes(limit=9)
    await scene.home.forget_notes([notes.id])
    assert not worker.ended

    await cut_and_mend(postgres)

    await so(lambda: worker.ended == [1])
    assert await scene.home.list_notes(limit=9) == ()


async def test_a_bundle_whose_end_was_not_acknowledged_is_done_once_and_the_worker_goes_on(
    scene: Scene, postgres: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)
    async with unanswered(postgres, "watchword_out.procrastinate_jobs", "DELETE"):
        scene.go_on.set()
    await scene.until_state(1, None)

    await cut_and_mend(postgres)

    await scene.home.hand_out(parcels(2))
    await so(lambda: worker.ended == [1, 2])
    assert not any(one.exc_info for one in caplog.records)


async def test_a_worker_stops_although_postgresql_is_away(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)
    await postgres.lines["one"].cut()
    scene.go_on.set()
    await so(lambda: worker.ended)

    await worker.stop()

    await scene.until_state(1, JobState.DEAD)


async def test_a_worker_starts_while_postgresql_is_away_again_and_again(
    scene: Scene, postgres: PostgresCluster
) -> None:
    end = await postgres.make_worker("one")
    await postgres.lines["one"].cut()
    with pytest.raises(CarrierUnavailable, match="PostgreSQL: "):
        await end.open(version="1")
    await postgres.lines["one"].open()
    await end.open(version="1")
    await postgres.lines["one"].cut()
    worker = scene.work(end, quick)
    await scene.home.hand_out(parcels(1))
    await asyncio.sleep(0.5)

    await postgres.lines["one"].open()

    await so(lambda: worker.ended == [1])


def run_sql(postgres: PostgresCluster, *queries: str) -> None:
    """Run statements as who may do everything."""
    role = postgres.database.partition("//")[2].partition("@")[0]
    with psycopg.connect(postgres.server.address(role), autocommit=True) as connection:
        for query in queries:
            connection.execute(query.format(role=role).encode())


async def test_home_and_workers_go_on_in_a_database_that_was_emptied(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)

    run_sql(postgres, *EMPTIED)
    await scene.home.hand_out(parcels(2))

    await so(lambda: worker.began == [1, 2])
    assert worker.cancelled == [1]


async def test_a_worker_that_asked_often_goes_on_in_a_database_that_was_emptied(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", quick, places=1)
    # psycopg prepares what is asked for the sixth time
    for bundle_id in range(9):
        await scene.home.hand_out(parcels(bundle_id))
        await so(lambda: bundle_id in worker.ended)  # noqa: B023  # called before the next one
        await scene.home.list_workers()

    run_sql(postgres, *EMPTIED)
    await scene.home.hand_out(parcels(99))

    await so(lambda: 99 in worker.ended)


async def test_a_worker_whose_registration_is_gone_registers_again(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)

    run_sql(postgres, "DELETE FROM watchword_out.procrastinate_workers")
    await so(lambda: worker.cancelled == [1])
    await scene.home.hand_out(parcels(2))

    await so(lambda: worker.began == [1, 2])
    assert [one.is_alive for one in await scene.home.list_workers()] == [True]


async def opens(cluster: PostgresCluster) -> bool:
    with suppress(CarrierUnavailable):
        await cluster.home.open(version="1", clock=utc_now)
        return True
    return False


async def test_a_second_home_is_refused_until_the_first_has_ended(
    scene: Scene, postgres: PostgresCluster
) -> None:
    second = PostgresCluster(postgres.server, postgres.database)
    await second.open()
    with pytest.raises(CarrierUnavailable, match="another home uses this database"):
        await second.home.open(version="1", clock=utc_now)
    with pytest.raises(CarrierUnavailable):
        await second.home.hand_out(parcels(1))

    await scene.home.close()
    await until(lambda: opens(second))

    await second.home.hand_out(parcels(2))
    assert [*await second.home.list_jobs()] == [2]
    await second.close()


async def test_bundles_of_the_old_version_that_nobody_took_are_gone_after_an_upgrade(
    scene: Scene,
) -> None:
    await scene.home.hand_out(parcels(1))

    await scene.home.open(version="2", clock=utc_now)

    assert not await scene.home.list_jobs()


async def test_the_home_hears_of_notes_after_its_line_was_cut(
    scene: Scene, postgres: PostgresCluster
) -> None:
    end = (await scene.start()).end
    await scene.home.list_notes(limit=1)
    waiting = asyncio.create_task(scene.home.wait(seconds=60))
    await postgres.lines["home"].cut()
    await end.give(1, 1, b"notes")
    await postgres.lines["home"].open()

    await asyncio.wait_for(waiting, 30)

    await until_notes(scene, 1, b"notes")
