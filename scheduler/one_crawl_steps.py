"""What a crawl without the daemon does in the database, a piece of work each."""

import sqlite3

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.crawl.visit import give_back_visits
from crawler.flows.crawl_requests import settle_all_open_requests
from crawler.flows.mail.delivery.status_reports import queue_due
from crawler.flows.upkeep import tidy
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.database import transaction
from crawler.storage.file.owners import unrestricted
from crawler.storage.mail.deliveries import release_held
from crawler.storage.mail.status_reports import find_last_uptime, save_uptime
from crawler.storage.process.crawls import begin_crawl, keep_crawl
from crawler.storage.process.refused_edits import keep_refused_edit


def settle_all(connection: sqlite3.Connection, config: Config) -> None:
    """Do everything that was asked while nothing ran."""
    # no crawl process is there, so its tables are ours to write too
    with unrestricted(connection):
        settle_all_open_requests(connection, config, now=utc_now())


def tidy_all(connection: sqlite3.Connection, config: Config, is_due_only: bool) -> bool:
    """Do some of what is due besides visits, and return whether there is more of it."""
    with unrestricted(connection):
        is_more = tidy(connection, config, now=utc_now())
        queue_due(connection, config, now=utc_now(), is_last=not is_due_only)
    return is_more


def record_crawl(connection: sqlite3.Connection) -> None:
    """Record that we run; crawls that follow each other soon are one uptime."""
    with transaction(connection):
        save_uptime(connection, uptime_id=find_last_uptime(connection), now=utc_now())
        keep_crawl(connection, now=utc_now())
        # a crawl works by the files as they are now: what a daemon that was killed had refused is over
        keep_refused_edit(connection, "", now=utc_now())


def open_crawl(connection: sqlite3.Connection) -> None:
    """Record that a crawl begins, so that others know how often crawls come."""
    with transaction(connection):
        begin_crawl(connection, now=utc_now())


def make_due(connection: sqlite3.Connection, names: tuple[str, ...]) -> None:
    """Have the named sources visited whether they are due or not."""
    with transaction(connection):
        mark_due_now(connection, names, now=utc_now())


def release_all(connection: sqlite3.Connection) -> None:
    """Let everything that is gathered leave now."""
    with transaction(connection):
        release_held(connection, now=utc_now())


def close_visits(connection: sqlite3.Connection) -> int:
    """Close the visits that a crawl process which is gone left open, and say so in their rows; return how many."""
    with unrestricted(connection):
        return give_back_visits(connection, now=utc_now())
