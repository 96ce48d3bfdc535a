"""An index of watches: finds the few of many that a document can match, and tests only these (decision 016).

Each watch is filed under the rarest keys of which a document must have one to match it. Keys depend on the language
of the document, so there is one table for each language, made when its first document comes. This is the design of
Lucene's monitor (Luwak). Measured in docs/internals/benchmarks.md: 0.73 ms an article with 10,000 watches; a loop of regular
expressions takes 1.4 s, and each watch as a query on an FTS5 table 374 ms.

Scanners for literals (RE2 sets, Aho-Corasick, Hyperscan) need 0.1 to 0.4 ms for the same number of words, but know no
inflection, exclusion, nearness or field, so every candidate would have to be tested all the same; RE2's word boundary is
ASCII only, and never matches around Cyrillic. Analysing the article costs as much as matching already.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from crawler.matching.analysis.analyzer import Document
from crawler.matching.languages.rules import rules_language
from crawler.matching.matcher import (
    CompiledWatch,
    holds,
    holds_apart_from_query,
    is_limited,
    looks_at_sources,
    make_match,
)
from crawler.matching.queries.predicates import Test, is_decided_by_keys, make_test
from crawler.matching.queries.prefilter import Key, choose_anchors, list_keys, require
from crawler.model.watch import Match, Watch

CountKeys = Callable[[Set[str]], Mapping[str, int]]


class _Entry:
    """A watch in the table of one language; its test is compiled when it is a candidate for the first time.

    is_sure     a document with one of its keys satisfies the query, no test needed
    is_limited  the watch has limits besides its query
    """

    __slots__ = ("_test", "id", "is_limited", "is_sure", "watch")

    def __init__(self, watch: CompiledWatch, *, is_sure: bool) -> None:
        self.watch = watch
        self.id = watch.watch.id
        self.is_sure = is_sure
        self.is_limited = is_limited(watch)
        self._test: Test | None = None

    def holds(self, document: Document) -> bool:
        """Return whether the query holds for a document."""
        if self._test is None:
            self._test = make_test(self.watch.query, document.rules)
        return self._test(document)


# prefixes are filed under their first three letters (two or one, if they have no more), so that each word is compared with few
_LONG, _SHORT, _SIGN = len("=abc"), len("=ab"), len("=a")
# these take as much memory as a watch takes besides
_KEYS_OF_A_WATCH = 8


class _Table:
    """The watches by the keys that documents of one language need to match them."""

    def __init__(self, language: str, count: CountKeys) -> None:
        self._language = language
        self._count = count
        self._by_key: dict[str, list[_Entry]] = {}
        self._by_prefix: dict[str, dict[str, list[_Entry]]] = {}
        # plain keys as strings: a name has a hundred of them in some languages
        self._anchors: dict[int, tuple[Key | str, ...]] = {}
        self.key_count = 0

    def add(self, watches: Sequence[CompiledWatch]) -> None:
        required = [require(watch.query, self._language) for watch in watches]
        counts = self._count({key for one in required if one for key in list_keys(one)})
        for watch, requirement in zip(watches, required, strict=True):
            # a query that requires nothing (only exclusions) is refused by the parser, so this is never empty
            anchors = choose_anchors(requirement, counts) if requirement else ()
            entry = _Entry(watch, is_sure=is_decided_by_keys(watch.query, self._language))
            filed = tuple(
                anchor if anchor.is_prefix else anchor.key for anchor in dict.fromkeys(anchors)
            )
            self._anchors[watch.watch.id] = filed
            self.key_count += len(filed)
            for anchor in filed:
                shelf, key = self._place(anchor)
                shelf.setdefault(key, []).append(entry)

    def remove(self, watch_id: int) -> None:
        filed = self._anchors.pop(watch_id, ())
        self.key_count -= len(filed)
        for anchor in filed:
            shelf, key = self._place(anchor)
            shelf[key] = [entry for entry in shelf[key] if entry.id != watch_id]
            if not shelf[key]:
                del shelf[key]

    def _place(self, anchor: Key | str) -> tuple[dict[str, list[_Entry]], str]:
        if isinstance(anchor, str):
            return self._by_key, anchor
        return self._by_prefix.setdefault(anchor.key[:_LONG], {}), anchor.key

    def find_candidates(self, document: Document) -> dict[int, _Entry]:
        """Return the entries for which a document has one of the needed keys, by the watch's id."""
        found = {
            entry.id: entry
            for key in document.places.keys() & self._by_key.keys()
            for entry in self._by_key[key]
        }
        if self._by_prefix:
            self._add_prefixed(document, found)
        return found

    def _add_prefixed(self, document: Document, found: dict[int, _Entry]) -> None:
        by_prefix = self._by_prefix
        for key in document.exact_keys:
            for start in (_LONG, _SHORT, _SIGN):
                shelf = by_prefix.get(key[:start])
                if shelf is None:
                    continue
                # every beginning of the word may be a prefix; the shelf of one or two letters has only its own
                for length in range(start, len(key) + 1 if start == _LONG else start + 1):
                    for entry in shelf.get(key[:length], ()):
                        found[entry.id] = entry


