"""From the start of a daemon to its first visit: the time of the clock, and the CPU time of all its processes by then."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from bench.endtoend.tree import Tree
from bench.growth.archive.settings import PORT
from bench.soak.processes import MARK
from crawler.config.load import load_config
from crawler.storage.file.database import open_for_writing, transaction
from tests.fakes import Asked, FakeSite, Reply, rss

_MOST_SECONDS = 600
_END_SECONDS = 60
# the watcher of processes looks ten times a second
_LOOK_SECONDS = 0.15


def measure_start(file: Path, *, port: int = PORT) -> dict[str, float]:
    """Start a daemon twice: its first start may have work to do that the second one finds done.

    port  where the sources of the configuration are
    """
    found = {}
    for turn in ("first", "again"):
        _make_due(file)
        with FakeSite(host="0.0.0.0", port=port) as site:  # loopback addresses of 127.0.0.0/8
            site.default = _answer
            seconds, cpu = _start(file, site)
        found[f"start to first visit, {turn}, s"] = seconds
        found[f"start to first visit, {turn}, CPU s"] = cpu
    return found


def _make_due(file: Path) -> None:
    """Make all sources due, if there is a database: a daemon visits nothing before its time."""
    path = load_config(file, environ={}).store.path
    if path.exists():
        with closing(open_for_writing(path)) as connection, transaction(connection):
            connection.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z'")


def _start(file: Path, site: FakeSite) -> tuple[float, float]:
    """Return the seconds from the start of the command to the first request of a feed, and CPU seconds."""
    mark, began = uuid4().hex, time.monotonic()
    command = [sys.executable, "-m", "watchword", "--config", str(file), "run", "--quiet"]
    tree = Tree(mark)
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, MARK: mark},
    ) as daemon:
        tree.start()
        try:
            while not any("/feed/" in asked.path for asked in list(site.asked)):
                if time.monotonic() - began > _MOST_SECONDS or daemon.poll() is not None:
                    raise SystemExit(f"no visit within {_MOST_SECONDS} seconds")
                time.sleep(0.02)
            seconds = time.monotonic() - began
            time.sleep(_LOOK_SECONDS)
            cpu = tree.all_cpu_seconds
        finally:
            daemon.send_signal(signal.SIGTERM)
            tree.stop()
            daemon.wait(_END_SECONDS)
    return seconds, cpu


def _answer(asked: Asked) -> Reply:
    if asked.path == "/robots.txt":
        return Reply(status=404)
    return Reply(rss([("http://127.0.0.1/1", "")]), content_type="application/rss+xml")
