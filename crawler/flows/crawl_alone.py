"""For a crawl process without a daemon (``scrapy crawl feed``): the daemon's part in opening the database and ending a visit."""

import sqlite3
from collections.abc import Callable

from crawler.clock import Clock, utc_now
from crawler.config.schema import Config
from crawler.flows.crawl_services import CrawlServices
from crawler.storage.crawl.plans import list_finished_visits, mark_planned, take_over_findings
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.database import transaction
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.owners import Owner


class ServicesAlone(CrawlServices):
    """The services of a crawl process that has the database to itself, under the instance lock.

    raises  StopNow if another process has it: two that claim and settle visits would undo each other's work
    """

    def __init__(self, config: Config, *, clock: Clock = utc_now) -> None:
        self._lock = InstanceLock(config.store.path, holder="scrapy crawl feed")
        self._lock.__enter__()
        super().__init__(config, clock=clock, owner=Owner.ALL)

    async def open(self) -> None:
        """Open the services, and take over what earlier visits found out."""
        await super().open()
        await self.writer.run(take_over_visits)

    async def make_due(self, source: str) -> None:
        """Make a source due now, with every endpoint."""
        await self.writer.run(mark_due_now, [source], now=self.clock())

    def close(self, *last_work: Callable[[sqlite3.Connection], object]) -> None:
        """Close the services, and let go of the lock."""
        super().close(take_over_visits, *last_work)
        self._lock.__exit__()


def take_over_visits(connection: sqlite3.Connection) -> None:
    """Store what finished visits found out about their sources; planning the next visit is left to a daemon."""
    with transaction(connection):
        for finished in list_finished_visits(connection):
            if not finished.is_outdated:
                take_over_findings(connection, finished)
            mark_planned(connection, finished.finish_no)
