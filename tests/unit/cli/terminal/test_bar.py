"""Long work that somebody stops, in a real terminal and in a pipe."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.unit.cli.test_cli import ROOT

# works through 4,210 of 12,000 texts, and then waits for the signal
WORK = """
import sys, time
import click
from watchword.cli.terminal.bar import progress

@click.command()
def work():
    with progress("Looking back", advice="run it again to go on") as bar:
        for number in range(4211):
            bar(number, 12000)
        print("ready", flush=True)
        time.sleep(60)

sys.exit(work(standalone_mode=False))

"""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def start(stderr: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK], cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True
    )


def stop(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    return process.returncode


def test_ctrl_c_leaves_a_sentence_on_what_was_done(terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    process = start(theirs)
    os.close(theirs)

    code = stop(process)
    shown = os.read(ours, 100_000).decode()

    assert code == 130
    assert "Looking back" in shown
    assert "Stopped after 4,210 of 12,000 texts; run it again to go on." in shown


def test_a_pipe_gets_the_sentence_and_no_bar() -> None:
    reading, writing = os.pipe()
    process = start(writing)
    os.close(writing)

    code = stop(process)
    with os.fdopen(reading) as pipe:
        shown = pipe.read()

    assert (code, shown) == (130, "Stopped after 4,210 of 12,000 texts; run it again to go on.\n")
