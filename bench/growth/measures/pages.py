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
from crawler.alerting.links import write_name
from crawler.config.load import load_config
from crawler.storage.file.database import open_for_reading
from watchword.web.ports import find_free_port

_START_SECONDS = 120
# the watcher of processes looks ten times a second
_LOOK_SECONDS = 0.25


def measure_pages(file: Path) -> dict[str, float]:
    """Return milliseconds, of the clock and of the processor, of each page's first and second request."""
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
                    before, began = tree.all_cpu_seconds, time.monotonic()
                    _ask(port, path)
                    found[f"{name}, {turn}, ms"] = (time.monotonic() - began) * 1000
                    time.sleep(_LOOK_SECONDS)
                    found[f"{name}, {turn}, CPU ms"] = (tree.all_cpu_seconds - before) * 1000
        finally:
            server.terminate()
            tree.stop()
    return found


def _list_pages(file: Path) -> tuple[tuple[str, str], ...]:
    path = load_config(file, environ={}).store.path
    with closing(open_for_reading(path)) as connection:
        article, story = connection.execute(
            "SELECT max(id), max(story_id) FROM articles"
        ).fetchone()
        watch, source = (
            write_name(connection.execute(f"SELECT min(name) FROM {table}").fetchone()[0])
            for table in ("watches", "sources")
        )
    base = f"/{path.stem}"
    return (
        ("today", "/"),
        ("a story", f"/stories/{story}"),
        ("an article", f"/articles/{article}"),
        ("watches", "/watches"),
        ("a watch", f"/watches/{watch}"),
        ("sources", "/sources"),
        ("a source", f"/sources/{source}"),
        ("search, a rare word", "/search?q=zyzzyvaquux"),
        ("search, a common word", f"/search?q={COMMON}"),
        ("search, nearness", f"/search?q={COMMON}+NEAR/5+people"),
        ("search, a common word of a watch", f"/search?q={COMMON}&watch={watch}"),
        ("the table of articles", f"{base}/articles"),
    )


def _ask(port: int, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=_START_SECONDS) as answer:
        answer.read()


def _wait(port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            # a page that asks nothing of the database
            _ask(port, "/-/alive")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the web pages did not open")
