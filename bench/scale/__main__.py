"""A year of a watch on 200 sources, simulated day by day with the retention of the product: how large the database becomes.

    python -m bench.scale [--share N] [--days N] [--sources N] [--json FILE]

``--share 20`` simulates a twentieth: 10 sources, and limits of pages a twentieth as large; sizes are then multiplied. Texts are those of the
labelled articles, again and again, and are indexed as shuffled ones of the same lengths (a mean of 550 words). Each source
publishes 20 a day and is visited each half hour; one article in ten meets a watch; a kept page takes 45 kB. Every day ends with
what the daemon does by itself all day: ``flows.retention``.
"""

import argparse
import json
import logging
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bench.dedup.__main__ import OPEN
from bench.growth.archive.desk import Desk
from bench.growth.archive.fill import CACHE_KB
from bench.growth.archive.settings import write_config
from bench.growth.archive.texts import Made, Press, read_bodies
from bench.scale.sizes import Size, measure_tables, print_sizes
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.flows.daemon_upkeep import keep_small
from crawler.flows.process.configure import apply_config
from crawler.flows.retention import CRAWL_RULES, DAEMON_RULES, Sweeper
from crawler.flows.upkeep import tidy
from crawler.flows.watch.key_index import open_key_index
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate

_A_DAY, _VISITS_A_DAY = 20, 48
# of 127 real pages of 176 kB, 34.7 kB each as compressed; with those of news sites today some more (decision 013)
_PAGE_BYTES = 45_000
_DAY = timedelta(days=1)
# the daemon tidies each minute
_PARTS = 8
_PRESSED_AT_ONCE = 1_000


class Year:
    """The simulated time; ``sources`` are as many as are really simulated."""

    def __init__(self, folder: Path, *, sources: int, days: int, share: int, data: Path) -> None:
        self.sources, self.days = sources // share, days
        file = write_config(folder, sources=self.sources, queries=("Zqwk", "Zqxk"))
        config = load_config(file, environ={})
        store = config.store.model_copy(update={"page_space": config.store.page_space // share})
        self.config: Config = config.model_copy(update={"store": store})
        self._press = Press(data, most_words=1_000_000)
        self._bodies = [body for texts in read_bodies(data).values() for body in texts]
        self.path = config.store.path

    def simulate(self, connection: sqlite3.Connection, *, begin: datetime) -> None:
        """Let the days pass."""
        count, a_day = self.sources * _A_DAY * self.days, self.sources * _A_DAY
        desk = Desk(
            connection,
            self.config,
            begin=begin,
            end=begin + self.days * _DAY,
            count=count,
            keep_from=begin,
            match_every=10,
            make_page=lambda: os.urandom(_PAGE_BYTES),
        )
        of_crawl, of_daemon = Sweeper(CRAWL_RULES), Sweeper(DAEMON_RULES)
        made = (
            one
            for first in range(0, count, _PRESSED_AT_ONCE)
            for one in self._press.make(
                first, min(_PRESSED_AT_ONCE, count - first), source_of=self._source_of
            )
        )
        for day in range(self.days):
            for part in range(_PARTS):
                with transaction(connection):
                    for _ in range(a_day // _PARTS):
                        desk.store(self._with_real_body(next(made)))
                now = begin + day * _DAY + (part + 1) * _DAY / _PARTS
                while tidy(connection, self.config, of_crawl, now=now):
                    pass
            with transaction(connection):
                self._visit_in_vain(connection, begin + day * _DAY)
            now = begin + (day + 1) * _DAY
            while keep_small(connection, self.config, of_daemon, now=now):
                pass
            if sys.stderr.isatty():
                print(f"\rday {day + 1} of {self.days}", end="", file=sys.stderr)

    def _with_real_body(self, made: Made) -> Made:
        """Return an article with a real text: shuffled words are compressed worse."""
        body = self._bodies[made.number * 7919 % len(self._bodies)]
        return replace(made, article=replace(made.article, body=body))

    def _source_of(self, number: int) -> tuple[str, str]:
        source = number // 4 % self.sources
        return f"s{source}", f"n{source}.example.org"

    def _visit_in_vain(self, connection: sqlite3.Connection, day: datetime) -> None:
        """Store the visits of a day that brought nothing new."""
        for row in connection.execute("SELECT id, name, version FROM sources").fetchall():
            for number in range(_VISITS_A_DAY - _A_DAY // 4):
                at = day + number * timedelta(minutes=30)
                cursor = connection.execute(
                    """INSERT INTO visits (source_id, version, started_at, read_at, http_status, listed_count, found_count)
                       VALUES (?, ?, ?, ?, 200, 30, 30)""",
                    [row["id"], row["version"], to_text(at), to_text(at)],
                )
                visit = Visit(
                    id=cursor.lastrowid or 0, source_id=row["id"], source_name=row["name"]
                )
                finish_visit(connection, visit, outcome=VisitOutcome.UNCHANGED, now=at)
        connection.execute(
            "UPDATE marks SET value = (SELECT max(finish_no) FROM visits) WHERE name = 'visits'"
        )


def measure(year: Year, *, share: int) -> list[Size]:
    """Simulate, and return what each table takes, for all sources."""
    with closing(open_for_writing(year.path)) as connection:
        migrate(connection)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")
        begin = utc_now() - year.days * _DAY
        apply_config(connection, year.config, now=begin)
        open_key_index(connection)
        year.simulate(connection, begin=begin)
        return measure_tables(connection, share=share)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate what is asked for, and print what each table takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=int, default=20, help="simulate one source in so many")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument(
        "--data", type=Path, default=OPEN, help="articles.jsonl.gz of real articles"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    if options.sources < options.share:
        parser.error("--share must leave at least one source")
    with tempfile.TemporaryDirectory(prefix="watchword-scale-") as folder:
        year = Year(
            Path(folder),
            sources=options.sources,
            days=options.days,
            share=options.share,
            data=options.data,
        )
        logging.getLogger("watchword.storage").setLevel(logging.ERROR)
        sizes = measure(year, share=options.share)
    print_sizes(sizes, sources=options.sources, days=options.days, share=options.share)
    if options.json:
        options.json.write_text(
            json.dumps({one.table: one.bytes for one in sizes}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
