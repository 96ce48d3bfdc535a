"""Secrets in every place that takes one, and servers that repeat them: none is in a log, the database, a mail or a page."""

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

import httpx
import pytest

from tests.fakes import article_page, rss
from watchword.web.ports import find_free_port

ROOT = Path(__file__).resolve().parents[2]
SITE, MAIL, PROXY, PING, QUERY = "Zq7site-pass", "Zq7mail-pass", "Zq7proxy-pass", "Zq7ping-word", "Zq7query-key"  # fmt: skip
TOKEN, WEB, TOPIC, SIGNING = "Zq7mail.token", "Zq7web-pass-42", "Zq7topic-word", "Zq7signing-key-of-channel"  # fmt: skip
ARTICLE = article_page("Drones over the quay", *["Two drones crossed the harbour."] * 40).decode()
# how the mail server is logged in at; "" for the Maildir
LOGINS = {"password": MAIL, "token": TOKEN}
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

    def do_GET(self) -> None:  # noqa: C901, PLR0912, PLR0915  # ten ways to fail
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
                self._say(302, "moved", said, ("Location", f"{here}/{SITE}/loop?token={QUERY}"))
            case "broken":
                self._say(200, "OK", f"<rss><channel><title>{said}", ("Content-Type", "text/xml"))
            case "garbage":
                self.wfile.write(f"{said}\r\n\r\n".encode())
            case "close":
                self.connection.close()
            case "header":
                self._say(503, f"busy {said}", said, ("Retry-After", said))
            case "good":
                feed = rss([(f"http://{self.headers.get('Host')}/article", "")])
                self._say(200, "OK", feed.decode(), ("Content-Type", "application/rss+xml"))
            case "article":
                self._say(200, "OK", ARTICLE, ("Content-Type", "text/html"))
            case _ if way == TOPIC:
                said = f"{self.path} {self.headers.as_string()}"
                self._say(500, "X-Api-Key: Zq7unknown-key", f"no such topic: {said}")
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
                self.wfile.write(b"250-hello\r\n250 AUTH PLAIN XOAUTH2\r\n")
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


