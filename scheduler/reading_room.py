"""Datasette on the live database, so that it can be read and not written: started, watched, and ended with us."""

import asyncio
import contextlib
import logging
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from crawler.log import Repeats, log_event
from crawler.python_child import child_environment, python_command
from crawler.storage.reading import is_frozen

_log = logging.getLogger("watchword.daemon")
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_ROOM = Path(__file__).resolve().parents[1] / "datasette"
_OPEN_SECONDS = 60.0  # a small machine under load takes its time
_LOOK_SECONDS = 0.2
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
# one that lived this long was well: the next death starts the waits anew
_WELL_SECONDS = 60.0
_STOP_SECONDS = 5.0


def _write_command(database: Path, *, host: str, port: int) -> list[str]:
    """Return the command that serves the reading room.

    The file is served live, read-only by Datasette's own doing. With ``-i`` it would answer from before the last
    checkpoint, so only a file that nobody can change where it lies is served that way: there is no other there.
    """
    settings = {"default_page_size": "50", "sql_time_limit_ms": "5000", "allow_download": "off"}
    file = ["-i", str(database)] if is_frozen(database) else [str(database)]
    command = [*python_command("scheduler.bound_process", "datasette"), *file]
    command += ["-h", host, "-p", str(port), "-m", str(_ROOM / "datasette.yml")]
    command += ["--template-dir", str(_ROOM / "templates"), "--plugins-dir", str(_ROOM / "plugins")]
    command += ["--static", f"assets:{_ROOM / 'static'}"]
    for name, value in settings.items():
        command += ["--setting", name, value]
    return command


class BoundProcess(subprocess.Popen[bytes]):
    """A process that holds on to life by a pipe of ours, which is closed once it was seen to have ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, as ``Popen`` does."""
        code = super().wait(timeout)
        self._let_go()
        return code

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        code = super().poll()
        if code is not None:
            self._let_go()
        return code

    def _let_go(self) -> None:
        if self.stdin is not None:
            self.stdin.close()


def start_reading_room(
    database: Path,
    config_path: Path,
    *,
    port: int,
    host: str = "127.0.0.1",
    is_root: bool = False,
    **how: Any,
) -> BoundProcess:
    """Start the reading room; it knows the configuration, for what a watch means is written there.

    It ends when we end, or let go of what is returned: its standard input is a pipe that we hold.

    is_root  have a login link printed
    how      what else ``Popen`` is told
    """
    command = _write_command(database, host=host, port=port) + (["--root"] if is_root else [])
    environment = {**child_environment(), "WATCHWORD_CONFIG": str(config_path)}
    return BoundProcess(command, env=environment, stdin=subprocess.PIPE, **how)


class ReadingRoom:
    """The reading room, started again whenever it dies, until ``stop``.

    start    starts it
    on_open  called with its address whenever it has begun to answer
    """

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        *,
        host: str,
        port: int,
        on_open: Callable[[str], object] = lambda _url: None,
        waits_seconds: Sequence[float] = (_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS),
    ) -> None:
        self._start = start
        self._host = host
        self._address = ("127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104  # compared, not bound
        self._on_open = on_open
        self._first_wait, self._longest_wait = waits_seconds
        self._repeats = Repeats()
        self._stop_asked = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._supervising: asyncio.Task[None] | None = None
        self.restart_count = 0

    def open(self) -> None:
        """Begin to supervise it, beside whatever the running event loop does."""
        self._is_idle.clear()
        self._supervising = asyncio.get_running_loop().create_task(self.supervise())

    async def supervise(self) -> None:
        """Keep it open until ``stop``; whatever goes wrong is said, and nothing of it is raised."""
        self._is_idle.clear()
        wait_seconds, clock = self._first_wait, asyncio.get_running_loop().time
        try:
            while not self._stop_asked.is_set():
                began = clock()
                reason = await self._live_once()
                if self._stop_asked.is_set():
                    return
                if clock() - began > _WELL_SECONDS:
                    wait_seconds = self._first_wait
                self.restart_count += 1
                if not self._repeats.is_repeat(reason):
                    log_event(_log, logging.ERROR, "reading room ended", reason=reason)
                await self._pause(wait_seconds * _RNG.uniform(0.8, 1.2))
                wait_seconds = min(wait_seconds * 2, self._longest_wait)
        finally:
            self._is_idle.set()

    async def stop(self) -> None:
        """End it, and ``supervise`` with it."""
        self._stop_asked.set()
        await self._is_idle.wait()

    async def _live_once(self) -> str:
        """Run it from its start to its end and return why it ended."""
        if not is_port_free(self._host, self._address[1]):
            # whoever listens there would answer in its place
            return f"{self._host}:{self._address[1]} is taken"
        try:
            child = self._start()
        except OSError as error:  # no memory, no process left
            return repr(error)
        is_open = False
        try:
            while child.poll() is None and not self._stop_asked.is_set():
                if not is_open and await self._answers():
                    is_open = True
                    with contextlib.suppress(OSError):  # nobody reads what we print any more
                        self._on_open(f"http://{self._address[0]}:{self._address[1]}/")
                await self._pause(_LOOK_SECONDS)
        except Exception as error:
            return repr(error)
        finally:
            await _end(child)
        return f"code {child.returncode}"

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(*self._address), 2)
        except OSError:  # TimeoutError is one
            return False
        writer.close()
        return True

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop_asked.wait(), seconds)
        except TimeoutError:
            return


async def _end(child: subprocess.Popen[bytes]) -> None:
    """End a reading room: in order, and if that takes long at once. It only reads: nothing can be lost."""
    child.terminate()
    deadline = asyncio.get_running_loop().time() + _STOP_SECONDS
    while child.poll() is None:
        if asyncio.get_running_loop().time() > deadline:
            child.kill()
        await asyncio.sleep(0.05)


def find_free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def is_port_free(host: str, port: int) -> bool:
    """Return whether we could listen there now."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError:
        return False
    return True


def wait_until_open(host: str, port: int) -> str:
    """Wait until the reading room answers and return its address; raises TimeoutError if it never does."""
    url = f"http://{host}:{port}/"
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # our own loopback address
                return url
        except urllib.error.HTTPError:
            return url
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"the reading room at {url} did not answer")
