"""For a crawl process without a daemon (``scrapy crawl feed``): what the daemon would take over from its visits."""

import sqlite3

from crawler.storage.crawl.plans import list_finished_visits, mark_planned, take_over_findings
from crawler.storage.file.database import transaction


def take_over_visits(connection: sqlite3.Connection) -> None:
    """Take over what finished visits found out; when their sources are due next is left to the daemon's planning."""
    with transaction(connection):
        for finished in list_finished_visits(connection):
            if not finished.is_outdated:
                take_over_findings(connection, finished)
            mark_planned(connection, finished.finish_no)