def write_config(folder: Path, site: int, mail: int, *, login: str, health: int) -> Path:
    topic = f"http://127.0.0.1:{site}/in/{TOPIC}"
    for name, secret in {**LOGINS, "web": WEB, "topic": topic, "signing": SIGNING}.items():
        (folder / name).write_text(secret, encoding="utf-8")
        (folder / name).chmod(0o600)
    server = f'''host = "127.0.0.1"
port = {mail}
tls = "none"
username = "ada"
{login}_file = "{folder}/{login}"'''
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
listen = "127.0.0.1:{health}"
[web]
password_file = "{folder}/web"
[mail]
{server if login else ""}
batch_window = "1s"
to = ["joe.doe@example.org"]
admin = "joe.doe@example.org"
[[channel]]
name = "phone"
url_file = "{folder}/topic"
secret_file = "{folder}/signing"
[[source]]
name = "good"
url = "http://127.0.0.1:{site}/good?key={QUERY}"
kind = "feed"
backfill = "3650d"
allow_private = true
[[source]]
name = "by-proxy"
url = "http://news.example/feed"
kind = "feed"
proxy = "http://ada:{PROXY}@127.0.0.1:{site}"
{sources}
[[watch]]
name = "drones"
query = "drone"
channels = ["phone"]
to = ["joe.doe@example.org"]
"""
    )
    return path


def is_mailed(folder: Path) -> bool:
    return any((folder / "mail" / "new").glob("*"))


def read_pages(url: str) -> str:
    """Return what the owner sees, and what is answered to wrong logins and requests."""
    paths = ("", "sources", "sources/echo", "watches", "search?q=drone", "-/no-such?token=Zq7unknown-key")  # fmt: skip
    with (
        httpx.Client(base_url=url, follow_redirects=True) as owner,
        httpx.Client(base_url=url) as stranger,
    ):
        said = [sign_in(owner, WEB), sign_in(stranger, "Zq7unknown-key")]
        assert owner.get("-/actor.json").json()["actor"]["id"] == "root"
        said += [stranger.get(f"-/auth-token?token={WEB}").text]
        return "\n".join([*said, *(owner.get(path).text for path in paths)])


def sign_in(browser: httpx.Client, password: str) -> str:
    token = browser.get("-/login").text.split('name="csrftoken" value="')[1].split('"')[0]
    return browser.post("-/login", data={"password": password, "csrftoken": token}).text


@pytest.mark.parametrize(("form", "login"), [("text", "password"), ("json", "token"), ("json", "")])
def test_no_secret_is_told_anywhere(form: str, login: str, tmp_path: Path) -> None:
    _Site.asked = set()
    web, health = find_free_port(), find_free_port()
    wanted = {*WAYS, "proxy", "article", TOPIC}
    with serving(_Site) as site, serving(_Mail) as mail:
        config = write_config(tmp_path, site, mail, login=login, health=health)
        environment = {**os.environ, "WATCHWORD_LOG_FORMAT": form}
        command = [sys.executable, "-m", "watchword", "--config", str(config)]
        with (tmp_path / "log").open("wb") as log:
            daemon = subprocess.Popen([*command, "run", "--browse", "--port", str(web)], stdout=log, stderr=log, env=environment, cwd=ROOT)  # fmt: skip
            try:
                give_up_at = time.monotonic() + PATIENCE_SECONDS
                while not wanted <= _Site.asked and time.monotonic() < give_up_at:
                    time.sleep(0.2)
                while not login and not is_mailed(tmp_path) and time.monotonic() < give_up_at:
                    time.sleep(0.2)
                time.sleep(3)
                pages = read_pages(f"http://127.0.0.1:{web}/")
                answers = [httpx.get(f"http://127.0.0.1:{health}/{path}").text for path in ("metrics", "healthz")]  # fmt: skip
            finally:
                daemon.terminate()
                daemon.wait(30)
        told = [
            subprocess.run([*command, *words], capture_output=True, check=False, cwd=ROOT, env=environment)
            for words in (["check"], ["doctor"], ["mail", "test"], ["source", "list"], ["source", "test", "echo"], ["alert", "list"])
        ]  # fmt: skip

    assert wanted <= _Site.asked
    mails = (tmp_path / "mail" / "new").glob("*")
    texts = {
        "log": (tmp_path / "log").read_text(errors="replace"),
        "database": dump(tmp_path / "watchword.db"),
        "commands": "".join((one.stdout + one.stderr).decode() for one in told),
        "pages": pages,
        "health": "\n".join(answers),
        "mails": "\n".join(one.read_text(errors="replace") for one in mails),
    }
    assert "source failed" in texts["log"]
    assert login or "Drones over the quay" in texts["mails"]
    assert "watchword_" in texts["health"]
    for place, text in texts.items():
        assert not list_told(place, text)


def list_told(place: str, text: str) -> list[tuple[str, str]]:
    """Return the secrets in a text, with what stands around them."""
    secrets = [SITE, MAIL, PROXY, PING, TOKEN, WEB, TOPIC, SIGNING, "Zq7unknown-key"]
    secrets += [base64.b64encode(f"ada:{one}".encode()).decode() for one in (SITE, PROXY)]
    # fetching needs the keys of addresses: they are in the database, and a command prints what it fetches
    if place in {"log", "pages", "health", "mails"}:
        secrets += [QUERY]
    if place in {"log", "health"}:
        secrets += ["joe.doe@"]
    return [(one, text[max(0, text.index(one) - 200) :][:300]) for one in secrets if one in text]


def dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")]  # fmt: skip
        return "\n".join(f"{name}: {row!r}" for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))  # fmt: skip
