"""The crawl process's one connection to the database, with a thread of its own."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from crawler.storage.database import open_for_writing

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Writer:
    """Runs storage work off the event loop: a commit waits for the disk, and the reactor must not."""

    def __init__(self, path: Path) -> None:
        self._connection = open_for_writing(path)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Call a function with the connection and give what it gives; calls run one after another."""
        call = partial(function, self._connection, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def close(self) -> None:
        """Let the last piece of work end, then close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()
