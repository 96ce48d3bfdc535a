"""No secret of the home lies in PostgreSQL, while a worker that has its own reads the sources that need them."""

import base64
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from tests.carriers.conftest import postgres_server
from tests.daemon.test_daemon import ROOT, Running, running_on
from tests.fakes import FakeMailbox, FakeSite
from tests.servers.postgres_server import PostgresServer

__all__ = ["postgres_server"]  # a fixture of others
pytestmark = [pytest.mark.own_process, pytest.mark.slow]
SECRETS = {
    "headers": "kept-in-a-header",
    "cookies": "kept-in-a-cookie",
    "password": "kept-in-a-login",
    "proxy": "kept-in-a-proxy",
    "mail": "kept-in-the-mail",
}
# as they go over the wire
LOGIN, PROXY_LOGIN = (
    base64.b64encode(f"reader:{SECRETS[name]}".encode()).decode() for name in ("password", "proxy")
)
TABLES = """SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_schema IN ('watchword_out', 'watchword_back') AND table_type = 'BASE TABLE'"""
READ = """SELECT DISTINCT sources.name FROM visits JOIN sources ON sources.id = source_id
    WHERE outcome IN ('ok', 'unchanged') ORDER BY sources.name"""
_LIMIT_SECONDS = 60.0


def write_sources(site: FakeSite) -> str:
    """Return a source with all that is sent to a site, and one behind a proxy, which the site plays too."""
    return f"""
[[source]]
name = "members"
url = "{site.url}/members"
kind = "feed"
every = "1s"
backfill = "3650d"
allow_private = true
headers = {{ X-Key = "{SECRETS["headers"]}" }}
cookies = {{ session = "{SECRETS["cookies"]}" }}
username = "reader"
password = "{SECRETS["password"]}"
[[source]]
name = "abroad"
url = "http://abroad.example/rss"
kind = "feed"
every = "1s"
backfill = "3650d"
proxy = "http://reader:{SECRETS["proxy"]}@{site.url.removeprefix("http://")}"
"""


def write_home(home: Running, mailbox: FakeMailbox, address: str) -> str:
    """Return the rest of the home's configuration."""
    return f"""
[store]
path = "{home.database}"
[fetch]
min_every = "1s"
per_domain = {{ concurrency = 1, delay = "0.1s" }}
[mail]
host = "127.0.0.1"
port = {mailbox.port}
tls = "none"
username = "me"
password = "{SECRETS["mail"]}"
to = ["me@example.org"]
[cluster]
database = "{address}"
[[watch]]
name = "drones"
query = "drone"
"""


@pytest.fixture
def address(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database(f"secrets{os.getpid()}") as found:
        yield found


def dump(address: str) -> dict[str, str]:
    """Return all that each table holds, what is packed in it opened."""
    found = {}
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        names = cursor.execute(TABLES).fetchall()
        for name in names:
            both = Identifier(name["table_schema"], name["table_name"])
            rows = cursor.execute(SQL("SELECT * FROM {}").format(both)).fetchall()
            found[name["table_name"]] = "\n".join(
                open_value(value) for row in rows for value in row.values()
            )
    return found


def open_value(value: object) -> str:
    if isinstance(value, bytes):
        return zlib.decompress(value).decode()
    if isinstance(value, dict) and "body" in value:
        return f"{value} {open_value(base64.b64decode(value['body']))}"
    return str(value)


def test_no_row_of_postgresql_holds_a_secret(
    tmp_path: Path, site: FakeSite, mailbox: FakeMailbox, address: str
) -> None:
    with running_on(site, Running(tmp_path, site, mailbox)) as home:
        site.pages["/members"] = site.pages["http://abroad.example/rss"] = site.pages["/rss"]
        home.config.write_text(write_home(home, mailbox, address) + write_sources(site))
        own = tmp_path / "worker.toml"
        own.write_text(
            f'[cluster]\ndatabase = "{address}"\nallow_private = true\n{write_sources(site)}'
        )
        home.start()
        home.wait_for("SELECT 1 FROM heartbeats WHERE name = 'cluster'", bool)
        command = [sys.executable, "-P", "-m", "watchword.start", "--config", str(own), "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        try:
            seen = watch(home, address)
        finally:
            worker.terminate()
            worker.wait(20)

    sent = [str(asked.headers) for asked in site.asked]
    assert any(
        SECRETS["headers"] in one and SECRETS["cookies"] in one and LOGIN in one for one in sent
    )
    assert any(PROXY_LOGIN in one for one in sent)
    # the dump saw the sources on their way, what was said of them, and the rules
    assert "members" in seen["procrastinate_jobs"]
    assert "drone" in seen["rules"]
    assert seen["notes"]
    told = [*SECRETS.values(), LOGIN, PROXY_LOGIN]
    assert not [(table, one) for table, text in seen.items() for one in told if one in text]


def watch(home: Running, address: str) -> dict[str, str]:
    """Return all that PostgreSQL held until both sources were read."""
    seen: dict[str, str] = {}
    deadline = time.monotonic() + _LIMIT_SECONDS
    while home.ask(READ) != [("abroad",), ("members",)]:
        assert time.monotonic() < deadline, home.log.read_text()
        for table, text in dump(address).items():
            seen[table] = seen.get(table, "") + text
    return seen
