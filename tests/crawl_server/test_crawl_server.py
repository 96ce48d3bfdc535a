"""A forked process behaves like the started one it replaces: its end, its signals, its descriptors."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest


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


def _find_forked(process: subprocess.Popen[bytes]) -> int:
    """Return the forked process, which holds the other end of the pipe to the started one."""
    assert process.stdin is not None
    pipe = os.readlink(f"/proc/self/fd/{process.stdin.fileno()}")  # noqa: PTH115  # not a path
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                name = os.readlink(folder / "fd" / "0")  # noqa: PTH115
            except OSError:
                continue
            if name == pipe and int(folder.name) != process.pid:
                return int(folder.name)
    raise AssertionError("nothing was forked")


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text():
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
