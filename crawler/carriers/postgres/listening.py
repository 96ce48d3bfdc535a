"""Notifications of PostgreSQL, on a connection of their own that is made anew whenever it breaks."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from psycopg import sql

from crawler.backoff import AROUND, Backoff
from crawler.carriers.postgres.connections import Connection, Connections, explained, limited
from crawler.errors import CarrierUnavailable

Prepare: TypeAlias = Callable[[Connection], Awaitable[None]]
# at most two seconds, however long it was away: the first result comes within ten once it is back
AWAY = Backoff(timedelta(seconds=0.25), timedelta(seconds=2), AROUND)
# a line that says nothing is asked now and then whether it still holds
_ASK_SECONDS = 10.0


async def wait_away(failure_count: int) -> None:
    """Wait before PostgreSQL is tried again."""
    await asyncio.sleep(AWAY.draw_after(failure_count, random.Random()).total_seconds())  # noqa: S311  # jitter


async def listen(
    connections: Connections,
    channels: Sequence[str],
    *,
    prepare: Prepare | None = None,
    on_lost: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[str]:
    """Yield the channel of each notification, and "" after each connection: something may have been missed before.

    prepare  called with each new connection before it listens; raises CarrierUnavailable to have it closed and tried again
    on_lost  called with a reason for a person when the line is lost, or cannot be made
    """
    failure_count = 0
    while True:
        try:
            async for channel in _hear(connections, channels, prepare):
                failure_count = 0
                yield channel
        except CarrierUnavailable as error:
            failure_count += 1
            on_lost(error.reason)
        await wait_away(failure_count)


async def _hear(
    connections: Connections, channels: Sequence[str], prepare: Prepare | None
) -> AsyncIterator[str]:
    with explained():
        async with await connections.connect() as connection:
            if prepare is not None:
                await prepare(connection)
            for one in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(one)))
            yield ""
            while True:
                async for told in connection.notifies(timeout=_ASK_SECONDS):
                    yield told.channel
                with limited(connection):
                    await connection.execute("SELECT 1")
