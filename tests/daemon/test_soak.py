"""A soak as a test: ``make soak``; minutes by WATCHWORD_SOAK_MINUTES."""

import os
import subprocess
import sys

import pytest


@pytest.mark.soak
@pytest.mark.own_process
def test_among_hostile_sites_each_alert_comes_once_and_no_process_grows() -> None:
    minutes = os.environ.get("WATCHWORD_SOAK_MINUTES", "5")

    ended = subprocess.run([sys.executable, "-m", "bench.soak", "--minutes", minutes], check=False)

    assert ended.returncode == 0
