"""A program that adds stories to a database one by one, with the real ingest, until it is killed or finished.

Run as ``python -m tests.daemon.processes.reporter CONFIG COUNT PAUSE_SECONDS``; started again, it continues where it was
killed. Between two stories it waits for this long on average.
"""

import os
import random
import sqlite3
import sys
import time
from pathlib import Path

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.errors import VisitOver
from crawler.flows.process.rules import load_rules
from crawler.model.visit import Visit
from crawler.storage.file.database import open_for_writing, to_text
from tests.newsroom import Newsroom, make_story


def main(config_path: Path, count: int, pause_seconds: float) -> None:
    config = load_config(config_path, environ=os.environ)
    database = open_for_writing(config.store.path)
    newsroom = Reporter(database, load_rules(database, config))
    newsroom.visits["courier"] = open_visit(database)
    done = database.execute("SELECT count(*) FROM articles").fetchone()[0]
    for number in range(done, count):
        newsroom.clock.now = utc_now()
        while True:
            try:
                newsroom.keep(make_story(number))
            except (
                VisitOver
            ):  # a crawl process was started, which closes what an earlier one left open
                newsroom.visits["courier"] = open_visit(database)
            else:
                break
        time.sleep(random.uniform(0, 2 * pause_seconds))


class Reporter(Newsroom):
    """Stands in for the crawl process: the daemon takes up what it queues."""

    def take_up(self) -> None:
        pass


def open_visit(database: sqlite3.Connection) -> Visit:
    """Open a visit of its own, whatever the daemon does with other visits."""
    source_id, version = database.execute("SELECT id, version FROM sources").fetchone()
    cursor = database.execute(
        "INSERT INTO visits (source_id, started_at, version) VALUES (?, ?, ?)",
        [source_id, to_text(utc_now()), version],
    )
    return Visit(
        id=cursor.lastrowid or 0,
        source_id=source_id,
        source_name="courier",
        version=version,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
