"""A line between a worker and PostgreSQL that can be cut: nothing passes, and nobody is told."""

import asyncio
import threading
from typing import Self

from tests.servers.postgres_server import Line


class Proxy:
    """A line in a thread of its own; what waits while it is cut passes once it is mended."""

    def __init__(self, socket_path: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._line = Line(socket_path)

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return self._line.port

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._line.open(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._line.cut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._loop.call_soon_threadsafe(self._line.hold)

    def mend(self) -> None:
        """Let everything pass again, what waited first."""
        self._loop.call_soon_threadsafe(self._line.release)
