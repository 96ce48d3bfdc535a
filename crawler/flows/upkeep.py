"""The crawl process's work besides visits: what is old, and alerts that the daily limit held back.

The daemon's work of this kind is in ``flows.mail.delivery.status_reports``; one crawl without a daemon does both.
"""

import sqlite3
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.mail.withheld import raise_withheld
from crawler.flows.process.rules import Rules, load_rules
from crawler.flows.retention import Sweeper
from crawler.storage.crawl.entries.pages import drop_oldest_pages
from crawler.storage.mail.withheld import list_due

# a page may have some megabytes; deleting fifty holds the database for a few hundredths of a second
_PAGES_AT_ONCE = 50


def tidy(
    connection: sqlite3.Connection,
    config: Config,
    sweeper: Sweeper,
    *,
    now: datetime,
    rules: Rules | None = None,
) -> bool:
    """Do some of what is due; return whether there is more.

    rules  the rules in force; None: they are loaded if they are needed
    """
    is_more = sweeper.sweep(connection, config, now=now)
    most = config.store.page_space
    count = drop_oldest_pages(connection, most_bytes=most, limit=_PAGES_AT_ONCE)
    # reading a thousand watches takes a second, and nothing is due most times
    if rules is None and list_due(connection, now=now, limit=1):
        rules = load_rules(connection, config)
    raised = raise_withheld(connection, rules=rules, now=now) if rules is not None else 0
    return is_more or count == _PAGES_AT_ONCE or raised > 0
