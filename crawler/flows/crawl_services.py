"""The services of the crawl process, opened and closed together."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from crawler.clock import Clock, utc_now
from crawler.config.schema import Config
from crawler.errors import DatabaseUnusable, StorageUnavailable
from crawler.flows.archive import Archiver
from crawler.flows.crawl.throttle import SiteLimits
from crawler.flows.crawl.visit import release_visits
from crawler.flows.crawl.visit_services import VisitServices
from crawler.flows.embedded_notebook import EmbeddedNotebook
from crawler.flows.news.missed import Missed, list_missed, match_missed
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.parse_pool.server import Spawned
from crawler.flows.process.parse_pool.watches import WatchSet
from crawler.flows.process.private_hosts import allow_private_hosts
from crawler.flows.process.rules import load_rules
from crawler.flows.process.writer import Writer
from crawler.flows.retention import CRAWL_RULES, Sweeper
from crawler.flows.upkeep import tidy
from crawler.flows.watch.key_index import index_some_texts, list_texts_to_index, open_key_index
from crawler.flows.watch.merging import move_merged
from crawler.log import log_event
from crawler.machine.clock_watch import ClockWatch
from crawler.matching.languages.dictionaries import sample_scripts
from crawler.storage.crawl.crawl_times import repair_crawl_times
from crawler.storage.crawl.handing_out.bundles import delete_bundles
from crawler.storage.file.database import transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.owners import Owner
from crawler.storage.watch.keys import count_revisions_to_index, find_text, list_frequent_languages

# pages come first: a batch holds the database for a quarter of a second, so this leaves two thirds of the time to them
_PAUSE_SECONDS = 0.5
# texts between two log lines: a line for each batch of a hundred would fill the log
_LOG_EVERY = 10_000
# the usual languages of the archive; each one's table takes 2 KB of memory a watch (decision 016)
_PRELOADED_LANGUAGES = 4
# of what is old, a minute: 20,000 sources bring 280 pages in it, and a sweep takes fifty; other work comes in between
_MOST_SWEEPS = 10
# between two looks whether pages are to be archived, which is once a day
_ARCHIVE_SECONDS = 60.0
# between two looks whether the clock was set; a smaller jump delays nothing for longer than a minute
_CLOCK_SECONDS, _JUMP_SECONDS = 0.5, 60.0
_log = logging.getLogger("watchword.services")


class CrawlServices(VisitServices):
    """The services of the crawl process, with the limits that its sites ask for.

    owner    the crawl process beside a daemon, or the holder of the instance lock, which does the work of both
    spawned  the fork server of the parse pool, if it was started already
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock = utc_now,
        owner: Owner = Owner.CRAWL,
        spawned: Spawned | None = None,
    ) -> None:
        super().__init__(config, clock=clock, spawned=spawned)
        self.writer = Writer(config.store.path, owner, clock=clock)
        self._owner = owner
        self.notebook = EmbeddedNotebook(self.writer, clock, lambda: self.rules)
        self.site_limits = SiteLimits(self.notebook, clock)
        self._sweeper = Sweeper(CRAWL_RULES)

    @property
    def storage_fault(self) -> str | None:
        """Why the database does not answer now, None if it does."""
        return self.writer.fault.reason if self.writer.fault else None

    async def open(self) -> None:
        """Put the configuration in force and release visits that an earlier process left open; call once, first."""
        if self._owner is Owner.ALL:
            await self.writer.run(migrate)
            await apply_config_in_slices(self.writer, self.rules.config, now=self.clock())
        count = await self.writer.run(self._release)
        if count:
            log_event(_log, logging.WARNING, "visits taken back", count=count)
        await self.writer.run(open_key_index)
        await self.use_config(self.rules.config)
        await self.repair_times(timedelta(0))

    def _release(self, connection: sqlite3.Connection) -> int:
        with transaction(connection):
            keep = self.list_kept_visits(connection)
            return release_visits(connection, keep=keep, now=self.clock())

    def list_kept_visits(self, connection: sqlite3.Connection) -> frozenset[int]:
        """Return the visits that stay open without this process: none, also of those that workers had. Called inside a transaction."""
        delete_bundles(connection)
        return frozenset()

    async def repair_times(self, jump: timedelta) -> None:
        """Repair moments that lie too far ahead after the clock was set, and reload the throttled hosts.

        jump  by how much the clock went further than the time that passed; negative where it was set back
        """
        count = await self.writer.run(_repair_times, now=self.clock(), jump=jump)
        if count:
            log_event(_log, logging.WARNING, "times repaired", count=count)
        await self.site_limits.open()

    async def watch_clock(self) -> None:
        """Repair the times in our tables whenever the clock was set; never returns."""
        watch = ClockWatch(self.clock)
        while True:
            await asyncio.sleep(_CLOCK_SECONDS)
            jump = watch.measure()
            if abs(jump) >= _JUMP_SECONDS:
                await self.repair_times(timedelta(seconds=jump))

    async def use_config(self, config: Config) -> None:
        """Put a configuration in force that is already in the database; pages under way finish under the old or the new one."""
        self.rules = await self.writer.run(load_rules, config, earlier=self.rules)
        await self.writer.run(move_merged)
        self.site_limits.agent = config.fetch.agent_name
        self.dictionaries.expect_words(self.rules.watch_words)
        await self._send_watches()
        allow_private_hosts(config)
        await self._match_missed()

    async def _send_watches(self) -> None:
        """Have the parse pool match with the watches in force."""
        usual = await self.writer.run(list_frequent_languages, limit=_PRELOADED_LANGUAGES)
        watches = self.rules.index.list_watches()
        scripts = sample_scripts(" ".join(self.rules.watch_words))
        self.pool.use_watches(WatchSet(self.rules.version, watches, usual, scripts))

    async def _match_missed(self) -> None:
        """Match texts against watches that were out of the configuration for a moment when these were stored.

        A half-written or empty file takes watches out for some seconds, and the story of that moment was never matched.
        """
        missed: Sequence[Missed] = ()
        with self._logging_errors("texts that watches missed could not be listed"):
            missed = await self.writer.run(list_missed, self.rules, now=self.clock())
        for one in missed:
            with self._logging_errors(f"text not matched with watches revision={one.revision_id}"):
                await self._match_text(one)
        if missed:
            log_event(
                _log,
                logging.INFO,
                "texts matched with watches that had missed them",
                count=len(missed),
            )

    @staticmethod
    @contextmanager
    def _logging_errors(event: str) -> Iterator[None]:
        """Log an error and go on: one damaged row must not keep a configuration from being put in force."""
        try:
            yield
        except StorageUnavailable:
            raise
        except Exception:
            log_event(_log, logging.ERROR, event, exc_info=True)

    async def _match_text(self, missed: Missed) -> None:
        row = await self.writer.run(find_text, missed.revision_id)
        if row is not None:
            await self.dictionaries.load_for_text(row["body"], row["language"])
        await self.writer.run(match_missed, missed, rules=self.rules, now=self.clock())

    async def tidy(self) -> None:
        """Delete, add up and compress what is old, and send alerts that the daily limit held back, a few at a time."""
        for _ in range(_MOST_SWEEPS):
            rules = self.rules
            if not await self.writer.run(tidy, rules.config, self._sweeper, now=self.clock(), rules=rules):  # fmt: skip
                break

    async def archive(self) -> None:
        """Move pages into archive files whenever a day is over; never returns."""
        archiver = Archiver(self.rules.config.store.path)
        try:
            while True:
                with self._logging_errors("pages not archived"):
                    while await archiver.work(self.writer, self.rules.config, now=self.clock()):
                        pass
                await asyncio.sleep(_ARCHIVE_SECONDS)
        finally:
            archiver.stop()

    async def prepare_matching(self) -> None:
        """Load what matching needs, and then complete the index of words."""
        await self.preload_matching()
        await self.complete_key_index()

    async def preload_matching(self) -> None:
        """Load the dictionaries of the usual languages while the first pages are fetched.

        Otherwise the first article of a language waits for its dictionary, which takes seconds to build.
        """
        usual = await self.writer.run(list_frequent_languages, limit=_PRELOADED_LANGUAGES)
        for language in usual or ("en",):
            await self.dictionaries.load_for_text("", language)

    async def complete_key_index(self) -> None:
        """Add the texts that the key index lacks after a change of the analysis, a few at a time."""
        count = await self.writer.run(count_revisions_to_index)
        if not count:
            return
        log_event(_log, logging.INFO, "texts are indexed again for watches", count=count)
        done = 0
        while done < count:
            for language, text in await self.writer.run(list_texts_to_index):
                await self.dictionaries.load_for_text(text, language)
            found = await self.writer.run(index_some_texts)
            done += found or count
            if done % _LOG_EVERY < found:
                log_event(_log, logging.INFO, "texts indexed", done=done, count=count)
            await asyncio.sleep(_PAUSE_SECONDS)

    def close(self, *last_work: Callable[[sqlite3.Connection], object]) -> None:
        """Stop the pool, release visits under way, do the last work, and close the file."""
        self.pool.close()
        self.dictionaries.close()
        with suppress(DatabaseUnusable):  # the database was never opened
            self.writer.run_last(self._release)
            for work in last_work:
                self.writer.run_last(work)
        self.writer.close()


async def until_closed(chore: Awaitable[object]) -> None:
    """Run a chore; it ends without an error if the database is closed meanwhile."""
    with suppress(StorageUnavailable):
        await chore


def _repair_times(connection: sqlite3.Connection, *, now: datetime, jump: timedelta) -> int:
    with transaction(connection):
        return repair_crawl_times(connection, now=now, jump=jump)
