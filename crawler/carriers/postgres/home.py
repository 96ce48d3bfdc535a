"""The home's end of the cluster's carrier."""

import asyncio
import base64
import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from procrastinate.schema import SchemaManager
from psycopg.types.json import Jsonb

from crawler.carriers.postgres.connections import Address, Connection
from crawler.carriers.postgres.engine import TASK, name_queue
from crawler.carriers.postgres.listening import listen
from crawler.carriers.postgres.schema import (
    ADD_MISSING_COLUMNS,
    CREATE_SCHEMAS,
    CREATE_TABLES,
    HOME_LOCK,
    SETUP_LOCK,
)
from crawler.carriers.postgres.vacuuming import Vacuuming
from crawler.carriers.postgres.view import PostgresView, is_missing
from crawler.clock import Clock, utc_now
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import GivenNotes, Job, Parcel

NOTES_CHANNEL = "watchword_notes"
_CONNECT_SECONDS = 10.0
# rules that stay: bundles that are out name those of their time
_RULES_KEPT = 20
# an answer to ``give`` that was lost is asked for again within the 20 s after which a worker stops itself
_GIVEN_SECONDS = 600.0
# passed through the tables since they were cleaned: they hold little more, and cleaning them takes a tenth of a second
_VACUUM_BYTES = 64 << 20
_SAY_HOME: LiteralString = """
WITH before AS (SELECT mark FROM watchword_back.home)
INSERT INTO watchword_back.home AS home (version, clock_ahead, mark)
VALUES (%(version)s, %(now)s - clock_timestamp(), %(mark)s)
ON CONFLICT (is_one) DO UPDATE SET version = excluded.version, mark = coalesce(excluded.mark, home.mark),
    clock_ahead = CASE WHEN abs(extract(epoch FROM excluded.clock_ahead - home.clock_ahead)) > 0.5
        THEN excluded.clock_ahead ELSE home.clock_ahead END
RETURNING (SELECT before.mark FROM before) AS before
"""
# bundles of another version that no worker has taken: none will
_DROP_OTHERS: LiteralString = (
    "DELETE FROM watchword_out.procrastinate_jobs WHERE status = 'todo' AND queue_name <> %(queue)s"
)
# Procrastinate refuses a whole batch where one bundle waits already, and takes a second one of a bundle that runs
_HAND_OUT: LiteralString = """
SELECT watchword_out.procrastinate_defer_jobs_v1(array_agg(
    ROW(%(queue)s, %(task)s, 0, NULL, parcel.id::text, parcel.args, NULL)::watchword_out.procrastinate_job_to_defer_v1
    ORDER BY parcel.place))
FROM unnest(%(ids)s::bigint[], %(args)s::jsonb[]) WITH ORDINALITY AS parcel (id, args, place)
WHERE NOT EXISTS (
    SELECT FROM watchword_out.procrastinate_jobs AS jobs
    WHERE jobs.queueing_lock = parcel.id::text AND jobs.status IN ('todo', 'doing'))
HAVING count(*) > 0
"""
_TAKE_BACK: LiteralString = (
    "DELETE FROM watchword_out.procrastinate_jobs WHERE queueing_lock = ANY(%(ids)s)"
)
_PUBLISH: LiteralString = """
WITH published AS (
    INSERT INTO watchword_back.rules (key, body) VALUES (%(key)s, %(body)b)
    ON CONFLICT (key) DO UPDATE SET body = excluded.body, published_at = excluded.published_at)
DELETE FROM watchword_back.rules WHERE key <> %(key)s AND key NOT IN (
    SELECT key FROM watchword_back.rules WHERE key <> %(key)s ORDER BY published_at DESC, key LIMIT %(others)s)
"""
_HAS_RULES: LiteralString = (
    "SELECT EXISTS (SELECT FROM watchword_back.rules WHERE key = %(key)s) AS is_there"
)
_NOTES: LiteralString = (
    "SELECT id, bundle_id, number, body FROM watchword_back.notes ORDER BY id LIMIT %(limit)s"
)
_FORGET: LiteralString = "DELETE FROM watchword_back.notes WHERE id = ANY(%(ids)s)"
_FORGET_GIVEN: LiteralString = (
    "DELETE FROM watchword_back.given WHERE given_at < now() - %(seconds)s * interval '1 second'"
)


