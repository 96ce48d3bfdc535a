"""Writes an accepted configuration into the database. Only the daemon or another holder of the instance lock does this."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.flows.process.names.renames import take_over_names
from crawler.flows.process.writer import Writer
from crawler.storage.crawl.sources import SourceRow, list_changed_sources, save_sources
from crawler.storage.file.database import transaction
from crawler.storage.watch.watches import ChangedWatch, list_changed_watches, save_watches

_T = TypeVar("_T")
# rows a transaction: ten thousand sources in one would lock the file for half a second
_AT_ONCE = 500


def apply_config(
    connection: sqlite3.Connection, config: Config, *, before: Config | None = None, now: datetime
) -> None:
    """Write the sources and watches of a configuration in one transaction.

    before  the configuration in force until now, if it is known
    """
    with transaction(connection):
        # before the rest: otherwise a renamed watch would be set inactive, and a new row made for its name
        take_over_names(connection, config, before=before)
        save_sources(connection, list_changed_sources(connection, config.sources), now=now)
        save_watches(connection, list_changed_watches(connection, config.watches), now=now)


async def apply_config_in_slices(
    writer: Writer,
    config: Config,
    *,
    before: Config | None = None,
    stored: Config | None = None,
    now: datetime,
) -> None:
    """Write the sources and watches of a configuration in short transactions, so that a large one blocks nobody.

    stored  the configuration that the database holds for certain: only what differs from it is compared and written

    New names come first and together: if the process ends between two slices, nothing that was renamed is inactive yet or
    stored twice.
    """
    names = None if stored is None else list_differing(stored.sources, config.sources)
    has_other_watches = stored is None or stored.watches != config.watches
    if names is None or names or has_other_watches:
        await writer.run(take_over_names, config, before=before, touched=names)
    if names is None or names:
        for slice_ in _cut(await writer.run(list_changed_sources, config.sources, names)):
            await writer.run(_write_sources, slice_, now)
    # also after a change of sources alone: a watch may name one that was renamed
    for part in _cut(await writer.run(list_changed_watches, config.watches)):
        await writer.run(_write_watches, part, now)


def list_differing(
    before: Sequence[SourceSettings], after: Sequence[SourceSettings]
) -> frozenset[str]:
    """Return the names of sources that were added, removed or changed."""
    was = {source.name: source for source in before}
    there = {source.name for source in after}
    changed = (
        source.name
        for source in after
        if (old := was.get(source.name)) is not source and old != source
    )
    return frozenset((*changed, *(was.keys() - there)))


def _cut(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _write_sources(
    connection: sqlite3.Connection, rows: Sequence[SourceRow], now: datetime
) -> None:
    with transaction(connection):
        save_sources(connection, rows, now=now)


def _write_watches(
    connection: sqlite3.Connection, rows: Sequence[ChangedWatch], now: datetime
) -> None:
    with transaction(connection):
        save_watches(connection, rows, now=now)
