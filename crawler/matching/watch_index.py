"""Finding the few watches of many that a document can match, and testing only these.

Each watch stands under the rarest keys of which a document must have one to match it. Keys depend on the language of
the document, so there is one table a language, made when its first document comes.
"""

from collections.abc import Iterable

from crawler.matching.analyzer import Document
from crawler.matching.closures import Test, make_test
from crawler.matching.matcher import (
    CompiledWatch,
    holds_apart_from_query,
    is_limited,
    make_match,
)
from crawler.matching.requirements import Frequency, Key, choose_anchors, require
from crawler.model.watch import Match


class _Entry:
    """A watch in the table of a language; its test is made when it is first a candidate."""

    __slots__ = ("is_limited", "test", "watch")

    def __init__(self, watch: CompiledWatch) -> None:
        self.watch = watch
        self.test: Test | None = None
        self.is_limited = is_limited(watch)


# prefixes stand under their first letters, so that a word is compared with few of them
_LONG, _SHORT = len("=abc"), len("=ab")


class _Table:
    """The watches of one language, by the keys they need."""

    def __init__(self, language: str, frequency: Frequency) -> None:
        self._language = language
        self._frequency = frequency
        self._by_key: dict[str, list[_Entry]] = {}
        self._by_prefix: dict[str, list[tuple[str, _Entry]]] = {}
        self._anchors: dict[int, tuple[Key, ...]] = {}

    def add(self, watch: CompiledWatch) -> None:
        required = require(watch.query, self._language)
        # the language refuses queries that nothing is required for
        anchors = choose_anchors(required, self._frequency)[0] if required else ()
        entry, unique = _Entry(watch), tuple(dict.fromkeys(anchors))
        self._anchors[watch.watch.id] = unique
        for anchor in unique:
            if anchor.is_prefix:
                prefixed = self._by_prefix.setdefault(anchor.key[:_LONG], [])
                prefixed.append((anchor.key, entry))
            else:
                self._by_key.setdefault(anchor.key, []).append(entry)

    def remove(self, watch_id: int) -> None:
        for anchor in self._anchors.pop(watch_id, ()):
            if anchor.is_prefix:
                prefixed = self._by_prefix[anchor.key[:_LONG]]
                prefixed[:] = [pair for pair in prefixed if pair[1].watch.watch.id != watch_id]
            else:
                entries = self._by_key[anchor.key]
                entries[:] = [entry for entry in entries if entry.watch.watch.id != watch_id]
                if not entries:
                    del self._by_key[anchor.key]

    def find_candidates(self, document: Document) -> dict[int, _Entry]:
        """Give the entries that a document has a needed key of, by the watch's id."""
        found = {
            entry.watch.watch.id: entry
            for key in document.places.keys() & self._by_key.keys()
            for entry in self._by_key[key]
        }
        if self._by_prefix:
            self._add_prefixed(document, found)
        return found

    def _add_prefixed(self, document: Document, found: dict[int, _Entry]) -> None:
        by_prefix = self._by_prefix
        for length in (_LONG, _SHORT):
            beginnings = {key[:length] for key in document.exact_keys}
            for beginning in beginnings & by_prefix.keys():
                for prefix, entry in by_prefix[beginning]:
                    if next(document.keys_with(prefix[1:]), None) is not None:
                        found[entry.watch.watch.id] = entry


class WatchIndex:
    """All watches, ready to be met by documents.

    frequency  in how many documents a key is met, as far as known; only speed depends on it
    """

    def __init__(self, frequency: Frequency = lambda _key: 0.0) -> None:
        self._frequency = frequency
        self._watches: dict[int, CompiledWatch] = {}
        self._tables: dict[str, _Table] = {}

    def __len__(self) -> int:
        return len(self._watches)

    def get(self, watch_id: int) -> CompiledWatch | None:
        """Give a watch as it stands in the index."""
        return self._watches.get(watch_id)

    def add(self, watch: CompiledWatch) -> None:
        """Add a watch, or put it in the place of an earlier one with its id."""
        if watch.watch.id in self._watches:
            self.remove(watch.watch.id)
        self._watches[watch.watch.id] = watch
        for table in self._tables.values():
            table.add(watch)

    def remove(self, watch_id: int) -> None:
        """Take a watch out; what is not there is no fault."""
        if self._watches.pop(watch_id, None) is not None:
            for table in self._tables.values():
                table.remove(watch_id)

    def replace(self, watches: Iterable[CompiledWatch]) -> None:
        """Make the index hold exactly these; only what differs is touched."""
        wanted = {watch.watch.id: watch for watch in watches}
        for watch_id in self._watches.keys() - wanted.keys():
            self.remove(watch_id)
        for watch_id, watch in wanted.items():
            if self._watches.get(watch_id) != watch:
                self.add(watch)

    def find_holding(
        self, document: Document, scopes: frozenset[str] = frozenset()
    ) -> list[CompiledWatch]:
        """List the watches that hold for a document, by id.

        scopes  name and tags of the document's source
        """
        candidates = self._table_for(document.rules).find_candidates(document)
        found = []
        for watch_id in sorted(candidates):
            entry = candidates[watch_id]
            if entry.test is None:
                entry.test = make_test(entry.watch.query, document.rules)
            if entry.test(document) and (
                not entry.is_limited or holds_apart_from_query(entry.watch, document, scopes)
            ):
                found.append(entry.watch)
        return found

    def find_matches(
        self, document: Document, scopes: frozenset[str] = frozenset()
    ) -> tuple[Match, ...]:
        """Give a match for every watch that holds for a document, by the watch's id; ``scopes`` as above."""
        return tuple(make_match(watch, document) for watch in self.find_holding(document, scopes))

    def _table_for(self, language: str) -> _Table:
        table = self._tables.get(language)
        if table is None:
            table = self._tables[language] = _Table(language, self._frequency)
            for watch in self._watches.values():
                table.add(watch)
        return table
