"""The web pages on a database that nobody can write: a mounted backup, an archive on a read-only disk."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.web.test_web_pages import get
from tests.storage.broken_files import READ_ONLY, can_mount, make_database, mounted
from watchword.web.ports import find_free_port
from watchword.web.server import wait_until_open

# in a mount namespace of its own, where nothing forked elsewhere sees the read-only file system
pytestmark = [pytest.mark.slow, pytest.mark.own_process]

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(not can_mount(), reason="this user may not mount")
def test_browse_serves_a_read_only_file_system(tmp_path: Path) -> None:
    folder, port = tmp_path / "place", find_free_port()
    folder.mkdir()
    make_database(folder)
    shutil.copy(folder / "w.toml", tmp_path)
    command = [sys.executable, "-m", "watchword", "--config", str(tmp_path / "w.toml"), "browse"]
    child = subprocess.Popen(
        mounted(READ_ONLY, folder, *command, "--port", str(port)),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        web = wait_until_open("127.0.0.1", port)
        pages = ["", "watchword/articles", "watchword/articles/1", "-/alerts.atom"]
        answers = {page: get(f"{web}{page}")[:2] for page in pages}
    finally:
        os.killpg(child.pid, signal.SIGINT)
        child.wait(10)

    assert {page: status for page, (status, _) in answers.items()} == dict.fromkeys(pages, 200)
    assert "Story 0" in answers["watchword/articles/1"][1]
