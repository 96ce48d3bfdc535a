"""The pieces of database work of a crawl without the daemon."""

import sqlite3
from dataclasses import dataclass, field

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.crawl.visit import release_visits
from crawler.flows.crawl_requests import settle_all_open_requests
from crawler.flows.daemon_upkeep import keep_small
from crawler.flows.mail.delivery.status_reports import queue_due
from crawler.flows.retention import CRAWL_RULES, DAEMON_RULES, Sweeper
from crawler.flows.upkeep import tidy
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.database import transaction
from crawler.storage.file.owners import unrestricted
from crawler.storage.mail.deliveries import release_held
from crawler.storage.mail.reports.status_reports import find_last_uptime, save_uptime
from crawler.storage.process.crawls import begin_crawl, keep_crawl
from crawler.storage.process.refused_edits import keep_refused_edit


def settle_all(connection: sqlite3.Connection, config: Config) -> None:
    """Do everything that was requested while nothing ran."""
    # no crawl process runs, so its tables may be written here (decision 021)
    with unrestricted(connection):
        settle_all_open_requests(connection, config, now=utc_now())


@dataclass(frozen=True, slots=True)
class Sweepers:
    """The rules of retention of both processes, whose work a crawl does."""

    of_crawl: Sweeper = field(default_factory=lambda: Sweeper(CRAWL_RULES))
    of_daemon: Sweeper = field(default_factory=lambda: Sweeper(DAEMON_RULES))


def tidy_all(
    connection: sqlite3.Connection, config: Config, sweepers: Sweepers, is_due_only: bool
) -> bool:
    """Do some of what is due besides visits; return whether more of it is left."""
    with unrestricted(connection):
        is_more = tidy(connection, config, sweepers.of_crawl, now=utc_now())
        is_more |= keep_small(connection, config, sweepers.of_daemon, now=utc_now())
        queue_due(connection, config, now=utc_now(), is_last=not is_due_only)
    return is_more


def record_crawl(connection: sqlite3.Connection) -> None:
    """Record that a crawl runs; crawls that follow each other closely are one uptime."""
    with transaction(connection):
        save_uptime(connection, uptime_id=find_last_uptime(connection), now=utc_now())
        keep_crawl(connection, now=utc_now())
        # a crawl uses the files as they are now, so an edit that a killed daemon had refused is no longer reported
        keep_refused_edit(connection, "", now=utc_now())


def open_crawl(connection: sqlite3.Connection) -> None:
    """Record that a crawl begins, so that ``doctor`` and status reports know how often crawls come."""
    with transaction(connection):
        begin_crawl(connection, now=utc_now())


def make_due(connection: sqlite3.Connection, names: tuple[str, ...]) -> None:
    """Mark the named sources as due now."""
    with transaction(connection):
        mark_due_now(connection, names, now=utc_now())


def release_all(connection: sqlite3.Connection) -> None:
    """Make gathered alerts due now: after this crawl nobody may be there to send them."""
    with transaction(connection):
        release_held(connection, now=utc_now())


def close_visits(connection: sqlite3.Connection) -> int:
    """Mark the visits a crawl process left open as interrupted; return how many."""
    with unrestricted(connection):
        return release_visits(connection, now=utc_now())
