"""The configuration in the form the flows use: watches compiled, and which of them look at which source."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.config.load import read_source_password
from crawler.config.schema import Config
from crawler.matching.matcher import CompiledWatch, compile_watch
from crawler.model.source import Source
from crawler.model.watch import Watch
from crawler.storage.sources import get_source
from crawler.storage.watches import load_watches

# where nobody is named, the letter lies in the Maildir beside the database under this name
NOBODY_NAMED = ("reader@localhost",)


@dataclass(frozen=True, slots=True)
class Rules:
    """One accepted configuration, ready for use.

    watches   by row id, each with its compiled form
    """

    config: Config
    watches: Mapping[int, tuple[Watch, CompiledWatch]]

    def watches_for(self, source: Source) -> tuple[CompiledWatch, ...]:
        """Give the watches that look at a source: those that name it or one of its tags, or name none."""
        names = {source.name, *source.tags}
        return tuple(
            compiled
            for watch, compiled in self.watches.values()
            if not watch.sources or names.intersection(watch.sources)
        )

    def source(self, connection: sqlite3.Connection, source_id: int, name: str) -> Source | None:
        """Give a source with its settings, or None if it left the configuration meanwhile."""
        settings = self.config.source_named(name)
        if settings is None:
            return None
        return get_source(connection, source_id, settings, password=read_source_password(settings))


def load_rules(connection: sqlite3.Connection, config: Config) -> Rules:
    """Compile a configuration that ``apply_config`` has been called with."""
    watches = load_watches(
        connection,
        config.watches,
        default_recipients=config.mail.to or NOBODY_NAMED,
        zone=config.zone,
    )
    return Rules(
        config=config, watches={watch.id: (watch, compile_watch(watch)) for watch in watches}
    )
