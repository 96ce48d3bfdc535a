"""What PostgreSQL refuses, and a certificate that is refused here: each is told in a sentence with what to do, and ends by itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import trustme

from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.view import PostgresView
from crawler.carriers.postgres.worker import PostgresWorker
from crawler.clock import utc_now
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import JobState
from tests.carriers.clusters import (
    DEAD_SECONDS,
    PostgresCluster,
    has_state,
    list_events,
    parcels,
    until,
)
from tests.carriers.scenes import Scene, quick, so
from tests.carriers.test_postgres_faults import run_sql
from tests.servers.postgres_server import TlsLine

pytestmark = pytest.mark.slow
_DAY = timedelta(days=1)
AUTHORITY = trustme.CA()


@asynccontextmanager
async def secured(
    postgres: PostgresCluster, certificate: trustme.LeafCert, roots: Path, *, answer: bytes = b"S"
) -> AsyncIterator[str]:
    """Yield the database's address by a line that shows a certificate, and that asks for one of AUTHORITY's."""
    AUTHORITY.cert_pem.write_to_path(roots)
    line = TlsLine(postgres.server.socket_path, certificate, answer=answer)
    await line.open()
    parts = urlsplit(postgres.database)
    yield f"postgresql://{parts.username}@127.0.0.1:{line.port}{parts.path}?sslmode=verify-full&sslrootcert={roots}"
    await line.cut()


async def list_complaints(address: str) -> list[str]:
    """Return why the home, a worker and a command cannot use an address."""
    home, worker, view = (
        PostgresHome(address),
        PostgresWorker(address, name="one"),
        PostgresView(address),
    )
    found = []
    for asked in (
        lambda: home.open(version="1", clock=utc_now),
        lambda: worker.open(version="1"),
        view.measure,
    ):
        try:
            await asked()
        except CarrierUnavailable as error:
            found.append(error.reason)
    for end in (home, worker, view):
        await end.close()
    return found


def issue(host: str, *, by: trustme.CA = AUTHORITY, days: int = 1) -> trustme.LeafCert:
    ends_at = datetime.now(UTC) + days * _DAY
    return by.issue_cert(host, not_before=ends_at - _DAY * 2, not_after=ends_at)


async def test_a_right_certificate_is_taken(
    postgres: PostgresCluster, scene: Scene, tmp_path: Path
) -> None:
    async with secured(postgres, issue("127.0.0.1"), tmp_path / "ca.pem") as address:
        view = PostgresView(address)
        backlog = await view.measure()
        await view.close()

    assert backlog.notes == 0


@pytest.mark.parametrize(
    ("make", "answer", "words"),
    [
        (lambda: issue("db.example.org"), b"S", "write the host in the address as the certificate has it"),
        (lambda: issue("127.0.0.1", days=-1), b"S", "certificate has expired, is not valid yet"),
        (lambda: issue("127.0.0.1", days=3), b"S", "certificate has expired, is not valid yet"),
        (lambda: issue("127.0.0.1", by=trustme.CA()), b"S", "an authority that sslrootcert does not hold"),
        (lambda: issue("127.0.0.1"), b"N", "turn on ssl in PostgreSQL"),
    ],
    ids=["another name", "expired", "not yet", "unknown authority", "no TLS"],
)  # fmt: skip
async def test_a_certificate_that_is_refused_is_told_with_what_to_do(
    postgres: PostgresCluster, tmp_path: Path, make: Callable[[], trustme.LeafCert], answer: bytes, words: str
) -> None:  # fmt: skip
    async with secured(postgres, make(), tmp_path / "ca.pem", answer=answer) as address:
        said = await list_complaints(address)

    assert len(said) == 3
    for one in said:
        assert words in one
        assert "\n" not in one


async def test_roots_that_are_not_there_are_told_with_what_to_do(
    postgres: PostgresCluster, tmp_path: Path
) -> None:
    async with secured(postgres, issue("127.0.0.1"), tmp_path / "ca.pem") as address:
        (tmp_path / "ca.pem").unlink()
        said = await list_complaints(address)

    assert ["sslrootcert=FILE, or sslrootcert=system" in one for one in said] == [True] * 3


@pytest.fixture
def cluster(postgres: PostgresCluster) -> PostgresCluster:
    """Give scenes PostgreSQL only."""
    return postgres


def set_writable(postgres: PostgresCluster, *, is_writable: bool) -> None:
    """Let a database take writes or not, as managed services do while a disk is full; open lines go by it too."""
    name = urlsplit(postgres.database).path[1:]
    with closing(psycopg.connect(postgres.server.address(), autocommit=True)) as connection:
        state = "off" if is_writable else "on"
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {state}".encode())  # fmt: skip
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])  # fmt: skip


async def test_a_database_that_takes_no_writes_is_told_and_costs_no_bundle(
    scene: Scene, postgres: PostgresCluster
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)
    said: set[str] = set()
    states: list[JobState] = []

    async def look() -> bool:
        try:
            states.append((await scene.home.list_jobs())[1].state)
        except CarrierUnavailable as error:
            said.add(error.reason)
            return False
        return True

    await asyncio.to_thread(set_writable, postgres, is_writable=False)
    for _ in range(int(DEAD_SECONDS * 15)):
        await look()
        await asyncio.sleep(0.1)
    await asyncio.to_thread(set_writable, postgres, is_writable=True)
    states.clear()
    await until(look)
    scene.go_on.set()
    await so(lambda: worker.ended == [1])
    await until(lambda: has_state(postgres, 1, None))

    assert any("takes no writes: its disk is full (make room)" in one for one in said), said
    assert states == [JobState.RUNNING]
    assert worker.began == [1]


async def list_troubles(scene: Scene) -> list[str]:
    return [one.trouble for one in await scene.home.list_workers()]


async def is_well(scene: Scene) -> bool:
    return await list_troubles(scene) == [""]


@contextmanager
def full_disk(postgres: PostgresCluster, change: str, table: str) -> Iterator[None]:
    """Let PostgreSQL refuse a kind of change to a table, as it does where that needs room."""
    run_sql(
        postgres,
        "CREATE FUNCTION watchword_back.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$",
        f"CREATE TRIGGER full_disk BEFORE {change} ON {table} EXECUTE FUNCTION watchword_back.refuse()",
    )
    yield
    run_sql(postgres, f"DROP TRIGGER full_disk ON {table}")


async def test_a_worker_whose_notes_are_refused_says_so_with_its_beats(
    scene: Scene, postgres: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that is full takes beats, which are written over the last ones, and no notes."""
    caplog.set_level(logging.INFO)

    async def do(bundle_id: int, body: bytes) -> None:
        await worker.end.give(bundle_id, 1, b"notes")

    async def has_trouble() -> bool:
        return "disk full" in "".join(await list_troubles(scene))

    with full_disk(postgres, "INSERT", "watchword_back.notes"):
        worker = await scene.start("one", do)
        await scene.home.hand_out(parcels(1))
        await until(has_trouble)
        (state,) = await scene.home.list_workers()
    await so(lambda: worker.ended == [1])
    await until(lambda: is_well(scene))

    (notes,) = await scene.home.list_notes(limit=9)
    assert notes.body == b"notes"
    assert state.is_alive
    assert state.trouble == "PostgreSQL: disk full; make room on the disk of PostgreSQL"
    # a beat says it once nothing waits for PostgreSQL any more
    await so(lambda: len(list_events(caplog)) == 2)
    assert list_events(caplog) == ["PostgreSQL was lost", "PostgreSQL was back"]


async def test_a_worker_that_can_fetch_nothing_says_so_with_its_beats(
    scene: Scene, postgres: PostgresCluster
) -> None:
    async def has_trouble() -> bool:
        return [one[:22] for one in await list_troubles(scene)] == ["PostgreSQL: disk full;"]

    with full_disk(postgres, "UPDATE", "watchword_out.procrastinate_jobs"):
        worker = await scene.start("one", quick)
        await scene.home.hand_out(parcels(1))
        await until(has_trouble)

    await so(lambda: worker.ended == [1])
    await until(lambda: is_well(scene))
