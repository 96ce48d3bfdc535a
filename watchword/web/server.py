"""Start, supervise and end the process of the web pages."""

import asyncio
import contextlib
import logging
import random
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from crawler.backoff import AROUND, Backoff
from crawler.log import log_event, say_ended
from crawler.machine.processes.python_child import child_environment, python_command
from crawler.storage.file.read_only import is_frozen
from watchword.web.access.admission import Admission
from watchword.web.access.owner_login import PASSWORD_VARIABLE, TOKEN_VARIABLE
from watchword.web.ports import find_port_problem, find_web_pid, strip_brackets
from watchword.web.public_address import write_origin

_log = logging.getLogger("watchword.daemon")
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_OPEN_SECONDS = 60.0  # starting Datasette takes long on a small machine under load
_LOCAL = Admission()
# somebody waits for the pages to open
_LOOK_SECONDS = 0.2
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(minutes=1), AROUND)
# after a process that ran for this long, the waits start from the first one again
_WELL_SECONDS = 60.0
# with pauses of 1, 2, 4 and 8 s between them: a lack of memory or the like has a quarter of a minute to pass
_MOST_STARTS = 5
# then SIGKILL: half of the ten seconds in which the daemon promises to stop
_STOP_SECONDS = 5.0


def _write_command(
    database: Path, admission: Admission, *, host: str, port: int, url: str
) -> list[str]:
    """Return the command that serves the web pages."""
    command = [
        *python_command(
            "crawler.machine.processes.bound_process", "watchword.web.datasette_process"
        )
    ]
    command += [str(database.absolute()), f"--host={host}", f"--port={port}", f"--url={url}"]
    return command + admission.arguments + (["--frozen"] if is_frozen(database) else [])


class BoundProcess(subprocess.Popen[bytes]):
    """A process that ends when its standard input closes; the pipe is closed once the process has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, as ``Popen`` does."""
        code = super().wait(timeout)
        self._let_go()
        return code

    def poll(self) -> int | None:
        """Return its exit code, None while it runs."""
        code = super().poll()
        if code is not None:
            self._let_go()
        return code

    def _let_go(self) -> None:
        if self.stdin is not None:
            self.stdin.close()


def start_web_pages(  # the settings of web pages
    database: Path,
    config_path: Path,
    *,
    port: int,
    host: str = "127.0.0.1",
    url: str = "",
    admission: Admission = _LOCAL,
    **how: Any,
) -> BoundProcess:
    """Start the process of the web pages and return it.

    It ends with this process, or when the returned object is dropped: we hold the pipe of its standard input. It reads
    the configuration for locale, zone and watches.

    url        ``[web] url``, if set: the address readers use
    admission  who is let in
    how        further arguments of ``Popen``
    """
    command = _write_command(database, admission, host=strip_brackets(host), port=port, url=url)
    environment = {**child_environment(), "WATCHWORD_CONFIG": str(config_path)}
    # not arguments: every user of this machine can read those
    environment.pop(f"{PASSWORD_VARIABLE}_FILE", None)
    environment[PASSWORD_VARIABLE] = admission.password
    environment[TOKEN_VARIABLE] = admission.token
    return BoundProcess(command, env=environment, stdin=subprocess.PIPE, **how)


def write_sign_in(url: str, admission: Admission) -> str:
    """Return the link that signs in as the owner, once; empty if there is none.

    url  the address at which readers open the pages
    """
    return f"{url}-/auth-token?token={admission.token}" if admission.token else ""


class WebPages:
    """Keeps the web pages open: starts their process again whenever it ends, until ``stop``.

    start        starts the process
    on_open      called with the address each time the pages begin to answer
    on_hopeless  called with the reason each time the port cannot be used, and from the fifth start without an answer on;
                 further starts are made all the same, until ``stop``
    problem      why there are no pages now; empty while they are open, and before the first end
    """

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        *,
        host: str,
        port: int,
        on_open: Callable[[str], object] = lambda _url: None,
        on_hopeless: Callable[[str], object] = lambda _problem: None,
        backoff: Backoff = _BACKOFF,
    ) -> None:
        self._start = start
        self._host = strip_brackets(host)
        self._port = port
        self._on_open = on_open
        self._on_hopeless = on_hopeless
        self._was_open = False
        self._backoff = backoff
        self._stop_asked = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._supervising: asyncio.Task[None] | None = None
        self.problem = ""
        self.restart_count = 0

    def open(self) -> None:
        """Begin to supervise the process, as a task of the running event loop."""
        self._is_idle.clear()
        self._supervising = asyncio.get_running_loop().create_task(self.supervise())

    async def supervise(self) -> None:
        """Keep the pages open until ``stop``; faults are logged, none is raised."""
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
                self.problem = reason
                log_event(_log, logging.ERROR, "web pages ended", reason=reason)
                if not self._was_open and self.restart_count >= _MOST_STARTS:
                    self._on_hopeless(_explain_end(reason))
                await self._pause(self._backoff.draw_after(end_count, _RNG).total_seconds())
        finally:
            self._is_idle.set()

    async def stop(self) -> None:
        """End the process, and ``supervise`` with it."""
        self._stop_asked.set()
        await self._is_idle.wait()

    async def _live_once(self) -> str:
        """Run one process from its start to its end; return why it ended."""
        # another program that listens there would be taken for our pages
        if problem := await asyncio.to_thread(find_port_problem, self._host, self._port):
            self._on_hopeless(problem)
            return problem
        try:
            child = self._start()
        except OSError as error:  # no memory or no process left
            return repr(error)
        is_open = False
        try:
            while child.poll() is None and not self._stop_asked.is_set():
                if not is_open and await asyncio.to_thread(self._answers, child.pid):
                    is_open = self._was_open = True
                    self.problem = ""
                    say_ended("web pages ended")
                    # the terminal may be gone, and the pages must stay open all the same
                    with contextlib.suppress(OSError):
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


def _explain_end(reason: str) -> str:
    """Return a sentence on web pages that never opened; their process printed to the same terminal."""
    return (
        f"the web pages could not be opened: their process ended {_MOST_STARTS} times before it answered, at last with {reason}; "
        "its own messages are above, and `watchword doctor` checks the database"
    )


async def _end(child: subprocess.Popen[bytes]) -> None:
    """End the process, with SIGKILL if it takes long: it only reads, so nothing can be lost."""
    child.terminate()
    deadline = asyncio.get_running_loop().time() + _STOP_SECONDS
    while child.poll() is None:
        if asyncio.get_running_loop().time() > deadline:
            child.kill()
        await asyncio.sleep(0.05)


def wait_until_open(host: str, port: int, *, child: BoundProcess | None = None) -> str:
    """Wait until the web pages answer and return their address; raise TimeoutError after a minute.

    child  the process that must answer, None for any of Watchword's; if it ends, TimeoutError is raised at once
    """
    host = strip_brackets(host)
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        found = find_web_pid(host, port)
        if found and (child is None or child.pid == found):
            return f"{write_origin(host, port)}/"
        if child is not None and child.poll() is not None:
            raise TimeoutError(f"the process of the web pages ended with code {child.returncode}")
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"the web pages at {write_origin(host, port)}/ did not answer")
