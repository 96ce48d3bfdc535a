"""Kept pages over their room go on a full disk too, or the disk is named; none goes twice, and the file stays whole."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.flows.retention import CRAWL_RULES, Sweeper
from crawler.flows.upkeep import tidy
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.faults import FaultKind, find_kind
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START
from tests.flows.news.test_page_room import keep
from tests.newsroom import Newsroom
from tests.storage.disks import mount_small_disk, needs_root


def measure(connection: sqlite3.Connection) -> tuple[int, int]:
    row = connection.execute(
        "SELECT count(*), coalesce(sum(length(body)), 0) FROM pages"
    ).fetchone()
    return int(row[0]), int(row[1])


@needs_root
@pytest.mark.parametrize("has_log", [True, False])
def test_the_oldest_pages_go_on_a_full_disk_or_it_is_named(has_log: bool, tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "small", megabytes=12) as disk:
        config = make_config(disk.path, store={"path": disk.path / "w.db", "page_space": "200kB"})
        with closing(open_for_writing(config.store.path)) as connection:
            migrate(connection)
            apply_config(connection, config, now=START)
            newsroom = Newsroom(connection, load_rules(connection, config))
            for number in range(40):
                keep(newsroom, number, 50_000)
            before = measure(connection)
            if (
                not has_log
            ):  # as after a start: the log of earlier work is what a delete is written into
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            disk.fill()

            failures, sweeper = 0, Sweeper(CRAWL_RULES)
            for _ in range(20):
                try:
                    tidy(connection, config, sweeper, now=newsroom.clock(), rules=newsroom.rules)
                except sqlite3.Error as error:
                    assert find_kind(error, config.store.path) is FaultKind.FULL
                    failures += 1
            if has_log:
                assert failures == 0
                assert measure(connection)[1] <= 200_000
            else:
                assert failures == 20
                assert measure(connection) == before
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"

            ballast = disk.path / "ballast"
            os.truncate(ballast, ballast.stat().st_size - 1_000_000)
            for _ in range(20):
                tidy(connection, config, sweeper, now=newsroom.clock(), rules=newsroom.rules)
            assert before[1] > 1_000_000
            assert measure(connection)[1] <= 200_000
