"""Moves pages of days that are over into archive files, and deletes files that are old (``[archive]``, decision 052).

The name of a file is stored first; then it is written, read back and compared; then one transaction stores where each page is;
then the pages leave the database, a few at a time. Whatever ends the process in between, no page is lost: the next one writes
the same file again, or goes on. While the place cannot be reached, pages stay in the database.
"""

import asyncio
import hashlib
import logging
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Event
from typing import TypeVar

from crawler.backoff import Backoff
from crawler.config.schema import Config
from crawler.errors import ArchiveFailed, reason_of
from crawler.flows.news.reprocess import Database
from crawler.log import log_event
from crawler.machine.processes.patience import ask_patiently
from crawler.machine.zstd import zstd
from crawler.storage.archive.archived import (
    ArchiveFile,
    RecordPlace,
    begin_file,
    clear_pages,
    drop_file_pages,
    find_old_file,
    find_oldest_day,
    find_unwritten_file,
    give_up_file,
    has_files_at,
    is_resting,
    keep_trouble,
    list_day_pages,
    mark_written,
)
from crawler.storage.archive.places import open_place
from crawler.storage.archive.reading import list_addresses
from crawler.storage.archive.records import ENDINGS, encode_info, encode_page
from crawler.storage.crawl.entries.pages import StoredPage, find_stored_page
from crawler.storage.file.database import open_for_reading

