"""A forked process behaves like the started one it replaces: its end, its signals, its descriptors."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from crawler.machine.processes.python_child import python_command
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from watchword.web.ports import find_free_port
from watchword.web.server import BoundProcess, wait_until_open


@pytest.fixture
def environment(crawl_server: Mapping[str, str]) -> dict[str, str]:
    if not crawl_server:
        pytest.skip("WATCHWORD_TESTS_FORK=0")
    return {**os.environ, **crawl_server}


@pytest.fixture
def crawl(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a crawl process that waits for its first line."""
    command = [sys.executable, "-P", "-m", "crawler"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, env=environment, start_new_session=True) as process:  # fmt: skip
        yield process
        process.kill()


def _find_forked(process: subprocess.Popen[bytes], *others: int) -> int:
    """Return the forked process, which holds the other end of the pipe to the started one, as these others do."""
    assert process.stdin is not None
    pipe = os.readlink(f"/proc/self/fd/{process.stdin.fileno()}")  # noqa: PTH115  # not a path
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                name = os.readlink(folder / "fd" / "0")  # noqa: PTH115
            except OSError:
                continue
            if name == pipe and int(folder.name) not in {process.pid, *others}:
                return int(folder.name)
    raise AssertionError("nothing was forked")


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # the latter: gone between open and read
        return False


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_forked_process_and_the_started_one_end_together(crawl: subprocess.Popen[bytes]) -> None:
    _, printed = crawl.communicate(b"no order\n", timeout=60)

    assert crawl.returncode == 1
    assert b"JSONDecodeError" in printed


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_ends_both(crawl: subprocess.Popen[bytes], number: signal.Signals) -> None:
    forked = _find_forked(crawl)

    crawl.send_signal(number)

    assert crawl.wait(timeout=60) == -number
    _wait_until_gone(forked)


def test_a_forked_process_has_a_session_of_its_own_where_requested(
    crawl: subprocess.Popen[bytes],
) -> None:
    forked = _find_forked(crawl)

    assert os.getsid(forked) == forked


def test_other_modules_are_started_as_usual(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "crawler.clock"], env=environment, check=False
    )

    assert ended.returncode == 0


def test_a_signal_arrives_from_a_process_namespace_too(environment: dict[str, str]) -> None:
    own_processes = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if subprocess.run([*own_processes, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a process namespace needs root")
    command = [*own_processes, sys.executable, "-P", "-m", "crawler"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        started = int(_wait_for_child(process.pid))
        _find_forked(process, started)

        os.kill(started, signal.SIGTERM)

        # process 1 cannot kill itself, and exits with the negative code of the forked one
        assert process.wait(60) == 256 - signal.SIGTERM


def _wait_for_child(pid: int) -> str:
    deadline = time.monotonic() + 60
    while not (children := Path(f"/proc/{pid}/task/{pid}/children").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return children.split()[0]


def test_forked_web_pages_state_the_process_that_was_started(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with closing(open_for_writing(tmp_path / "w.db")) as database:
        migrate(database)
    port = find_free_port()
    command = python_command(
        "crawler.machine.processes.bound_process", "watchword.web.datasette_process"
    )
    with BoundProcess(
        [*command, str(tmp_path / "w.db"), "--host=127.0.0.1", f"--port={port}"],
        stdin=subprocess.PIPE,
        env=environment,
    ) as web:
        wait_until_open("127.0.0.1", port, child=web)
        forked = _find_forked(web)
        web.terminate()

        assert web.wait(60) == -signal.SIGTERM
        _wait_until_gone(forked)
