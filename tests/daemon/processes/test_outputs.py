"""The real commands with outputs that are closed, full, stopped or gone: neither work nor exit code is affected."""

import os
import pty
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.daemon.test_daemon import DRONES, PROSE, ROOT, Running, is_sent
from tests.fakes import FakeMailbox, FakeSite

HEADLINE = "Ferry Leaves Late: مرفأ 海港 😀"
OUTPUTS = ["nothing is open", "the outputs are full", "nobody reads", "the readers went away"]


@pytest.fixture
def running(tmp_path: Path, site: FakeSite, mailbox: FakeMailbox) -> Iterator[Running]:
    site.put_article("/a", HEADLINE, PROSE, DRONES)
    site.put_feed("/rss", "/a")
    daemon = Running(tmp_path, site, mailbox)
    yield daemon
    for process in daemon.processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def output(request: pytest.FixtureRequest) -> Iterator[int | None]:
    """Yield a descriptor that accepts no output, or None."""
    reading, writing = os.pipe()
    if request.param == "nobody reads":
        os.set_blocking(writing, False)
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"x" * 512)
        os.set_blocking(writing, True)
    if request.param == "the readers went away":
        os.close(reading)
    full = os.open("/dev/full", os.O_WRONLY)
    yield {"nothing is open": None, "the outputs are full": full}.get(request.param, writing)
    for descriptor in (reading, writing, full):
        with suppress(OSError):
            os.close(descriptor)


def start(
    running: Running, command: str, *, output: int | None = None, how: str = ""
) -> subprocess.Popen[bytes]:
    how = how or ("<&- >&- 2>&-" if output is None else "")
    process = subprocess.Popen(
        [
            *("sh", "-c", f'exec "$0" -P -m watchword --config "$1" {command} {how}'),
            *(sys.executable, str(running.config)),
        ],
        cwd=ROOT,
        start_new_session=True,
        stdout=output,
        stderr=output,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    running.processes.append(process)
    return process


def list_files_in_place_of_outputs(pid: int) -> list[str]:
    """Return the regular files among the three standard descriptors of a process."""
    found = []
    for number in (0, 1, 2):
        with suppress(OSError):
            if stat.S_ISREG(os.stat(f"/proc/{pid}/fd/{number}").st_mode):  # noqa: PTH116
                found.append(os.readlink(f"/proc/{pid}/fd/{number}"))  # noqa: PTH115
    return found


@pytest.mark.own_process
@pytest.mark.parametrize("output", OUTPUTS, indirect=True)
def test_a_daemon_that_cannot_print_works_and_ends_in_order(
    output: int | None, running: Running
) -> None:
    process = start(running, "run", output=output)
    running.wait_for("SELECT state FROM deliveries", is_sent)
    before = running.ask("SELECT max(id) FROM visits")
    running.wait_for("SELECT max(id) FROM visits", lambda rows: rows > before)

    assert list_files_in_place_of_outputs(process.pid) == []
    assert list_files_in_place_of_outputs(running.crawl_pid()) == []
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert running.ask("SELECT count(*) FROM heartbeats") == [(0,)]


@pytest.mark.parametrize("output", OUTPUTS, indirect=True)
def test_a_crawl_that_cannot_print_does_its_work(output: int | None, running: Running) -> None:
    assert start(running, "crawl", output=output).wait(60) == 0
    assert running.ask("SELECT state FROM deliveries") == [("sent",)]


@pytest.mark.parametrize("output", ["nobody reads"], indirect=True)
def test_a_crawl_with_a_dead_source_reports_it_by_its_exit_code_alone(
    output: int | None, running: Running, site: FakeSite
) -> None:
    site.pages.clear()

    assert start(running, "crawl", output=output).wait(60) == 4


@pytest.mark.own_process
def test_a_closed_terminal_ends_nothing(running: Running) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "watchword", "--config", str(running.config), "run"],
        cwd=ROOT,
        start_new_session=True,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    running.processes.append(process)
    os.close(theirs)
    running.wait_for("SELECT state FROM deliveries", is_sent)

    os.close(ours)
    process.send_signal(signal.SIGHUP)
    before = running.ask("SELECT max(id) FROM visits")

    running.wait_for("SELECT max(id) FROM visits", lambda rows: rows > before)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_exit_codes_are_those_of_the_work_and_of_the_output_of_a_listing(running: Running) -> None:
    assert start(running, "crawl").wait(60) == 0

    for command, how, code in (
        ("source list", ">&-", 0),
        ("source list", "| head -c 1 >/dev/null; exit 0", 0),
        ("source list", ">/dev/full", 1),
        ("source list --json", ">/dev/full", 1),
        ("source list --limit 0", "2>&-", 2),
        ("source show nobody", "2>/dev/full", 2),
        ("source pause courier", ">/dev/full", 0),
        ("--help", ">&-", 0),
        ("demo --watches 0", "<&- >&- 2>&-", 2),
    ):
        assert start(running, command, how=how).wait(60) == code, (command, how)
