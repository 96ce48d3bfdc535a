"""Procrastinate as we use it: its worker asks for bundles and finishes them through ``SteadyManager``, which outlives PostgreSQL.

As it is, an error in any of its statements ends the worker, and with it the beats of what is under way. Here a statement that
fails is tried again or means "nothing to do now", and beats are sent by ``beats.py``, also while the worker ends in order.
"""

import contextlib
from collections.abc import Iterable
from typing import Any, LiteralString

from procrastinate.connector import BaseAsyncConnector
from procrastinate.jobs import Job, JobInserted, Status
from procrastinate.manager import JobManager, NotificationCallback, get_channel_for_queues

from crawler.carriers.postgres.beats import Beats
from crawler.carriers.postgres.connections import Connections
from crawler.carriers.postgres.listening import listen, wait_away
from crawler.errors import CarrierUnavailable

TASK = "bundle"
# Procrastinate's own calls it an error, here and in the server's log, if the home has taken the bundle back
_FINISH: LiteralString = (
    # ids begin again in a database that was emptied
    "DELETE FROM watchword_out.procrastinate_jobs WHERE id = %(id)s AND queueing_lock = %(lock)s"
)
# a bundle at which a worker failed: as if that had died, so that the home counts it. Handed out again without a count, what no
# worker can do would come back for ever
_LEAVE: LiteralString = "UPDATE watchword_out.procrastinate_jobs SET worker_id = NULL WHERE id = %(id)s AND queueing_lock = %(lock)s"
# a try or two more: the home takes back what a worker that ended has not finished
_TRIES_WHEN_STOPPING = 3
# among what is stuck
_FETCH = "fetch"


def name_queue(version: str) -> str:
    """Return the queue of bundles that workers of a version understand."""
    return f"watchword-{version}"


class Connector(BaseAsyncConnector):
    """Procrastinate's statements on our connections; they raise CarrierUnavailable."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def open_async(self, pool: object = None) -> None:
        """Nothing: connections are opened when they are needed."""

    async def close_async(self) -> None:
        """Nothing: who made the connections closes them."""

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        await self._connections.run(query, **arguments)

    async def execute_query_one_async(
        self, query: LiteralString, **arguments: Any
    ) -> dict[str, Any]:
        (row,) = await self._connections.run(query, **arguments)
        return row

    async def execute_query_all_async(
        self, query: LiteralString, **arguments: Any
    ) -> list[dict[str, Any]]:
        return await self._connections.run(query, **arguments)


class SteadyManager(JobManager):
    """What Procrastinate's worker asks of the database, in a form that never fails.

    is_ending  set when no more bundles are taken; what is finished then is not tried for ever
    failed     Procrastinate's ids of bundles whose work failed, until they are finished
    """

    def __init__(self, connections: Connections, beats: Beats) -> None:
        super().__init__(Connector(connections))
        self._connections, self._beats = connections, beats
        self.is_ending = False
        self.failed: set[int] = set()

    async def register_worker(self) -> int:
        """Register with a first beat; raises CarrierUnavailable, which ends the attempt to start."""
        engine_id = await super().register_worker()
        await self._beats.begin(engine_id)
        return engine_id

    async def unregister_worker(self, worker_id: int) -> None:
        """Say that the worker has ended; unsaid, it is dead after a while."""
        self._beats.end()
        with contextlib.suppress(CarrierUnavailable):
            await super().unregister_worker(worker_id)

    async def update_heartbeat(self, worker_id: int) -> None:
        """Nothing: see ``beats.py``."""

    async def list_jobs_to_abort_async(self, queue: str | None = None) -> Iterable[int]:
        """Return none: a beat says which bundles were taken back."""
        return ()

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Return the next bundle, None if there is none, or PostgreSQL is away, or has not acknowledged a beat for long."""
        if self._beats.is_late():
            return None
        self._beats.is_fetching = True
        self._beats.fetch_count += 1
        try:
            job = await super().fetch_job(queues, worker_id)
            self._beats.stuck.pop(_FETCH, None)
        except CarrierUnavailable as error:
            self._beats.stuck[_FETCH] = error.reason
            self._beats.note_trouble(error)
            return None
        finally:
            self._beats.is_fetching = False
        if job is not None and job.id is not None:
            self._beats.known.add(job.id)
        return job

    async def finish_job(
        self, job: Job, status: Status, delete_job: bool
    ) -> None:  # Procrastinate's
        """Remove a bundle that was done, or leave one that failed; one that the home has taken back in between is gone already."""
        failure_count, query = 0, _LEAVE if job.id in self.failed else _FINISH
        while not (self.is_ending and failure_count >= _TRIES_WHEN_STOPPING):
            try:
                await self._connections.run(query, id=job.id, lock=job.queueing_lock)
                break
            except CarrierUnavailable as error:
                self._beats.note_trouble(error)
            failure_count += 1
            await wait_away(failure_count)
        if job.id is not None:
            self._beats.known.discard(job.id)
            self.failed.discard(job.id)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Have the worker look for bundles whenever some are handed out."""
        async for channel in listen(self._connections, [*get_channel_for_queues(queues)]):
            await on_notification(
                channel=channel, notification=JobInserted(type="job_inserted", job_id=0)
            )
