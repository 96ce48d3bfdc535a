"""Starting Datasette on the live database, so that it can be read and not written."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from crawler.storage.reading import is_frozen

_ROOM = Path(__file__).resolve().parents[1] / "datasette"
_OPEN_SECONDS = 60.0  # a small machine under load takes its time


def _write_command(database: Path, *, host: str, port: int) -> list[str]:
    """Give the command that serves the reading room.

    The file is served live, read-only by Datasette's own doing. With ``-i`` it would answer from before the last
    checkpoint, so only a file that nobody can change where it lies is served that way: there is no other there.
    """
    settings = {"default_page_size": "50", "sql_time_limit_ms": "5000", "allow_download": "off"}
    file = ["-i", str(database)] if is_frozen(database) else [str(database)]
    command = [sys.executable, "-m", "datasette", *file, "-h", host, "-p", str(port)]
    command += ["-m", str(_ROOM / "datasette.yml")]
    command += ["--template-dir", str(_ROOM / "templates"), "--plugins-dir", str(_ROOM / "plugins")]
    command += ["--static", f"assets:{_ROOM / 'static'}"]
    for name, value in settings.items():
        command += ["--setting", name, value]
    return command


def start_reading_room(
    database: Path,
    config_path: Path,
    *,
    port: int,
    host: str = "127.0.0.1",
    is_root: bool = False,
    **how: Any,
) -> subprocess.Popen[bytes]:
    """Start the reading room; it knows the configuration, for what a watch means is written there.

    is_root  have a login link printed
    how      what else ``Popen`` is told
    """
    command = _write_command(database, host=host, port=port) + (["--root"] if is_root else [])
    environment = {**os.environ, "WATCHWORD_CONFIG": str(config_path)}
    return subprocess.Popen(command, env=environment, **how)  # noqa: S603  # our own command


def find_free_port() -> int:
    """Give a loopback port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def wait_until_open(host: str, port: int) -> str:
    """Wait until the reading room answers and give its address; raises TimeoutError if it never does."""
    url = f"http://{host}:{port}/"
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # our own loopback address
                return url
        except urllib.error.HTTPError:
            return url
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"the reading room at {url} did not answer")
