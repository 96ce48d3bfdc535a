"""What PostgreSQL says of the cluster, for the home and for commands that look beside it; nothing here writes."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, LiteralString

from crawler.carriers.postgres.connections import Address, Connections
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import Backlog, Job, JobState, WorkerState

# as Procrastinate's `get_stalled_jobs`: also those that lost their worker
_JOBS: LiteralString = """
SELECT jobs.queueing_lock::bigint AS bundle_id, coalesce(workers.name, '') AS worker, jobs.status::text AS status,
    beats.last_heartbeat, now() AS now, pg_postmaster_start_time() AS up_at
FROM watchword_out.procrastinate_jobs AS jobs
LEFT JOIN watchword_out.procrastinate_workers AS beats ON beats.id = jobs.worker_id
LEFT JOIN watchword_back.workers AS workers ON workers.engine_id = jobs.worker_id
WHERE jobs.status IN ('todo', 'doing')
"""
_WORKERS: LiteralString = """
SELECT workers.*, beats.last_heartbeat, now() AS now, pg_postmaster_start_time() AS up_at
FROM watchword_back.workers AS workers
LEFT JOIN watchword_out.procrastinate_workers AS beats ON beats.id = workers.engine_id
WHERE workers.beat_at > now() - interval '1 day'
ORDER BY workers.name, workers.started_at
"""
_BACKLOG: LiteralString = """
SELECT (SELECT count(*) FROM watchword_out.procrastinate_jobs WHERE status = 'todo') AS bundles_waiting,
    (SELECT count(*) FROM watchword_out.procrastinate_jobs WHERE status = 'doing') AS bundles_running,
    (SELECT count(*) FROM watchword_back.notes) AS notes,
    (SELECT came_at FROM watchword_back.notes ORDER BY id LIMIT 1) AS oldest_at
"""
_STATE_COLUMNS = (
    "name",
    "version",
    "places",
    "busy",
    "started_at",
    "beat_at",
    "cpu_seconds",
    "rss_bytes",
    "trouble",
)
# of a database in which the home has not made its tables (SQLSTATE): no table, schema, type or function
_MISSING = frozenset({"42P01", "3F000", "42704", "42883"})


class PostgresView:
    """What waits, what is under way, and who works; each method raises CarrierUnavailable while PostgreSQL does not answer.

    database      address of the database, as in ``[cluster] database``
    dead_seconds  a worker that was silent for longer is dead
    """

    def __init__(
        self, database: Address, *, dead_seconds: float = 30.0, what: str = "watchword"
    ) -> None:
        self._connections = Connections(database, what=what)
        self._dead_after = timedelta(seconds=dead_seconds)
        # by ``time.monotonic``: when PostgreSQL did again what was asked
        self._back_at = float("-inf")

    async def close(self) -> None:
        """Disconnect."""
        await self._connections.close()

    async def list_jobs(self) -> Mapping[int, Job]:
        """Return every bundle that PostgreSQL has, by id; one that was done is not there any more."""
        rows = await self._run(_JOBS)
        return {row["bundle_id"]: Job(state=self._judge(row), worker=row["worker"]) for row in rows}

    async def list_workers(self) -> tuple[WorkerState, ...]:
        """Return the workers that beat, and those that stopped within the last day."""
        rows = await self._run(_WORKERS)
        return tuple(
            WorkerState(
                **{name: row[name] for name in _STATE_COLUMNS},
                is_alive=row["last_heartbeat"] is not None and not self._is_silent(row),
            )
            for row in rows
        )

    async def measure(self) -> Backlog:
        """Return what waits."""
        (row,) = await self._run(_BACKLOG)
        return Backlog(**row)

    def _judge(self, row: Mapping[str, Any]) -> JobState:
        if row["status"] == "todo":
            return JobState.WAITING
        return JobState.DEAD if self._is_silent(row) else JobState.RUNNING

    def _is_silent(self, row: Mapping[str, Any]) -> bool:
        """Return whether a worker is dead; when the server, its right to write, or the way to it has just come back, every beat
        is old, and each is waited for."""
        if time.monotonic() - self._back_at <= self._dead_after.total_seconds():
            return False
        heard_at = row["last_heartbeat"]
        since = row["up_at"] if heard_at is None else max(heard_at, row["up_at"])
        return bool(row["now"] - since > self._dead_after)

    async def _run(self, query: LiteralString, **values: Any) -> list[dict[str, Any]]:
        return await self._connections.run(query, **values)


def is_missing(error: CarrierUnavailable) -> bool:
    """Return whether PostgreSQL answered, and has not our tables: it is new, or was restored empty."""
    return getattr(error.__cause__, "sqlstate", None) in _MISSING
