"""The process of the web pages: it ends with its parent, and is started again when it dies."""

import asyncio
import io
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.backoff import Backoff
from crawler.log import set_up_logging
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.process.heartbeats import list_heartbeats
from watchword.web.ports import find_free_port
from watchword.web.server import WebPages

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0
QUICK = Backoff(timedelta(seconds=0.02), timedelta(seconds=0.1))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    connection = open_for_writing(tmp_path / "w.db")
    migrate(connection)
    connection.close()
    file = tmp_path / "w.toml"
    file.write_text(f'[store]\npath = "{tmp_path}/w.db"\n')
    return file


@contextmanager
def watchword(config: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a running command that has printed the address of its web pages."""
    process = subprocess.Popen(
        [sys.executable, "-m", "watchword", "--config", str(config), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Web pages: http" in line:
                break
        else:
            raise AssertionError("it ended")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def find_web_pid(parent: int) -> int:
    """Wait for the Datasette that a process started, and return its pid."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            with suppress(OSError):
                if b"datasette" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
        time.sleep(0.05)
    raise AssertionError("no web pages")


def wait_for_end(pidfd: int) -> bool:
    readable, _, _ = select.select([pidfd], [], [], PATIENCE_SECONDS)
    os.close(pidfd)
    return bool(readable)


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.own_process)],
)
def test_whatever_ends_browse_ends_its_datasette(config: Path, number: signal.Signals) -> None:
    with watchword(config, "browse", "--port", "0") as browse:
        web = os.pidfd_open(find_web_pid(browse.pid))

        browse.send_signal(number)

        assert wait_for_end(web)
        assert browse.wait(PATIENCE_SECONDS) == (-9 if number is signal.SIGKILL else 0)


def test_a_datasette_that_dies_under_browse_is_started_again(config: Path) -> None:
    with watchword(config, "browse", "--port", "0") as browse:
        first = find_web_pid(browse.pid)
        ended = os.pidfd_open(first)

        os.kill(first, signal.SIGKILL)
        assert wait_for_end(ended)
        assert browse.stdout is not None
        line = browse.stdout.readline()
        while "web pages ended" not in line:
            line = browse.stdout.readline()
        assert "code -9" in line

        assert find_web_pid(browse.pid) != first


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.own_process)]
)
def test_the_daemon_outlives_its_web_pages_and_not_vice_versa(
    config: Path, number: signal.Signals
) -> None:
    port = str(find_free_port())
    with watchword(config, "run", "--quiet", "--browse", "--port", port) as daemon:
        first = find_web_pid(daemon.pid)
        ended = os.pidfd_open(first)

        os.kill(first, signal.SIGKILL)
        assert wait_for_end(ended)
        second = os.pidfd_open(find_web_pid(daemon.pid))
        assert daemon.poll() is None

        daemon.send_signal(number)
        assert wait_for_end(second)
        assert daemon.wait(PATIENCE_SECONDS) == (-9 if number is signal.SIGKILL else 0)


def test_a_taken_port_is_reported(config: Path) -> None:
    port = find_free_port()
    with watchword(config, "browse", "--port", str(port)):
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "watchword",
                "--config",
                str(config),
                "browse",
                "--port",
                str(port),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert second.returncode == 1
    assert f"port {port} is taken" in second.stderr
    assert "--port 0 takes a free one" in second.stderr


Start = Callable[[], subprocess.Popen[bytes]]


@asynccontextmanager
async def opened(start: Start) -> AsyncIterator[WebPages]:
    web = WebPages(start, host="127.0.0.1", port=find_free_port(), backoff=QUICK)
    web.open()
    try:
        yield web
    finally:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await web.stop()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_web_pages_that_always_die_are_restarted_endlessly_and_reported_once() -> None:
    log = io.StringIO()
    set_up_logging(stream=log)
    async with opened(lambda: subprocess.Popen([sys.executable, "-c", "exit(3)"])) as web:
        await until(lambda: web.restart_count >= 5)

    assert log.getvalue().count("web pages ended") == 1
    assert 'web pages ended reason="code 3"' in log.getvalue()


def without_datasette(folder: Path) -> dict[str, str]:
    """Return an environment in which importing Datasette ends the process."""
    broken = folder / "broken" / "datasette"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise SystemExit(7)")
    return {**os.environ, "PYTHONPATH": str(broken.parent)}


@pytest.mark.long
def test_a_daemon_without_web_pages_works_on_and_doctor_says_so(
    config: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "watchword", "--config", str(config)]
    daemon = subprocess.Popen(
        [*command, "run", "--quiet", "--browse", "--port", "0"],
        cwd=ROOT,
        env=without_datasette(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    printed, deadline = "", time.monotonic() + PATIENCE_SECONDS
    try:
        while "not open: code 7" not in printed:
            assert time.monotonic() < deadline, printed
            done = subprocess.run(
                [*command, "doctor"], cwd=ROOT, capture_output=True, text=True, check=False
            )
            printed = done.stdout
        assert daemon.poll() is None
        daemon.terminate()
        assert daemon.wait(PATIENCE_SECONDS) == 0
    finally:
        daemon.kill()
        daemon.wait()

    with closing(open_for_reading(tmp_path / "w.db")) as connection:
        assert list_heartbeats(connection) == ()


async def test_five_starts_without_a_page_are_said_while_it_goes_on() -> None:
    printed: list[str] = []
    web = WebPages(
        lambda: subprocess.Popen([sys.executable, "-c", "exit(3)"]),
        host="127.0.0.1",
        port=find_free_port(),
        on_hopeless=printed.append,
        backoff=QUICK,
    )
    web.open()
    await until(lambda: web.restart_count >= 6)
    await web.stop()

    assert "ended 5 times before it answered, at last with code 3" in printed[0]


@pytest.mark.long
def test_browse_ends_with_a_sentence_where_no_page_can_ever_be_opened(
    config: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "watchword", "--config", str(config), "browse", "--port", "0"],
        cwd=ROOT,
        env=without_datasette(tmp_path),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert "the web pages could not be opened: their process ended 5 times" in done.stderr
    assert "Traceback" not in done.stderr


async def test_one_that_cannot_be_started_is_tried_again() -> None:
    alive: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        if web.restart_count < 3:
            raise BlockingIOError("Resource temporarily unavailable")
        alive.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        return alive[0]

    async with opened(start) as web:
        await until(lambda: bool(alive))

    assert alive[0].returncode == -signal.SIGTERM


STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('x', flush=True); time.sleep(600)"


async def test_web_pages_that_do_not_end_in_order_are_killed() -> None:
    alive: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
        alive.append(child)
        return child

    async with opened(start):
        await until(lambda: bool(alive))

    assert alive[0].returncode == -signal.SIGKILL
