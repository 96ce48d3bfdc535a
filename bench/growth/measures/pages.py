"""The web pages on an archive: CPU time of the first and the second request of each, in a server that was just started."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from bench.endtoend.tree import Tree
from bench.growth.measures.commands import COMMON
from bench.soak.processes import MARK
from crawler.config.load import load_config
from crawler.storage.file.database import open_for_reading
from watchword.web.ports import find_free_port

_START_SECONDS = 120
# the watcher of processes looks ten times a second
_LOOK_SECONDS = 0.25


def measure_pages(file: Path) -> dict[str, float]:
    """Return milliseconds of the clock of each page's first and second request."""
    mark, port = uuid4().hex, find_free_port("127.0.0.1")
    command = [
        sys.executable,
        "-m",
        "watchword",
        "--config",
        str(file),
        "browse",
        "--port",
        str(port),
    ]
    found = {}
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, MARK: mark},
    ) as server:
        tree = Tree(mark)
        tree.start()
        try:
            _wait(port)
            for name, path in _list_pages(file):
                for turn in ("first", "again"):
                    time.sleep(_LOOK_SECONDS)
                    before = tree.all_cpu_seconds
                    _ask(port, path)
                    time.sleep(_LOOK_SECONDS)
                    found[f"{name}, {turn}, CPU ms"] = (tree.all_cpu_seconds - before) * 1000
        finally:
            server.terminate()
            tree.stop()
    return found


def _list_pages(file: Path) -> tuple[tuple[str, str], ...]:
    path = load_config(file, environ={}).store.path
    with closing(open_for_reading(path)) as connection:
        article = connection.execute("SELECT max(id) FROM articles").fetchone()[0]
    base = f"/{path.stem}"
    return (
        ("home", "/"),
        ("articles", f"{base}/articles"),
        ("one article", f"{base}/articles/{article}"),
        ("search, a rare word", f"{base}/articles?_search=zyzzyvaquux"),
        ("search, a common word", f"{base}/articles?_search={COMMON}"),
    )


def _ask(port: int, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=_START_SECONDS) as answer:
        answer.read()


def _wait(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            # a page that asks nothing of the database
            _ask(port, "/-/static/app.css")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the web pages did not open")
