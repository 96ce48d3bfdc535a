"""Make the database file of an earlier schema, by running the program of that time in the world of ``world.py``.

    git archive 02dbb493 | tar x -C /tmp/schema1
    python -m tests.storage.upgrade.make 1 /tmp/schema1

Of schema 1 the newest commit is 02dbb493 (release 0.1.0), of schema 2 it is 6e75c833, of schema 3 37224069, of schema 4 ad17b523,
of schema 5 ae7bf784, of schema 6 81ca0d6e.
"""

import lzma
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

from tests.fakes import FakeMailbox, FakeSite
from tests.storage.upgrade.world import FILES, PUT_OFF, REFUSED, put_papers, write_config

_SECONDS = 60
# an alert sent, one put off, one refused; a digest that waits; two visits to each newspaper
_DONE = """
    SELECT (SELECT count(*) FROM deliveries WHERE state = 'sent') >= 1
       AND (SELECT count(*) FROM attempts WHERE outcome = 'deferred') >= 1
       AND (SELECT count(*) FROM attempts WHERE outcome = 'refused') >= 1
       AND (SELECT count(*) FROM alerts) >= 5
       AND (SELECT min(n) FROM (SELECT count(*) AS n FROM visits WHERE finished_at IS NOT NULL GROUP BY source_id)) >= 3
"""


def make(number: int, checkout: Path) -> None:
    """Write ``schemaN.db.xz`` and its key."""
    with tempfile.TemporaryDirectory() as name, FakeSite() as site, FakeMailbox() as mailbox:
        folder = Path(name)
        mailbox.refuse = {PUT_OFF: "451 try later", REFUSED: "550 no such user"}
        put_papers(site)
        config = write_config(folder, site=site, mailbox=mailbox)
        database = folder / "watchword.db"
        _run(checkout, config, database)
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (number,)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        FILES.mkdir(exist_ok=True)
        packed = lzma.compress(database.read_bytes(), preset=9 | lzma.PRESET_EXTREME)
        (FILES / f"schema{number}.db.xz").write_bytes(packed)
        (FILES / f"schema{number}.key").write_bytes(Path(f"{database}.key").read_bytes())


def _run(checkout: Path, config: Path, database: Path) -> None:
    command = [sys.executable, "-m", "watchword", "--config", str(config), "run"]
    environ = {**os.environ, "PYTHONPATH": str(checkout)}
    with subprocess.Popen(command, cwd=checkout, env=environ, stderr=subprocess.STDOUT) as daemon:
        deadline = time.monotonic() + _SECONDS
        while not _is_done(database) and time.monotonic() < deadline:
            time.sleep(0.2)
        daemon.send_signal(signal.SIGTERM)
    assert _is_done(database), "not all that belongs into the file came about"


def _is_done(database: Path) -> bool:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:  # fmt: skip
        return bool(connection.execute(_DONE).fetchone()[0])
    return False


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]).resolve())
