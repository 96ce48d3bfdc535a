"""What is due of the crawl process besides visits: expired pages, and alerts that the daily limit held back.

What is due of the daemon besides is in ``flows.status_reports``; a crawl without either does both.
"""

import sqlite3
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.mail.withheld import raise_withheld
from crawler.flows.process.rules import Rules, load_rules
from crawler.storage.crawl.entries.pages import expire_pages
from crawler.storage.mail.withheld import list_due

# a page is up to some megabytes; deleting so many takes a few hundredths of a second
_PAGES_AT_ONCE = 50


def tidy(
    connection: sqlite3.Connection, config: Config, *, now: datetime, rules: Rules | None = None
) -> bool:
    """Do some of what is due, and return whether there is more of it.

    rules  the configuration with its watches read, where somebody has it; else they are read when they are needed
    """
    before = now - config.store.page_retention
    count = expire_pages(connection, before=before, limit=_PAGES_AT_ONCE)
    # to read a thousand watches for nothing would take a second each time
    if rules is None and list_due(connection, now=now, limit=1):
        rules = load_rules(connection, config)
    raised = raise_withheld(connection, rules=rules, now=now) if rules is not None else 0
    return count == _PAGES_AT_ONCE or raised > 0
