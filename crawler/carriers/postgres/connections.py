"""Connections to PostgreSQL that are opened when they are needed and thrown away when they break.

psycopg's own pool waits ever longer between its attempts (a minute after a minute's outage) and asks before each statement
whether the connection lives, one more round trip. Here a statement fails at once, and who called decides when to try again.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, LiteralString, TypeAlias

from psycopg import AsyncConnection, Error
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from crawler.carriers.advice import find_advice
from crawler.carriers.postgres.schema import SEARCH_PATH
from crawler.errors import CarrierUnavailable, StopNow
from crawler.logs.masks import mask_secrets

Connection: TypeAlias = AsyncConnection[DictRow]
Address: TypeAlias = str | Callable[[], str]
# a statement takes milliseconds, 256 KB of notes over a slow line seconds; after this the line is taken for dead
_STATEMENT_SECONDS = 15.0
# a line that is cut without a word is noticed by both ends before the server calls the worker dead (30 s)
_LINE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
# what a careful administrator sets for all who forget a line or a statement: a line that holds the home's lock is idle on purpose,
# and each statement has a bound of its own. What the address itself says stays
_PATIENCE = "-c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0"
# of dates in another style psycopg reads none; under stricter isolation, workers that give notes at the same time fail each other's
_SERVER_OPTIONS = (
    f"-c search_path={SEARCH_PATH} -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres "
    "-c default_transaction_isolation=read\\ committed -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 "
    "-c tcp_keepalives_count=2 -c tcp_user_timeout=15000"
)


class Connections:
    """A few connections of one process.

    database  address of the database, as in ``[cluster] database``; what it says of timeouts stays. Or what reads it, for each
              connection anew: a password is changed while processes go on
    what      name by which the server lists the connections
    most      statements at a time; further ones wait
    seconds   after which a statement's line is taken for dead
    """

    def __init__(
        self, database: Address, *, what: str, most: int = 2, seconds: float = _STATEMENT_SECONDS
    ) -> None:
        self._seconds = seconds
        self._database, self._what = database, what
        self._idle: list[Connection] = []
        self._room = asyncio.Semaphore(most)

    async def run(
        self, query: LiteralString, /, *, is_binary: bool = False, **values: Any
    ) -> list[DictRow]:
        """Run one statement in a transaction of its own and return its rows; raises CarrierUnavailable, caused by psycopg's error."""
        with explained():
            async with self._room, self._borrow() as connection:
                with limited(connection, self._seconds):
                    cursor = await connection.execute(query, values, binary=is_binary)
                    return await cursor.fetchall() if cursor.description else []

    async def connect(self) -> Connection:
        """Return a new connection that the caller closes, without a transaction; raises CarrierUnavailable."""
        with explained():
            address = _complete(self._read_address(), self._what)
            return await AsyncConnection.connect(address, autocommit=True, row_factory=dict_row)

    def _read_address(self) -> str:
        try:
            return self._database if isinstance(self._database, str) else self._database()
        except StopNow as error:  # as it is being written anew
            raise CarrierUnavailable(str(error)) from error

    async def close(self) -> None:
        """Close all connections that nobody uses."""
        while self._idle:
            await self._idle.pop().close()

    @contextlib.asynccontextmanager
    async def _borrow(self) -> AsyncIterator[Connection]:
        connection = self._idle.pop() if self._idle else await self.connect()
        is_well = False
        try:
            yield connection
            # a cancelled statement may have left one that is in the middle of something
            is_well = connection.info.transaction_status is TransactionStatus.IDLE
        finally:
            # one that refused a statement may refuse it for ever: it has prepared it for tables that were made anew since
            if is_well and not connection.closed:
                self._idle.append(connection)
            else:
                await connection.close()
                # the others broke with it, if the server went
                await self.close()


def explain(error: Exception) -> CarrierUnavailable:
    """Return an error of PostgreSQL or of the network in one line for a person, with what to do if that is known."""
    lines = str(error).strip().splitlines()
    line = mask_secrets(lines[0]).removeprefix("connection failed: ") if lines else ""
    advice = find_advice(line, sqlstate=getattr(error, "sqlstate", None))
    said = [line or type(error).__name__, advice]
    return CarrierUnavailable(f"PostgreSQL: {'; '.join(filter(None, said))}")


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn errors of PostgreSQL and of the network into CarrierUnavailable, whose cause they are."""
    try:
        yield
    except (Error, OSError) as error:
        raise explain(error) from error


@contextlib.contextmanager
def limited(connection: Connection, seconds: float = _STATEMENT_SECONDS) -> Iterator[None]:
    """Cut the line of a statement that takes too long; cancelling it would wait for an answer over the same dead line."""
    timer = asyncio.get_running_loop().call_later(seconds, _cut, connection)
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: Connection) -> None:
    """End a connection's line; whoever waits for an answer is told that it is gone."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def _complete(database: str, what: str) -> str:
    given = conninfo_to_dict(database)
    options = f"{_PATIENCE} {given.get('options') or ''} {_SERVER_OPTIONS}"
    added = {key: value for key, value in _LINE.items() if key not in given}
    # whatever the database's own is: without a conversion psycopg takes text for bytes
    encoding = {"client_encoding": "UTF8"}
    return make_conninfo(database, application_name=what, options=options, **added, **encoding)