# a larger day has several files: one that fails is written again whole
_MOST_BYTES = 1_000_000_000
# emptying a page of some megabytes holds the database; fifty take a few hundredths of a second
_PAGES_AT_ONCE = 50
# a file of a day over a slow line; a place that is away for longer than that is said
_LONGEST_SECONDS = 2 * 3600.0
# between tries; there is no last one, as pages wait in the database within [store] page_space
_BACKOFF = Backoff(timedelta(minutes=5), timedelta(hours=6))
_log = logging.getLogger("watchword.archive")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file that was written and read back: where its pages are, and its size in bytes."""

    places: tuple[RecordPlace, ...]
    size: int


@dataclass(slots=True)
class Archiver:
    """Does the work of the archive, one file at a time.

    database         the file that pages are read from, by a connection of its own
    longest_seconds  how long the place may take for one file
    """

    database: Path
    longest_seconds: float = _LONGEST_SECONDS
    _stop: Event = field(default_factory=Event)

    def stop(self) -> None:
        """End the writing under way; its file is written again later."""
        self._stop.set()

    async def work(self, writer: Database, config: Config, *, now: datetime) -> bool:
        """Do some of what is due; return whether there may be more. Fails only if storage does."""
        # what is in a file leaves the database even after the setting was removed
        while await writer.run(clear_pages, now=now, limit=_PAGES_AT_ONCE) == _PAGES_AT_ONCE:
            await asyncio.sleep(0)
        if await self._delete_old(writer, config, now=now):
            return True
        file = await self._find_due(writer, config, now=now)
        if file is None:
            return False
        ids = await writer.run(list_day_pages, file.day, most_bytes=_MOST_BYTES)
        if not ids:
            await writer.run(give_up_file, file.id)
            return True
        try:
            written = await self._ask(file, lambda: self._write(file, ids))
        except ArchiveFailed as error:
            if (
                not self._stop.is_set()
            ):  # cut off by us is no trouble: it is written again after the next start
                await self._keep_trouble(writer, file, str(error), now=now)
            return False
        await writer.run(mark_written, file.id, written.places, size=written.size, now=now)
        log_event(
            _log,
            logging.INFO,
            "pages archived",
            day=file.day,
            pages=len(written.places),
            bytes=written.size,
            file=file.name,
        )
        return True

    async def _find_due(
        self, writer: Database, config: Config, *, now: datetime
    ) -> ArchiveFile | None:
        """Return the file to be written now, after its name was stored."""
        to, compression = config.archive.to, config.archive.compression
        if to is None:
            return None
        file = await writer.run(find_unwritten_file)
        if file is not None and (file.address, file.compression) != (to, compression):
            await writer.run(give_up_file, file.id)
            file = None
        if file is not None:
            return None if await writer.run(is_resting, file.id, now=now) else file
        day = await writer.run(find_oldest_day, before=_midnight(now - config.archive.after))
        if day is None:
            return None
        # a name of its own: another database, or this one restored from a backup, may write to the same place
        name = f"watchword-{day}-{secrets.token_hex(4)}.{ENDINGS[compression]}"
        await writer.run(begin_file, day=day, address=to, name=name, compression=compression)
        return await writer.run(find_unwritten_file)

    async def _keep_trouble(
        self, writer: Database, file: ArchiveFile, reason: str, *, now: datetime
    ) -> None:
        wait = _BACKOFF.wait_after(file.tries + 1)
        await writer.run(keep_trouble, file.id, reason, next_try_at=now + wait)
        # the first, second, fourth, eighth try: a place may be away for weeks, and doctor has it all the time
        count = file.tries + 1
        if count & (count - 1) == 0:
            log_event(
                _log, logging.WARNING, "pages not archived", tries=count, day=file.day, why=reason
            )

    async def _delete_old(self, writer: Database, config: Config, *, now: datetime) -> bool:
        """Delete the oldest file that is too old, and the rows of its pages; return whether there was one."""
        if config.archive.retention is None:
            return False
        day = _midnight(now - config.archive.retention).date().isoformat()
        file = await writer.run(find_old_file, before_day=day, now=now)
        if file is None:
            return False
        try:
            await self._ask(file, lambda: _delete(file, config.archive.to))
        except ArchiveFailed as error:
            await self._keep_trouble(writer, file, str(error), now=now)
            return False
        while (
            await writer.run(drop_file_pages, file.id, now=now, limit=_PAGES_AT_ONCE)
            == _PAGES_AT_ONCE
        ):
            await asyncio.sleep(0)
        log_event(_log, logging.INFO, "archive file deleted", day=file.day, file=file.name)
        return True

    async def _ask(self, file: ArchiveFile, function: Callable[[], _Answer]) -> _Answer:
        """Do something at the place of a file, which may never answer; raises ArchiveFailed then, too."""
        seconds = self.longest_seconds
        try:
            return await asyncio.to_thread(ask_patiently, file.address, function, seconds=seconds)
        except TimeoutError as error:
            raise ArchiveFailed(str(error)) from error

    def _write(self, file: ArchiveFile, page_ids: tuple[int, ...]) -> _Written:
        digest, size = hashlib.sha256(), 0
        places: list[RecordPlace] = []
        with closing(open_for_reading(self.database)) as connection, ExitStack() as stack:
            place = open_place(file.address, is_begun=has_files_at(connection, file.address))
            out = stack.enter_context(place.write(file.name))
            head = encode_info(file.name, file.compression)
            out.write(head)
            digest.update(head)
            size += len(head)
            for page_id in page_ids:
                if self._stop.is_set():
                    raise ArchiveFailed("stopped")
                stored = _find_whole(connection, page_id)
                if stored is None:
                    continue
                record = encode_page(stored.page, file.compression)
                out.write(record)
                digest.update(record)
                places.append(RecordPlace(page_id=page_id, start=size, length=len(record)))
                size += len(record)
        if place.measure(file.name) != (size, digest.hexdigest()):
            raise ArchiveFailed(f"{file.name} was read back and is not what was written")
        return _Written(places=tuple(places), size=size)


def _delete(file: ArchiveFile, archive: str | None) -> None:
    """Delete a file wherever it may be; raises ArchiveFailed if it was not there and a place cannot be reached."""
    reasons = []
    for address in list_addresses(file.address, archive):
        try:
            if open_place(address).delete(file.name):
                return
        except ArchiveFailed as error:
            reasons.append(str(error))
    if reasons:
        raise ArchiveFailed("; ".join(reasons))


def _find_whole(connection: sqlite3.Connection, page_id: int) -> StoredPage | None:
    """Return a page, None if it is gone; one that is damaged is named, as its day waits until somebody looks."""
    try:
        return find_stored_page(connection, page_id)
    except (sqlite3.DatabaseError, zstd.ZstdError) as error:
        raise ArchiveFailed(
            f"page {page_id} of the database is damaged ({reason_of(error)}); put a backup back, or wait until [store] page_space "
            "needs its room"
        ) from error


def _midnight(instant: datetime) -> datetime:
    """Return the beginning of an instant's day in UTC: pages from before it are of days that ended ``after`` ago."""
    return datetime.combine(instant.astimezone(UTC).date(), time(), tzinfo=UTC)
