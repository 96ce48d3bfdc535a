"""What tests of retention have in common."""

import sqlite3
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.flows.retention import CRAWL_RULES, DAEMON_RULES, Sweeper, list_due
from crawler.storage.news.article_reading import find_current_row

DAY = timedelta(days=1)
RULES = (*CRAWL_RULES, *DAEMON_RULES)


def sweep(database: sqlite3.Connection, config: Config, *, now: datetime) -> dict[str, int]:
    """Apply all rules until nothing is left, and check that what would be done was said before."""
    said = {due.rule.table: due.count for due in list_due(database, config, now=now) if due.count}
    sweeper = Sweeper(RULES)
    while sweeper.sweep(database, config, now=now):
        pass
    assert sweeper.counts == said
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    return said


def with_store(config: Config, **values: timedelta | None) -> Config:
    return config.model_copy(update={"store": config.store.model_copy(update=values)})


def text_of(database: sqlite3.Connection, article_id: int) -> str:
    row = find_current_row(database, article_id)
    assert row is not None
    return str(row["body"])
