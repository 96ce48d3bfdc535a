"""The room of what was removed, made free for what comes: PostgreSQL's own cleaning comes once a minute, and takes its time.

At 200 bundles a second, notes of 20 KB grew to 805 MB between two of its visits (``bench.cluster.queue``).
"""

import asyncio
import contextlib
import logging
from typing import LiteralString

from crawler.carriers.meeting import log
from crawler.carriers.postgres.connections import Connections, explained
from crawler.errors import CarrierUnavailable
from crawler.log import log_event

# a table at a time, each in a transaction of its own; nobody waits for it
_VACUUM: LiteralString = (
    "VACUUM watchword_back.notes, watchword_back.given, "
    "watchword_out.procrastinate_jobs, watchword_out.procrastinate_events"
)


class Vacuuming:
    """Has PostgreSQL clean the tables of a cluster after so much has passed through them."""

    def __init__(self, connections: Connections, *, after_bytes: int) -> None:
        self._connections, self._after_bytes = connections, after_bytes
        self._passed_bytes = 0
        self._cleaning: asyncio.Task[None] | None = None

    def note(self, passed_bytes: int) -> None:
        """Note that so much was handed out or taken; start cleaning once it is enough."""
        self._passed_bytes += passed_bytes
        is_free = self._cleaning is None or self._cleaning.done()
        if is_free and self._passed_bytes >= self._after_bytes:
            self._passed_bytes = 0
            self._cleaning = asyncio.create_task(self._vacuum())

    async def close(self) -> None:
        """End cleaning; PostgreSQL goes on by itself."""
        if self._cleaning is not None:
            self._cleaning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cleaning
            self._cleaning = None

    async def _vacuum(self) -> None:
        """Clean on a line of its own: after a long absence of the home it takes longer than a statement may."""
        try:
            with explained():
                async with await self._connections.connect() as connection:
                    await connection.execute(_VACUUM)
        except CarrierUnavailable as error:  # later again; PostgreSQL's own cleaning comes too
            log_event(log, logging.INFO, "tables not cleaned", reason=error.reason)
