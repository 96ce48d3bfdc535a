"""A worker's end of the cluster's carrier."""

import asyncio
import base64
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import metadata
from typing import LiteralString

from procrastinate import App, JobContext
from procrastinate.worker import Worker as Engine

from crawler.carriers.meeting import NEVER_SEEN, HomeClock, log, refuse_clock, refuse_version
from crawler.carriers.postgres.beats import Beats, Worker, read_uptime
from crawler.carriers.postgres.connections import Address, Connections
from crawler.carriers.postgres.engine import TASK, SteadyManager, name_queue
from crawler.carriers.postgres.listening import wait_away
from crawler.carriers.postgres.view import is_missing
from crawler.clock import Clock, utc_now
from crawler.errors import CarrierUnavailable, StopNow, VisitOver
from crawler.log import log_event
from crawler.machine.processes.usage import measure_usage

Do = Callable[[int, bytes], Awaitable[None]]
# stays of its own accord for a day; then Procrastinate forgets workers that do not beat
_FORGET_SECONDS = 86_400.0
_NEVER_SECONDS = 86_400.0
# between two looks for room at home, which may be stopped for hours
_ROOM_SECONDS = 2.0
_MEET: LiteralString = """
SELECT version, extract(epoch FROM clock_ahead)::double precision AS home_seconds, clock_timestamp() AS now
FROM watchword_back.home
"""
# the ids of notes that wait lie close together: first and last tell how many there are, without counting thousands.
# Notes whose acknowledgement was lost are given again, perhaps after the home has taken them: ``given`` remembers
_GIVE: LiteralString = """
WITH room AS (SELECT coalesce(max(id) - min(id) + 1, 0) < %(most)s AS is_there FROM watchword_back.notes),
fresh AS (
    INSERT INTO watchword_back.given (bundle_id, number) SELECT %(bundle)s, %(number)s FROM room WHERE is_there
    ON CONFLICT DO NOTHING RETURNING bundle_id),
kept AS (
    INSERT INTO watchword_back.notes (bundle_id, number, body) SELECT bundle_id, %(number)s, %(body)b FROM fresh
    RETURNING id),
told AS (SELECT pg_notify('watchword_notes', '') FROM kept)
SELECT is_there, (SELECT count(*) FROM told) AS told FROM room
"""
_NEWEST_RULES: LiteralString = (
    "SELECT key, body FROM watchword_back.rules ORDER BY published_at DESC LIMIT 1"
)
_RULES: LiteralString = "SELECT body FROM watchword_back.rules WHERE key = %(key)s"


