"""Putting an accepted configuration into the database."""

import sqlite3
from datetime import datetime

from crawler.config.schema import Config
from crawler.storage.database import transaction
from crawler.storage.sources import sync_sources
from crawler.storage.watches import sync_watches


def apply_config(connection: sqlite3.Connection, config: Config, *, now: datetime) -> None:
    """Make the database's sources and watches those of the configuration."""
    with transaction(connection):
        sync_sources(connection, config.sources, now=now)
        sync_watches(connection, config.watches, now=now)
