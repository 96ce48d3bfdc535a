"""The watches in force as workers have them: compiled once by the fork server, shared by the workers it forks from then on."""

import pickle
from dataclasses import dataclass, field

from crawler.matching.analysis.analyzer import Document
from crawler.matching.languages.dictionaries import can_prepare, prepare
from crawler.matching.matcher import compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Match, Watch

# watches in the tables of all languages together: 500 MB, a third of `[fetch] parse_memory`. A worker that needed more would
# be cut off, and its page taken for the cause
_MOST_FILED = 250_000


@dataclass(frozen=True, slots=True)
class WatchSet:
    """The watches of one accepted configuration, on their way to the fork server.

    version    of the rules they belong to (``Rules.version``), never 0
    languages  whose tables are made before workers are forked, which then share them
    scripts    a character of each script their words are written in: these need dictionaries in any language
    """

    version: int
    watches: tuple[Watch, ...] = field(repr=False)
    languages: tuple[str, ...] = ()
    scripts: str = ""


@dataclass(frozen=True, slots=True)
class WatchesInForce:
    """Compiled watches; none until the first set has come. ``scripts`` as in ``WatchSet``."""

    version: int = 0
    index: WatchIndex = field(default_factory=WatchIndex)
    scripts: str = ""

    def has_room_for(self, language: str) -> bool:
        """Return whether texts in a language can be matched here; otherwise that is done where they are stored."""
        return self.version > 0 and self.index.count_filed(language) <= _MOST_FILED

    def find_matches(self, document: Document, scopes: frozenset[str]) -> tuple[Match, ...]:
        """Return the matches of a document whose source has these names and tags."""
        return self.index.find_matches(document, scopes)


_in_force = WatchesInForce()


def watches_in_force() -> WatchesInForce:
    """Return the watches this process has."""
    return _in_force


def put_in_force(data: bytes) -> None:
    """Compile a pickled ``WatchSet`` and put it in force in this process and those forked from it.

    A language whose dictionary is not in the cache is left out: building one takes seconds, and no worker starts meanwhile.
    """
    global _in_force  # noqa: PLW0603  # what a forked worker finds is what its parent had
    sent: WatchSet = pickle.loads(data)  # noqa: S301 - from the crawl process
    index = WatchIndex()
    index.replace(map(compile_watch, sent.watches))
    for language in sent.languages:
        is_small = index.count_filed(language) <= _MOST_FILED
        if is_small and can_prepare([sent.scripts], language):
            prepare(language)
            index.preload(language)
    _in_force = WatchesInForce(sent.version, index, sent.scripts)
