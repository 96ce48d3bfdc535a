"""Brings stories into a database one after another, through the real walk, until it is killed or done.

Run as ``python -m tests.daemon.reporter CONFIG COUNT``; started again, it goes on where it was killed.
"""

import os
import random
import sqlite3
import sys
import time
from pathlib import Path

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.rules import load_rules
from crawler.model.run import Visit
from crawler.storage.database import open_for_writing, to_text
from tests.newsroom import Newsroom, make_story


def main(config_path: Path, count: int) -> None:
    config = load_config(config_path, environ=os.environ)
    database = open_for_writing(config.store.path)
    newsroom = Newsroom(database, load_rules(database, config))
    newsroom.visits["courier"] = open_visit(database)
    done = database.execute("SELECT count(*) FROM articles").fetchone()[0]
    for number in range(done, count):
        newsroom.clock.now = utc_now()
        newsroom.keep(make_story(number))
        time.sleep(random.uniform(0, 0.2))


def open_visit(database: sqlite3.Connection) -> Visit:
    """Open a visit of our own, whatever the daemon does with its."""
    source_id = database.execute("SELECT id FROM sources").fetchone()[0]
    cursor = database.execute(
        "INSERT INTO runs (source_id, started_at) VALUES (?, ?)", [source_id, to_text(utc_now())]
    )
    return Visit(run_id=cursor.lastrowid or 0, source_id=source_id, source_name="courier")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
