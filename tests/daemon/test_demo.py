"""The demo, started as a newcomer starts it."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from crawler.clock import Clock
from tests.fakes import FakeClock
from watchword.demo.newspaper import Newspaper

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.own_process
def test_make_demo_shows_the_whole_job_and_ends_by_itself(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # the demo leaves its folder, to be opened again
    folder = tmp_path_factory.mktemp("demo")
    environ = {**os.environ, "DEMO_EXIT": "1", "COLUMNS": "100"}
    # variables of a real installation must not affect it; the image sets these
    environ |= {
        "TMPDIR": str(folder),
        "WATCHWORD_CONFIG": str(tmp_path),
        "WATCHWORD_DATABASE": str(tmp_path / "real.db"),
        "WATCHWORD_MAIL_HOST": "smtp.example.invalid",
    }

    done = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for words in (
        "the first alert",
        "*drones*",
        "same story as",
        "revised",
        "1 refused",
        "3 alerts delivered",
    ):
        assert words in done.stdout
    mail = re.search(r"The mail is in (\S+)", done.stdout)
    assert mail is not None
    assert Path(mail[1]).exists()
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())
    # it says nothing while nothing happens, no address that has closed, and last how to open it again
    assert "nothing new" not in done.stdout
    assert "web pages" not in done.stdout
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"\S*watchword --config \S+/watchword.toml browse", last)


@pytest.mark.own_process
def test_a_demo_whose_daemon_ends_says_what_was_not_seen(tmp_path: Path) -> None:
    environ = {**os.environ, "COLUMNS": "80", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "watchword", "demo", "--exit"]

    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        while not (children := list_children(demo.pid)):
            assert demo.poll() is None
        # the first is the daemon: it has only just begun
        os.kill(children[0], signal.SIGKILL)
        printed = demo.stdout.read()

    assert demo.returncode == 1
    assert (
        "The demo did not finish: the copy of the survey story, the correction of the library story"
        in printed
    )
    assert "and the alert about the ferry were not seen." in printed


def list_children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(
        url, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_the_newspaper_changes_with_its_clock(clock: Clock) -> None:
    assert isinstance(clock, FakeClock)
    with Newspaper(clock=clock) as paper:
        courier, gazette = paper.outlets
        before = get(gazette.feed_url)[1]
        ferry = f"{courier.home_url}news/ferry-timetable.html"
        first = get(ferry)[1]
        clock.advance(seconds=60)
        after, edited = get(gazette.feed_url)[1], get(ferry)[1]

    assert "lighthouse-drone" not in before
    assert "lighthouse-drone" in after
    assert "drones hovered" not in first
    assert "drones hovered" in edited


def test_the_newspaper_answers_as_sites_do(clock: Clock) -> None:
    with Newspaper(clock=clock) as paper:
        courier, gazette = paper.outlets
        status, _, headers = get(courier.feed_url)
        again = get(courier.feed_url, If_None_Match=headers["ETag"])
        home = get(courier.home_url)[1]
        missing = get(f"{gazette.home_url}news/withdrawn.html")
        shell = get(f"{courier.home_url}news/live-ticker.html")

    assert (status, again[0], again[1]) == (200, 304, "")
    assert 'rel="alternate"' in home
    assert missing[0] == 404
    assert (shell[0], "Please Wait" in shell[1]) == (200, True)
