"""Secrets in every place that takes one, and servers that repeat them: none is in a log, the database or an answer."""

import base64
import http.server
import os
import socketserver
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE, MAIL, PROXY, PING, QUERY = "Zq7site-pass", "Zq7mail-pass", "Zq7proxy-pass", "Zq7ping-word", "Zq7query-key"  # fmt: skip
WAYS = (
    "echo",
    "redirect",
    "loop",
    "broken",
    "garbage",
    "close",
    "missing",
    "page",
    "mail",
    "header",
)
PATIENCE_SECONDS = 60.0


class _Site(http.server.BaseHTTPRequestHandler):
    """Fails in ten ways, and says back what it was sent wherever it can; also a proxy that wants another login."""

    asked: set[str]

    def do_GET(self) -> None:  # noqa: C901  # ten ways to fail
        login = self.headers.get("Authorization", "") + self.headers.get("Proxy-Authorization", "")
        said = f"{login} {_decode(login)}"
        way = self.path.rpartition("/")[2].partition("?")[0]
        self.asked.add("proxy" if self.path.startswith("http") else way)
        here = f"http://ada:{SITE}@{self.headers.get('Host')}"
        match way:
            case _ if self.path.startswith("http"):
                self._say(407, f"proxy login {said}", "")
            case "robots.txt" | "missing":
                self._say(404, f"no {said}", said)
            case "echo":
                self._say(401, f"no {said}", said)
            case "redirect":
                self._say(302, "moved", said, ("Location", f"{here}/next?token={QUERY}"))
            case "loop":
                self._say(302, "moved", said, ("Location", f"{here}/loop?token={QUERY}"))
            case "broken":
                self._say(200, "OK", f"<rss><channel><title>{said}", ("Content-Type", "text/xml"))
            case "garbage":
                self.wfile.write(f"{said}\r\n\r\n".encode())
            case "close":
                self.connection.close()
            case "header":
                self._say(503, f"busy {said}", said, ("Retry-After", said))
            case "ping":
                self._say(500, f"{self.path}", self.path)
            case _:
                self._say(500, f"a fault of {self.path} with {said}", said)

    do_POST = do_HEAD = do_CONNECT = do_GET  # noqa: N815  # names of http.server

    def _say(self, code: int, reason: str, body: str, *headers: tuple[str, str]) -> None:
        self.send_response(code, reason)
        for header in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


class _Mail(socketserver.StreamRequestHandler):
    """A mail server that refuses a login by saying what it was."""

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word in {b"EHLO", b"HELO"}:
                self.wfile.write(b"250-hello\r\n250 AUTH PLAIN\r\n")
            elif word == b"QUIT":
                return
            else:
                told = line.decode().strip()
                self.wfile.write(f"535 5.7.8 {told} is {_decode(told)} of joe.doe@example.org\r\n".encode())  # fmt: skip


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text.rpartition(" ")[2]).decode().replace("\0", " ")
    except ValueError:
        return ""


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def write_config(folder: Path, site: int, mail: int) -> Path:
    (folder / "mail-pass").write_text(MAIL, encoding="utf-8")
    (folder / "mail-pass").chmod(0o600)
    sources = "".join(
        f'[[source]]\nname = "{way}"\nurl = "http://ada:{SITE}@127.0.0.1:{site}/{way}?key={QUERY}"\nkind = "feed"\nallow_private = true\n'
        for way in WAYS
    )
    path = folder / "watchword.toml"
    path.write_text(
        f"""
[store]
path = "{folder}/watchword.db"
[fetch]
every = "2s"
min_every = "1s"
per_domain = {{ concurrency = 4, delay = "0s" }}
[health]
ping = "http://127.0.0.1:{site}/{PING}/ping"
ping_every = "10s"
[mail]
host = "127.0.0.1"
port = {mail}
tls = "none"
username = "ada"
password_file = "{folder}/mail-pass"
to = ["joe.doe@example.org"]
admin = "joe.doe@example.org"
[[source]]
name = "by-proxy"
url = "http://news.example/feed"
kind = "feed"
proxy = "http://ada:{PROXY}@127.0.0.1:{site}"
{sources}
[[watch]]
name = "drones"
query = "drone"
"""
    )
    return path


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_log_or_database(form: str, tmp_path: Path) -> None:
    _Site.asked = set()
    with serving(_Site) as site, serving(_Mail) as mail:
        config = write_config(tmp_path, site, mail)
        environment = {**os.environ, "WATCHWORD_LOG_FORMAT": form}
        command = [sys.executable, "-m", "watchword", "--config", str(config)]
        with (tmp_path / "log").open("wb") as log:
            daemon = subprocess.Popen([*command, "run"], stdout=log, stderr=log, env=environment, cwd=ROOT)  # fmt: skip
            try:
                give_up_at = time.monotonic() + PATIENCE_SECONDS
                while not {*WAYS, "proxy"} <= _Site.asked and time.monotonic() < give_up_at:
                    time.sleep(0.2)
                time.sleep(3)
            finally:
                daemon.terminate()
                daemon.wait(30)
        told = [
            subprocess.run([*command, *words], capture_output=True, check=False, cwd=ROOT, env=environment)
            for words in (["check"], ["doctor"], ["mail", "test"], ["source", "list"], ["source", "test", "echo"])
        ]  # fmt: skip

    assert {*WAYS, "proxy"} <= _Site.asked
    texts = {
        "log": (tmp_path / "log").read_text(errors="replace"),
        "database": dump(tmp_path / "watchword.db"),
        "commands": "".join((one.stdout + one.stderr).decode() for one in told),
    }
    assert "source failed" in texts["log"]
    for place, text in texts.items():
        secrets = [SITE, MAIL, PROXY, PING, base64.b64encode(f"ada:{SITE}".encode()).decode(), base64.b64encode(f"ada:{PROXY}".encode()).decode()]  # fmt: skip
        if place == "log":
            secrets += [QUERY, "joe.doe@"]
        found = [(place, one, text[max(0, text.index(one) - 200) :][:300]) for one in secrets if one in text]  # fmt: skip
        assert not found


def dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")]  # fmt: skip
        return "\n".join(f"{name}: {row!r}" for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))  # fmt: skip
