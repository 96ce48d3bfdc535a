"""For a crawl process without a daemon (``scrapy crawl feed``): the daemon's part in ending a visit."""

import sqlite3

from crawler.storage.crawl.plans import list_finished_visits, mark_planned, take_over_findings
from crawler.storage.file.database import transaction


def take_over_visits(connection: sqlite3.Connection) -> None:
    """Store what finished visits found out about their sources; planning the next visit is left to a daemon."""
    with transaction(connection):
        for finished in list_finished_visits(connection):
            if not finished.is_outdated:
                take_over_findings(connection, finished)
            mark_planned(connection, finished.finish_no)