class WatchIndex:
    """An index of all watches, by which those that hold for a document are found.

    count  returns in how many documents each key occurs, as far as known; only speed depends on it (measured:
           129 candidates with 10,000 watches, 328 without)
    """

    def __init__(self, count: CountKeys = lambda _keys: {}) -> None:
        self._count = count
        self._watches: dict[int, CompiledWatch] = {}
        self._tables: dict[str, _Table] = {}
        self._by_source: set[int] = set()

    def __len__(self) -> int:
        return len(self._watches)

    def list_watches(self) -> tuple[Watch, ...]:
        """Return the watches as they were configured."""
        return tuple(compiled.watch for compiled in self._watches.values())

    def get(self, watch_id: int) -> CompiledWatch | None:
        """Return a watch by its id, None if it is not in the index."""
        return self._watches.get(watch_id)

    def add(self, watch: CompiledWatch) -> None:
        """Add a watch, or replace the one with its id."""
        self._add([watch])

    def _add(self, watches: Sequence[CompiledWatch]) -> None:
        for watch in watches:
            self.remove(watch.watch.id)
            self._watches[watch.watch.id] = watch
            if looks_at_sources(watch):
                self._by_source.add(watch.watch.id)
        for table in self._tables.values():
            table.add(watches)

    def remove(self, watch_id: int) -> None:
        """Remove a watch, if it is there."""
        self._by_source.discard(watch_id)
        if self._watches.pop(watch_id, None) is not None:
            for table in self._tables.values():
                table.remove(watch_id)

    def replace(self, watches: Iterable[CompiledWatch]) -> None:
        """Make these the watches of the index; only what differs is touched."""
        wanted = {watch.watch.id: watch for watch in watches}
        for watch_id in self._watches.keys() - wanted.keys():
            self.remove(watch_id)
        self._add([watch for watch in wanted.values() if self.get(watch.watch.id) != watch])

    def find_holding(
        self, document: Document, scopes: frozenset[str] = frozenset()
    ) -> list[CompiledWatch]:
        """Return the watches that hold for a document, in order of their ids.

        scopes  names and tags of the sources that announced it
        """
        candidates = self._table_for(document.rules).find_candidates(document)
        return [
            entry.watch
            for _, entry in sorted(candidates.items())
            if (entry.is_sure or entry.holds(document))
            and (not entry.is_limited or holds_apart_from_query(entry.watch, document, scopes))
        ]

    def find_matches(
        self, document: Document, scopes: frozenset[str] = frozenset()
    ) -> tuple[Match, ...]:
        """Return the match of every watch that holds for a document, in order of their ids; ``scopes`` as above."""
        return tuple(make_match(watch, document) for watch in self.find_holding(document, scopes))

    @property
    def has_source_watches(self) -> bool:
        """Whether any watch depends on the sources of an article."""
        return bool(self._by_source)

    def find_widened(
        self,
        document: Document,
        scopes: frozenset[str],
        *,
        before: Document,
        scopes_before: frozenset[str],
    ) -> tuple[Match, ...]:
        """Return the match of every watch that holds for a document only now that another source announced it too.

        before, scopes_before  the same text with the sources that had announced it until then
        """
        return tuple(
            make_match(watch, document)
            for watch in self.find_holding(document, scopes)
            if watch.watch.id in self._by_source and not holds(watch, before, scopes_before)
        )

    def count_filed(self, language: str) -> int:
        """Return how many watches are filed in all tables together once there is one for a language: each takes 2 KB there.

        A watch whose words have many forms counts as several.
        """
        tables = self._tables.values()
        filed = sum(max(len(self), table.key_count // _KEYS_OF_A_WATCH) for table in tables)
        return filed + len(self) * (rules_language(language) not in self._tables)

    def preload(self, language: str) -> None:
        """Make the table of a language before its first document comes, which would otherwise wait 0.05 ms per watch."""
        self._table_for(rules_language(language))

    def _table_for(self, language: str) -> _Table:
        table = self._tables.get(language)
        if table is None:
            table = self._tables[language] = _Table(language, self._count)
            table.add(list(self._watches.values()))
        return table
