"""Starting the crawl server of a test run, and the environment with which children use it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HERE = Path(__file__).resolve().parent
ROOT = _HERE.parents[1]


@contextmanager
def run_crawl_server() -> Iterator[dict[str, str]]:
    """Yield the variables with which children are forked from a server; none if WATCHWORD_TESTS_FORK=0 asks for real processes."""
    if os.environ.get("WATCHWORD_TESTS_FORK") == "0":
        yield {}
        return
    # a short name: the path of a Unix socket has at most 107 bytes
    with tempfile.TemporaryDirectory(prefix="ww-") as folder:
        place = f"{folder}/crawls"
        command = [sys.executable, "-m", "tests.crawl_server.server", place]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield {
                "TESTS_CRAWL_SERVER": place,
                "PYTHONPATH": os.pathsep.join([str(_HERE), str(ROOT)]),
            }
            server.stdin.close()
