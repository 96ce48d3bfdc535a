"""The carrier's own statements on one connection, without what calls them."""

import base64
import os
import re

import psycopg
from psycopg.types.json import Jsonb

from crawler.carriers.postgres import engine, home, worker
from crawler.carriers.postgres.engine import TASK, name_queue
from crawler.carriers.postgres.home import PostgresHome
from crawler.carriers.postgres.schema import SEARCH_PATH
from crawler.flows.cluster.carrier import Parcel

JOB_TABLES = ("procrastinate_jobs", "procrastinate_events", "notes", "given")
_QUEUE = name_queue("bench")
_FETCH = "SELECT id, queueing_lock FROM watchword_out.procrastinate_fetch_job_v2(ARRAY[%(queue)s]::varchar[], %(worker)s)"
_BUNDLE = os.urandom(3_000)
_BODY = base64.b64encode(_BUNDLE).decode()


def connect(database: str) -> psycopg.Connection:
    """Return a connection that sees what the carrier's see."""
    return psycopg.connect(database, autocommit=True, options=f"-c search_path={SEARCH_PATH}")


def hand_out(connection: psycopg.Connection, first: int, count: int) -> None:
    """Hand out bundles with successive ids."""
    ids = [*range(first, first + count)]
    if ids:
        args = [Jsonb({"bundle": one, "body": _BODY}) for one in ids]
        connection.execute(
            home._HAND_OUT, {"queue": _QUEUE, "task": TASK, "ids": ids, "args": args}
        )


def fill(connection: psycopg.Connection, *, bundles: int, notes: int) -> None:
    """Let more bundles and notes of 20 KB wait."""
    (row,) = connection.execute(
        "SELECT coalesce(max(queueing_lock::bigint), 0) FROM watchword_out.procrastinate_jobs"
    ).fetchall()
    hand_out(connection, row[0] + 1, bundles)
    body = os.urandom(20_000)
    for number in range(notes):
        values = {"bundle": -1, "number": number, "body": body, "most": 1_000_000}
        connection.execute(worker._GIVE, values)


def count_pages(connection: psycopg.Connection) -> int:
    """Return the pages that a fetch touches, hit or read; it is rolled back."""
    with connection.transaction(force_rollback=True):
        (engine_id,) = _one(connection, "SELECT worker_id FROM watchword_out.procrastinate_register_worker_v1()")  # fmt: skip
        values = {"queue": _QUEUE, "worker": engine_id}
        # the first call of a function reads the catalogue
        with connection.transaction(force_rollback=True):
            connection.execute(_FETCH, values)
        plan = connection.execute("EXPLAIN (ANALYZE, BUFFERS) " + _FETCH, values).fetchall()
    found = re.search(r"Buffers: shared (.*)", "\n".join(row[0] for row in plan))
    return sum(map(int, re.findall(r"(?:hit|read)=(\d+)", found[1]))) if found else 0


def _one(connection: psycopg.Connection, query: str) -> tuple[int, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)


class Through:
    """Bundles that the home hands out, a worker fetches, answers with notes and finishes, and whose notes the home takes; 100 wait all the time."""

    def __init__(self, connection: psycopg.Connection, home: PostgresHome) -> None:
        self._connection, self._home = connection, home
        self._done = self._handed_out = 0
        (self._engine_id,) = _one(connection, "SELECT worker_id FROM watchword_out.procrastinate_register_worker_v1()")  # fmt: skip

    async def pass_until(self, done: int) -> None:
        """Pass on until so many are done."""
        body = os.urandom(20_000)
        while self._done < done:
            while self._handed_out - self._done <= 100:
                ids = range(self._handed_out + 1, self._handed_out + 9)
                await self._home.hand_out([Parcel(bundle_id=one, body=_BUNDLE) for one in ids])
                self._handed_out += 8
            for _ in range(8):
                self._do_one(body)
            notes = await self._home.list_notes(limit=50)
            await self._home.forget_notes([one.id for one in notes])

    def _do_one(self, body: bytes) -> None:
        """Fetch a bundle, give notes of it, and finish it, as a worker does."""
        connection = self._connection
        values = {"queue": _QUEUE, "worker": self._engine_id}
        row = connection.execute(_FETCH.encode(), values).fetchone()
        assert row is not None
        job_id, lock = row
        given = {"bundle": int(lock), "number": 1, "body": body, "most": 4_000}
        connection.execute(worker._GIVE, given)
        connection.execute(engine._FINISH, {"id": job_id, "lock": lock})
        self._done += 1

    def measure(self) -> list[float]:
        """Return the megabytes of each of JOB_TABLES, indexes and long values included."""
        sizes = []
        for table in JOB_TABLES:
            schema = "watchword_out" if table.startswith("procrastinate") else "watchword_back"
            (size,) = _one(self._connection, f"SELECT pg_total_relation_size('{schema}.{table}')")
            sizes.append(size / 1_000_000)
        return sizes
