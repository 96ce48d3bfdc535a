"""Datasette on the live database, so that it can be read and not written: started, watched, and ended with us."""

import asyncio
import contextlib
import errno
import http.client
import logging
import random
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from crawler.backoff import AROUND, Backoff
from crawler.log import Repeats, log_event
from crawler.machine.python_child import child_environment, python_command
from crawler.storage.file.read_only import is_frozen
from watchword.web.owner_login import PASSWORD_VARIABLE
from watchword.web.public_address import ALIVE_PATH, PID_HEADER, write_origin

_log = logging.getLogger("watchword.daemon")
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_OPEN_SECONDS = 60.0  # a small machine under load takes its time
_LOOK_SECONDS = 0.2
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(minutes=1), AROUND)
# one that lived this long was well: the next death starts the waits anew
_WELL_SECONDS = 60.0
_STOP_SECONDS = 5.0


def _write_command(database: Path, *, host: str, port: int, url: str) -> list[str]:
    """Return the command that serves the web pages."""
    command = [*python_command("crawler.machine.bound_process", "watchword.web.datasette_process")]
    command += [str(database.absolute()), f"--host={host}", f"--port={port}", f"--url={url}"]
    return command + (["--frozen"] if is_frozen(database) else [])


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


def start_web_pages(  # noqa: PLR0913  # what web pages are told
    database: Path,
    config_path: Path,
    *,
    port: int,
    host: str = "127.0.0.1",
    url: str = "",
    is_root: bool = False,
    password: str = "",
    **how: Any,
) -> BoundProcess:
    """Start the web pages; it knows the configuration, for what a watch means is written there.

    It ends when we end, or let go of what is returned: its standard input is a pipe that we hold.

    url       ``[web] url`` where it is said: how readers reach it
    is_root   have a login link printed
    password  what the owner logs in with; empty for no login page
    how       what else ``Popen`` is told
    """
    command = _write_command(database, host=strip_brackets(host), port=port, url=url)
    command += ["--root"] if is_root else []
    environment = {**child_environment(), "WATCHWORD_CONFIG": str(config_path)}
    # not as an argument, which everybody on this machine can read
    environment.pop(f"{PASSWORD_VARIABLE}_FILE", None)
    environment[PASSWORD_VARIABLE] = password
    return BoundProcess(command, env=environment, stdin=subprocess.PIPE, **how)


class WebPages:
    """The web pages, started again whenever it dies, until ``stop``.

    start     starts it
    on_open   called with its address whenever it has begun to answer
    on_taken  called with what is in the way whenever it does not get its port
    """

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        *,
        host: str,
        port: int,
        on_open: Callable[[str], object] = lambda _url: None,
        on_taken: Callable[[str], object] = lambda _problem: None,
        backoff: Backoff = _BACKOFF,
    ) -> None:
        self._start = start
        self._host = strip_brackets(host)
        self._port = port
        self._on_open = on_open
        self._on_taken = on_taken
        self._backoff = backoff
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
        end_count, clock = 0, asyncio.get_running_loop().time
        try:
            while not self._stop_asked.is_set():
                began = clock()
                reason = await self._live_once()
                if self._stop_asked.is_set():
                    return
                if clock() - began > _WELL_SECONDS:
                    end_count = 0
                self.restart_count += 1
                end_count += 1
                if not self._repeats.is_repeat(reason):
                    log_event(_log, logging.ERROR, "web pages ended", reason=reason)
                await self._pause(self._backoff.draw_after(end_count, _RNG).total_seconds())
        finally:
            self._is_idle.set()

    async def stop(self) -> None:
        """End it, and ``supervise`` with it."""
        self._stop_asked.set()
        await self._is_idle.wait()

    async def _live_once(self) -> str:
        """Run it from its start to its end and return why it ended."""
        # whoever listens there would answer in its place
        if problem := await asyncio.to_thread(find_port_problem, self._host, self._port):
            self._on_taken(problem)
            return problem
        try:
            child = self._start()
        except OSError as error:  # no memory, no process left
            return repr(error)
        is_open = False
        try:
            while child.poll() is None and not self._stop_asked.is_set():
                if not is_open and await asyncio.to_thread(self._answers, child.pid):
                    is_open = True
                    with contextlib.suppress(OSError):  # nobody reads what we print any more
                        self._on_open(f"{write_origin(self._host, self._port)}/")
                await self._pause(_LOOK_SECONDS)
        except Exception as error:
            return repr(error)
        finally:
            await _end(child)
        return f"code {child.returncode}"

    def _answers(self, pid: int) -> bool:
        return find_web_pid(self._host, self._port) == pid

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop_asked.wait(), seconds)
        except TimeoutError:
            return


async def _end(child: subprocess.Popen[bytes]) -> None:
    """End the web pages: in order, and if that takes long at once. It only reads: nothing can be lost."""
    child.terminate()
    deadline = asyncio.get_running_loop().time() + _STOP_SECONDS
    while child.poll() is None:
        if asyncio.get_running_loop().time() > deadline:
            child.kill()
        await asyncio.sleep(0.05)


def find_free_port(host: str = "127.0.0.1") -> int:
    """Return a port nobody listens on now; raises OSError where the host is none of this machine."""
    host = strip_brackets(host)
    family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
    with socket.create_server((host, 0), family=family) as probe:
        port: int = probe.getsockname()[1]
    return port


def strip_brackets(host: str) -> str:
    """Return a host as sockets take it: ``[::1]`` is written with brackets in addresses alone."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def find_port_problem(host: str, port: int) -> str:
    """Say why we could not listen there now; empty if we could."""
    host = strip_brackets(host)
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            probe.bind(place)
            probe.listen()
    except OSError as error:
        return _explain(error, host, port)
    return ""


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        pid = find_web_pid(host, port)
        by = f" by other web pages of Watchword (process {pid})" if pid else ""
        return f"port {port} is taken{by}; --port 0 takes a free one"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"port {port} is not for this user; --port 0 takes a free one, ports from 1024 are for everybody"
    return f"{host} is no address of this machine that can be listened on: {error.strerror}"


def find_web_pid(host: str, port: int) -> int:
    """Return the process whose web pages answer there, 0 where there are none of ours."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{write_origin(host, port)}{ALIVE_PATH}", timeout=2) as answer:
            stated = answer.headers.get(PID_HEADER, "")
    except (OSError, ValueError, http.client.HTTPException):  # whatever a stranger answers
        return 0
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 12 else 0


def wait_until_open(host: str, port: int, *, pid: int = 0) -> str:
    """Wait until the web pages answer and return its address; raises TimeoutError if it never does.

    pid  the process of ours that is to answer, 0 for any of ours
    """
    host = strip_brackets(host)
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        found = find_web_pid(host, port)
        if found and pid in {0, found}:
            return f"{write_origin(host, port)}/"
        time.sleep(0.2)
    raise TimeoutError(f"the web pages at {write_origin(host, port)}/ did not answer")