class PostgresWorker:
    """What a worker calls.

    database      address of the database, as in ``[cluster] database``
    beat_seconds  between two beats
    look_seconds  between two looks for bundles, if no notification comes
    most_notes    so many notes may wait at home before ``give`` waits
    own_clock     of this machine; ``clock`` is the home's, as far as it is known
    """

    def __init__(
        self,
        database: Address,
        *,
        name: str,
        beat_seconds: float = 10.0,
        look_seconds: float = 2.0,
        most_notes: int = 4_000,
        own_clock: Clock = utc_now,
    ) -> None:
        self._connections = Connections(database, what="watchword worker")
        self.clock = HomeClock(own_clock, steady=read_uptime)
        self._beats = Beats(
            database, seconds=beat_seconds, clock=self.clock, on_answer=self._follow
        )
        self._manager = SteadyManager(self._connections, self._beats)
        self._name, self._own_clock = name, own_clock
        self._look_seconds, self._most_notes = look_seconds, most_notes
        self._version = ""
        self._do: Do | None = None
        self._engine: Engine | None = None
        self._is_stopping = False
        self._refusal: StopNow | None = None

    async def open(self, *, version: str) -> None:
        """Connect and compare versions and clocks.

        raises  StopNow with a sentence if the home speaks another version, the clocks differ, or no home was ever there;
                CarrierUnavailable while PostgreSQL does not answer
        """
        _silence_libraries()
        self._version = version
        asked_at = self._own_clock()
        try:
            rows = await self._connections.run(_MEET)
        except CarrierUnavailable as error:
            if is_missing(error):
                raise StopNow(NEVER_SEEN) from error
            raise
        finally:
            await self.close()  # many workers may wait to work
        if not rows:
            raise StopNow(NEVER_SEEN)
        refuse_version(home=rows[0]["version"], worker=version)
        # the server looked at its clock between two looks at ours
        answered_at = self._own_clock()
        ahead = asked_at + (answered_at - asked_at) / 2 - rows[0]["now"]
        refuse_clock(
            home_seconds=rows[0]["home_seconds"], worker_seconds=ahead / timedelta(seconds=1)
        )

    async def close(self) -> None:
        """Disconnect; ``work`` does so at its end."""
        await self._connections.close()
        await self._beats.close()

    async def work(self, do: Do, *, places: int) -> None:
        """Call ``do`` with id and bytes of each bundle, ``places`` at a time, until ``stop``.

        PostgreSQL may go and come back meanwhile. A bundle that ``do`` was cancelled at, or raised VisitOver, is gone as if it were
        done, and the home misses it; after any other error it is dead. If the home takes a bundle back, its ``do`` is cancelled with the next beat.

        raises  StopNow, once what was under way is done, if the home has come to speak another version
        """
        self._do = do
        self._beats.introduce(
            Worker(
                name=self._name,
                version=metadata.version("watchword"),  # for people
                places=places,
                measure=measure_usage,
            )
        )
        app = App(connector=self._manager.connector)
        app.job_manager = self._manager
        app.task(name=TASK, pass_context=True)(self._do_bundle)
        beating = asyncio.create_task(self._beats.run())
        try:
            await self._serve(app, places)
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
            await self.close()
        if self._refusal is not None:
            raise self._refusal

    def stop(self) -> None:
        """Take no more bundles; ``work`` returns once those under way are done or cancelled."""
        self._is_stopping = self._manager.is_ending = True
        if self._engine is not None:
            self._engine.stop()

    async def give(self, bundle_id: int, number: int, body: bytes) -> None:
        """Pass notes to the home, once; waits while the home has too many waiting, or PostgreSQL is away."""
        failure_count = 0
        try:
            while not await self._give(bundle_id, number, body):
                failure_count += 1
                await wait_away(failure_count)
        finally:
            self._beats.stuck.pop(bundle_id, None)

    async def _give(self, bundle_id: int, number: int, body: bytes) -> bool:
        """Pass notes once there is room for them; return whether PostgreSQL took them."""
        try:
            while True:
                (row,) = await self._connections.run(
                    _GIVE, bundle=bundle_id, number=number, body=body, most=self._most_notes
                )
                if row["is_there"]:
                    return True
                await asyncio.sleep(_ROOM_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311  # jitter
        except CarrierUnavailable as error:
            self._beats.stuck[bundle_id] = error.reason
            self._beats.note_trouble(error)
            return False

    async def find_newest_rules(self) -> tuple[str, bytes] | None:
        """Return the rules that were published last, with their key; None if none were. Raises CarrierUnavailable."""
        rows = await self._connections.run(_NEWEST_RULES, is_binary=True)
        return (str(rows[0]["key"]), bytes(rows[0]["body"])) if rows else None

    async def get_rules(self, key: str) -> bytes:
        """Return published rules; raises LookupError if they are gone. Waits while PostgreSQL is away."""
        failure_count = 0
        while True:
            try:
                rows = await self._connections.run(_RULES, is_binary=True, key=key)
                break
            except CarrierUnavailable as error:
                self._beats.note_trouble(error)
                failure_count += 1
                await wait_away(failure_count)
        if not rows:
            raise LookupError(f"rules {key} are not there any more")
        return bytes(rows[0]["body"])

    def find_silence(self) -> float:
        """Return for how many seconds no beat was acknowledged, time in which the machine slept included."""
        return self._beats.find_silence()

    async def _serve(self, app: App, places: int) -> None:
        failure_count = 0
        while not self._is_stopping:
            engine = Engine(
                app,
                queues=[name_queue(self._version)],
                name=self._name,
                concurrency=places,
                fetch_job_polling_interval=self._look_seconds,
                abort_job_polling_interval=_NEVER_SECONDS,
                update_heartbeat_interval=_NEVER_SECONDS,
                stalled_worker_timeout=_FORGET_SECONDS,
                delete_jobs="always",
                install_signal_handlers=False,
            )
            try:
                await self._run(engine)
                failure_count = 0
            except CarrierUnavailable as error:
                self._beats.note_trouble(error)
                failure_count += 1
            except Exception:
                # Procrastinate's fault: a process that ends here ends all its visits
                log_event(log, logging.ERROR, "the queue's worker failed", exc_info=True)
                failure_count += 1
            if not self._is_stopping:
                await wait_away(failure_count)

    async def _run(self, engine: Engine) -> None:
        """Run Procrastinate's worker until it is stopped; if this is cancelled, what is under way is cancelled too."""
        self._engine = engine
        running = asyncio.create_task(engine.run())
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self.stop()
            self._beats.drop(frozenset(self._beats.running))
            await running
            raise
        finally:
            self._engine = None

    async def _do_bundle(self, context: JobContext, *, bundle: int, body: str) -> None:
        job_id, task = context.job.id, asyncio.current_task()
        assert self._do is not None and job_id is not None and task is not None  # noqa: S101, PT018
        self._beats.running[job_id] = task
        try:
            await self._do(bundle, base64.b64decode(body))
        except VisitOver as over:  # given up on purpose: others do it
            log_event(log, logging.INFO, "bundle given up", bundle=bundle, reason=str(over))
        except Exception:
            # not passed on: Procrastinate would log it with all that the bundle holds
            log_event(log, logging.ERROR, "bundle failed", exc_info=True, bundle=bundle)
            self._manager.failed.add(job_id)
        finally:
            del self._beats.running[job_id]

    def _follow(self, version: str, is_registered: bool) -> None:
        """Do what the answer to a beat calls for."""
        if version and version != self._version:
            try:
                refuse_version(home=version, worker=self._version)
            except StopNow as refusal:
                self._refusal = refusal
                self.stop()
        elif not is_registered:
            # forgotten after a day's pause, or by hand: registered anew, without what it held
            self._beats.drop(frozenset(self._beats.running))
            if self._engine is not None:
                self._engine.stop()


def _silence_libraries() -> None:
    """Keep Procrastinate from logging what bundles hold, and psycopg from logging each broken line; we say both once ourselves."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg").setLevel(logging.ERROR)
