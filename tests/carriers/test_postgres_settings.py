"""The carrier on databases that somebody else made and set: encodings, time limits, styles."""

import asyncio
import itertools

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.worker import PostgresWorker
from crawler.clock import utc_now
from tests.carriers.clusters import BEAT_SECONDS, LOOK_SECONDS, Worker, parcels
from tests.carriers.scenes import so
from tests.servers.postgres_server import PostgresServer

_COUNT = itertools.count()


async def exchange(address: str) -> list[bytes]:
    """Hand two bundles out, with a pause between them, and return what a worker gave of them."""
    home = PostgresHome(address)
    end = PostgresWorker(address, name="one", beat_seconds=BEAT_SECONDS, look_seconds=LOOK_SECONDS)

    async def echo(bundle_id: int, body: bytes) -> None:
        await end.give(bundle_id, 1, body)

    try:
        await home.open(version="1", clock=utc_now)
        await home.publish("key", "größer".encode())
        await end.open(version="1")
        assert await end.find_newest_rules() == ("key", "größer".encode())
        worker = Worker(end, echo, places=1)
        for bundle_id in (1, 2):
            await home.hand_out(parcels(bundle_id))
            await so(lambda: bundle_id in worker.ended)  # noqa: B023  # called before the next one
            await asyncio.sleep(0.6)
        assert [one.is_alive for one in await home.list_workers()] == [True]
        notes = await home.list_notes(limit=9)
        await worker.stop()
    finally:
        await home.close()
        await end.close()
    return [one.body for one in notes]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_JP"])
async def test_a_cluster_works_in_a_database_of_any_encoding(
    postgres_server: PostgresServer, encoding: str
) -> None:
    name = f"encoded{next(_COUNT)}"
    with postgres_server.database(name, may_create=True, encoding=encoding) as address:
        assert await exchange(address) == [b"body of 1", b"body of 2"]


@pytest.mark.parametrize(
    "setting",
    [
        "idle_session_timeout = '300ms'",
        "statement_timeout = '1ms'",
        "DateStyle = 'German'",
        "client_encoding = 'SQL_ASCII'",
    ],
)
async def test_a_cluster_works_whatever_its_database_sets_for_everybody(
    postgres_server: PostgresServer, setting: str
) -> None:
    name = f"set{next(_COUNT)}"
    with postgres_server.database(name, may_create=True) as address:
        with psycopg.connect(postgres_server.address(), autocommit=True) as connection:
            connection.execute(SQL("ALTER DATABASE {} SET " + setting).format(Identifier(name)))
        assert await exchange(address) == [b"body of 1", b"body of 2"]


async def test_a_fault_of_the_line_ends_the_home_and_is_not_kept_quiet(
    postgres_server: PostgresServer,
) -> None:
    home = PostgresHome(postgres_server.address("no\udcff"))

    with pytest.raises(UnicodeError):
        await home.open(version="1", clock=utc_now)

    await home.close()
