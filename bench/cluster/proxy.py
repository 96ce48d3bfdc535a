"""A line between a worker and PostgreSQL that can be cut: nothing passes, and nobody is told."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_CHUNK = 65_536


class Proxy:
    """Passes bytes from a TCP port of loopback to a Unix socket, in a thread of its own.

    While it is cut, bytes wait, and new connections are accepted and hear nothing, as behind a firewall that drops packets.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._tasks = set[asyncio.Task[None]]()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.port = starting.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._loop.call_soon_threadsafe(self._is_whole.clear)

    def mend(self) -> None:
        """Let everything pass again, what waited first."""
        self._loop.call_soon_threadsafe(self._is_whole.set)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._is_whole.wait()
            back_reader, back_writer = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            writer.close()
            return
        ways = (self._copy(reader, back_writer), self._copy(back_reader, writer))
        await asyncio.gather(*ways)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._is_whole.wait()
                writer.write(chunk)
                await writer.drain()
        await self._is_whole.wait()
        writer.close()
