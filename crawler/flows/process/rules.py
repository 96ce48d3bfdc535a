"""The configuration in the form the flows use: watches compiled, and indexed so that only few are tested for a text."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from crawler.config.files.secrets import read_source_password
from crawler.config.schema import Config
from crawler.matching.matcher import compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.source import Source
from crawler.model.watch import Watch
from crawler.storage.crawl.sources import find_source_name, get_source
from crawler.storage.watch.keys import count_texts_with, open_key_counts
from crawler.storage.watch.watches import load_watches


@dataclass(frozen=True, slots=True)
class Rules:
    """One accepted configuration, ready for use; ``index`` holds its watches.

    version  counts the configurations this process has loaded; 0 for one that is not loaded yet
    """

    config: Config
    index: WatchIndex = field(default_factory=WatchIndex)
    version: int = 0

    @property
    def watch_words(self) -> tuple[str, ...]:
        """Queries and synonyms of all watches."""
        watches = self.config.watches
        synonyms = (word for words in self.config.synonyms for word in words.words)
        return (*(watch.query for watch in watches), *synonyms)

    def watch(self, watch_id: int) -> Watch:
        """Return a watch; raises LookupError if it is not in force."""
        watch = self.find_watch(watch_id)
        if watch is None:
            raise LookupError(f"no watch {watch_id} is in force")
        return watch

    def find_watch(self, watch_id: int) -> Watch | None:
        """Return a watch, None if it is not in force any more."""
        compiled = self.index.get(watch_id)
        return compiled.watch if compiled else None

    def scopes_of(self, sources: Iterable[str]) -> frozenset[str]:
        """Return the names and tags of all sources that announced an article: what ``sources`` of a watch may name."""
        return frozenset[str]().union(*map(self.config.scopes_of, sources))

    def as_named_now(self, connection: sqlite3.Connection, source: Source) -> Source:
        """Return a source whose visit is under way under the name it has by now.

        A page of a renamed source was matched under the old name, so that a watch limited to the source missed it. The
        database gets the new name first: a name these rules do not know yet leaves the source as it is.
        """
        name = find_source_name(connection, source.id)
        settings = None if name is None else self.config.source_named(name)
        if settings is None or settings.name == source.name:
            return source
        return replace(source, name=settings.name, tags=settings.tags)

    def source(self, connection: sqlite3.Connection, source_id: int, name: str) -> Source | None:
        """Return a source with its settings, or None if it left the configuration meanwhile."""
        settings = self.config.source_named(name)
        if settings is None:
            return None
        return get_source(connection, source_id, settings, password=read_source_password(settings))


def load_rules(
    connection: sqlite3.Connection, config: Config, *, earlier: Rules | None = None
) -> Rules:
    """Return the rules of a configuration that is in the database already.

    earlier  the rules before: unchanged watches are reused, as reading a query costs 40 microseconds
    """
    watches = load_watches(connection, config)
    if earlier is not None and len(earlier.index):
        index = earlier.index
    else:
        open_key_counts(connection)
        index = WatchIndex(partial(count_texts_with, connection))
    known = {watch.id: index.get(watch.id) for watch in watches}
    index.replace(
        compiled if compiled and compiled.watch == watch else compile_watch(watch)
        for watch, compiled in ((watch, known[watch.id]) for watch in watches)
    )
    return Rules(config=config, index=index, version=1 + (earlier.version if earlier else 0))