class PostgresHome(PostgresView):
    """What the home calls. One home at a time: it holds a lock of PostgreSQL as long as its line lasts."""

    def __init__(
        self, database: Address, *, dead_seconds: float = 30.0, vacuum_bytes: int = _VACUUM_BYTES
    ) -> None:
        super().__init__(database, dead_seconds=dead_seconds, what="watchword home")
        self._version, self._clock = "", utc_now
        self._listening: asyncio.Task[None] | None = None
        # the line is held, or an attempt to take it has failed
        self._is_held, self._was_tried, self._has_notes = (asyncio.Event() for _ in range(3))
        self._trouble = ""
        self._was_away = False
        # one of these is there, unless something was lost
        self._marks: set[str] = set()
        self._has_lost = False
        self._forgot_given_at = float("-inf")
        self._vacuuming = Vacuuming(self._connections, after_bytes=vacuum_bytes)

    async def open(self, *, version: str, clock: Clock) -> None:
        """Connect, create what is missing, and say which version the home speaks and what its clock shows.

        raises  CarrierUnavailable; it goes on trying to connect, so that opening again later is enough
        """
        self._version, self._clock = version, clock
        if not self._is_held.is_set():
            self._was_tried.clear()
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._was_tried.wait()
        await self._leave_mark()
        self._has_lost = False
        await self._run(_DROP_OTHERS, queue=name_queue(version))

    async def close(self) -> None:
        """Disconnect; what is on its way stays."""
        if self._listening is not None:
            self._listening.cancel()
            # which raises nothing: whoever asked was told of a fault
            await asyncio.wait({self._listening})
            self._listening = None
        self._is_held.clear()
        await self._vacuuming.close()
        await super().close()

    async def publish(self, key: str, rules: bytes) -> None:
        """Store rules that bundles name by their key; the last few stay."""
        await self._run(_PUBLISH, key=key, body=rules, others=_RULES_KEPT - 1)

    async def has_rules(self, key: str) -> bool:
        """Return whether rules are there: a database that was emptied, or put back from a dump, may have lost them."""
        (row,) = await self._run(_HAS_RULES, key=key)
        return bool(row["is_there"])

    async def hand_out(self, parcels: Sequence[Parcel]) -> None:
        """Hand out bundles; one that PostgreSQL has already stays as it is."""
        args = {one.bundle_id: _pack(one) for one in parcels}
        await self._run(
            _HAND_OUT,
            queue=name_queue(self._version),
            task=TASK,
            ids=[*args],
            args=[*args.values()],
        )
        self._vacuuming.note(sum(len(one.body) for one in parcels))

    async def list_jobs(self) -> Mapping[int, Job]:
        """Return every bundle that PostgreSQL has, by id; one that was done is not there any more."""
        await self._leave_mark()
        return await super().list_jobs()

    def has_lost(self) -> bool:
        """Return whether the database was emptied, put back from a dump or used by another home since the last call."""
        has_lost, self._has_lost = self._has_lost, False
        return has_lost

    async def _leave_mark(self) -> None:
        """Say who the home is, what its clock shows, as it may have been set since, and see whether its last mark is still there."""
        mark = secrets.token_hex(8)
        self._marks.add(mark)  # it may be there although the answer is lost
        (row,) = await self._run(_SAY_HOME, version=self._version, now=self._clock(), mark=mark)
        self._has_lost |= row["before"] not in self._marks
        self._marks = {mark}
        if self._was_away:
            self._was_away, self._back_at = False, time.monotonic()

    async def take_back(self, bundle_ids: Sequence[int]) -> None:
        """Remove bundles, whatever their state; unknown ones are skipped."""
        await self._run(_TAKE_BACK, ids=[str(one) for one in bundle_ids])

    async def list_notes(self, *, limit: int) -> tuple[GivenNotes, ...]:
        """Return notes that wait, in the order in which they came."""
        self._has_notes.clear()
        rows = await self._run(_NOTES, is_binary=True, limit=limit)
        self._vacuuming.note(sum(len(row["body"]) for row in rows))
        return tuple(GivenNotes(**row) for row in rows)

    async def forget_notes(self, ids: Sequence[int]) -> None:
        """Remove notes; call it once what they say is committed."""
        await self._run(_FORGET, ids=list(ids))
        if time.monotonic() - self._forgot_given_at > _GIVEN_SECONDS / 10:
            self._forgot_given_at = time.monotonic()
            await self._run(_FORGET_GIVEN, seconds=_GIVEN_SECONDS)

    async def wait(self, *, seconds: float) -> None:
        """Return when notes have come since they were last listed, or after some seconds; raises nothing."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_notes.wait()

    async def _run(self, query: LiteralString, **values: Any) -> list[dict[str, Any]]:
        try:
            return await self._run_held(query, **values)
        except CarrierUnavailable:
            self._was_away = True
            raise

    async def _run_held(self, query: LiteralString, **values: Any) -> list[dict[str, Any]]:
        if not self._is_held.is_set():
            await self._connections.close()  # what was open before the line was lost is broken too
            if self._listening is not None and self._listening.done():
                self._listening.result()  # a fault of ours, which this process does not outlive unseen
            raise CarrierUnavailable(self._trouble or "PostgreSQL: not connected yet")
        try:
            return await super()._run(query, **values)
        except CarrierUnavailable as error:
            if not is_missing(error):
                raise
        # restored empty, or emptied by somebody: nothing that was on its way is there any more
        await self._create()
        return await super()._run(query, **values)

    async def _listen(self) -> None:
        """Hold the line: its lock keeps a second home away, and it says when notes have come."""
        async for _ in listen(
            self._connections, (NOTES_CHANNEL,), prepare=self._take_over, on_lost=self._lose
        ):
            self._is_held.set()
            self._was_tried.set()
            self._has_notes.set()

    async def _take_over(self, connection: Connection) -> None:
        found = await connection.execute("SELECT pg_try_advisory_lock(%s) AS is_ours", (HOME_LOCK,))
        row = await found.fetchone()
        if row is None or not row["is_ours"]:
            raise CarrierUnavailable(
                "another home uses this database: end that `watchword run`, or give each home a database of its own"
            )
        await self._create()

    def _lose(self, reason: str) -> None:
        self._is_held.clear()
        self._was_tried.set()
        self._trouble = reason

    async def _create(self) -> None:
        """Create schemas and tables that are missing, and say who the home is."""
        async with await self._connections.connect() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (SETUP_LOCK,))
            await connection.execute(CREATE_SCHEMAS)
            if await _lacks(connection, "watchword_out.procrastinate_jobs"):
                await connection.execute(_read_engine_schema())
            if await _lacks(connection, "watchword_back.given"):
                await connection.execute(CREATE_TABLES)
            await connection.execute(ADD_MISSING_COLUMNS)
            known = {"version": self._version, "now": self._clock(), "mark": None}
            await connection.execute(_SAY_HOME, known)


def _read_engine_schema() -> bytes:
    """Return Procrastinate's schema; a dash in a comment of it is unknown to databases in LATIN1."""
    return SchemaManager.get_schema().encode("ascii", errors="replace")


async def _lacks(connection: Connection, table: str) -> bool:
    found = await connection.execute("SELECT to_regclass(%s) IS NULL AS is_missing", (table,))
    row = await found.fetchone()
    return row is not None and bool(row["is_missing"])


def _pack(parcel: Parcel) -> Jsonb:
    body = base64.b64encode(parcel.body).decode("ascii")
    return Jsonb({"bundle": parcel.bundle_id, "body": body})
