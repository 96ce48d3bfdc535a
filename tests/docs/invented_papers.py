"""The world in which the commands of the docs run: the papers of the demo under names of their own, and a database of one crawl."""

import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from tests.servers.forward_proxy import ForwardProxy
from watchword.demo.newspaper import Newspaper

# what the reader of a guide has when it begins; the addresses resolve in the proxy of these tests alone
CONFIG = """\
timezone = "UTC"

[store]
path = "watchword.db"

[mail]
from = "watchword@example.org"
to = ["me@example.org"]

[[source]]
name = "courier"
url = "http://courier.example/"
tags = ["coast"]
backfill = "7d"

[[source]]
name = "gazette"
url = "http://gazette.example/atom.xml"
kind = "feed"
backfill = "7d"

[[watch]]
name = "drones"
query = "drone"
"""
# as in a terminal of 80 columns; a command of the docs that takes longer waits for something that never comes
_COLUMNS = "80"
_CHAT = "hooks.slack.com"
_MOST_SECONDS = 90


class NamedNewspaper(Newspaper):
    """The demo's newspaper, everything already published, whose outlets call themselves courier.example and gazette.example."""

    def __init__(self) -> None:
        super().__init__(pace=0.0)

    def _base(self, outlet: str) -> str:
        return f"http://{outlet}.example"

    def ports(self) -> dict[str, int]:
        """Return the port of each outlet by its name."""
        return {f"{key}.example": server.server_port for key, server in self._servers.items()}


@contextmanager
def invented_papers(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the papers, and a chat service that takes messages; yield the environment in which commands reach them.

    folder  for the service's certificate and the program ``watchword``
    """
    authority = folder / "ca.pem"
    with NamedNewspaper() as paper, chat_service(authority) as chat, ForwardProxy() as proxy:
        proxy.ports = {**paper.ports(), _CHAT: chat}
        # started as a module, because that can be forked from the server that has loaded everything
        program = folder / "watchword"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m watchword "$@"\n')
        program.chmod(0o755)
        yield {
            **{name: text for name, text in os.environ.items() if not name.startswith("WATCHWORD_")},
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": _COLUMNS,
            "WATCHWORD_FETCH_PROXY": proxy.url,
            "WATCHWORD_FETCH_PER_DOMAIN_DELAY": "0s",
            "WATCHWORD_TLS_CA_FILE": str(authority),
        }  # fmt: skip


@contextmanager
def chat_service(authority: Path) -> Iterator[int]:
    """Answer webhooks as Slack does, by https; yield the port, and write the authority of the certificate to a file."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(_CHAT).configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def make_first_folder(folder: Path, environment: dict[str, str]) -> None:
    """Write the configuration into a folder and crawl once."""
    (folder / "seeds").mkdir()
    (folder / "seeds" / "watchword.toml").write_text(CONFIG)
    done = run("watchword crawl", folder, environment)
    assert done.returncode == 0, done.stdout


def run(
    command: str, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command of the docs in a shell, stderr with stdout.

    The papers speak no https: it is the only thing that is changed in a command.
    """
    typed = re.sub(r"https://(courier|gazette)\.example", r"http://\1.example", command)
    return subprocess.run(
        ["bash", "-c", typed],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_MOST_SECONDS,
    )
