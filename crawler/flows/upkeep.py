"""What is due besides visits: status reports, notices, expired pages, alerts that the daily limit held back.

The daemon and the crawl process do it at times, each what is its own; a round without them does all of it.
"""

import sqlite3
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.receipts import queue_notice, queue_receipts
from crawler.flows.rules import Rules, load_rules
from crawler.flows.withheld import raise_withheld
from crawler.storage.owners import Owner
from crawler.storage.pages import expire_pages
from crawler.storage.withheld import list_due

# a page is up to some megabytes; deleting so many takes a few hundredths of a second
_PAGES_AT_ONCE = 50


def do_upkeep(
    connection: sqlite3.Connection,
    config: Config,
    owner: Owner,
    *,
    now: datetime,
    rules: Rules | None = None,
    is_last: bool = False,
) -> bool:
    """Do some of what is due besides visits, and return whether there is more of it.

    owner    whose part of it: the daemon's, the crawl process's, or all
    rules    the configuration with its watches read, where somebody has it; else they are read when they are needed
    is_last  nothing more comes for a while, so a notice does not wait for the next change to be told with it
    """
    is_more = False
    if owner is not Owner.DAEMON:
        is_more = _tidy(connection, config, rules, now=now)
    if owner is not Owner.CRAWL:
        queue_receipts(connection, config, now=now)
        queue_notice(connection, config, now=now, is_calm=is_last)
    return is_more


def _tidy(
    connection: sqlite3.Connection, config: Config, rules: Rules | None, *, now: datetime
) -> bool:
    before = now - config.store.keep_pages
    count = expire_pages(connection, before=before, limit=_PAGES_AT_ONCE)
    # to read a thousand watches for nothing would take a round a second
    if rules is None and list_due(connection, now=now, limit=1):
        rules = load_rules(connection, config)
    raised = raise_withheld(connection, rules=rules, now=now) if rules is not None else 0
    return count == _PAGES_AT_ONCE or raised > 0
