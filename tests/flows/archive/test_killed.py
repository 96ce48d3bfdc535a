"""Killed at any moment of its work, an archiver loses no page, and the next one goes on."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.fakes import START
from tests.flows.archive.archiving import (
    DAY,
    archive,
    body_of,
    count_in_database,
    make_pages,
    read_bodies,
)

_ROOT = Path(__file__).resolve().parents[3]
_WORK = """
import sys
from pathlib import Path
from tests.fakes import START
from tests.flows.archive.archiving import DAY, archive
from tests.conftest import make_config
folder = Path(sys.argv[1])
print("begins", flush=True)
archive(make_config(folder, archive={"to": str(folder / "archive")}), now=START + 9 * DAY)
print("ended", flush=True)
"""


def test_killed_again_and_again_it_loses_no_page(tmp_path: Path) -> None:
    config = make_pages(tmp_path, days=5, a_day=8, size=400_000)
    every = {number + 1: body_of(number, size=400_000) for number in range(40)}
    chance, kills = Random(7), 0

    for _ in range(25):
        work = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(tmp_path)], cwd=_ROOT, stdout=subprocess.PIPE
        )
        assert work.stdout is not None
        assert work.stdout.readline() == b"begins\n"
        time.sleep(chance.uniform(0.01, 0.25))
        if work.poll() is None:
            os.kill(work.pid, signal.SIGKILL)
        is_ended = work.communicate()[0] == b"ended\n"
        kills += not is_ended
        assert read_bodies(config) == every
        if is_ended and kills:
            break

    archive(config, now=START + 9 * DAY + timedelta(hours=1))
    assert kills > 0
    assert count_in_database(config) == 0
    assert read_bodies(config) == every
    assert not [*(tmp_path / "archive").glob("*.part")] or kills
