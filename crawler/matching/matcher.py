"""Testing watches against an analysed text."""

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.matching.analyzer import Document, cut_words, keys_of
from crawler.matching.hits import Hit
from crawler.matching.query import And, Not, Or, Phrase, Query, Word, list_terms, parse_query
from crawler.matching.snippet import find_passages, make_snippet
from crawler.model.watch import Match, Watch


@dataclass(frozen=True, slots=True)
class CompiledWatch:
    """A watch with its query read."""

    watch: Watch
    query: Query


def compile_watch(watch: Watch) -> CompiledWatch:
    """Read a watch's query; raises QuerySyntaxError."""
    return CompiledWatch(watch=watch, query=parse_query(watch.query))


def find_matches(document: Document, watches: Iterable[CompiledWatch]) -> tuple[Match, ...]:
    """Give a match for every watch that holds, in the order given.

    Only the document's headline and body are looked at; which sources a watch looks at is the caller's business.
    """
    found = (_match(document, compiled) for compiled in watches)
    return tuple(match for match in found if match is not None)


def _match(document: Document, compiled: CompiledWatch) -> Match | None:
    watch = compiled.watch
    if watch.languages and document.language not in watch.languages:
        return None
    search = _Search(document, is_title_only=watch.title_only)
    if not search.holds(compiled.query):
        return None
    terms = {term.text: search.find(term) for term in list_terms(compiled.query)}
    hits = sorted({hit for found in terms.values() for hit in found})
    return Match(
        watch_id=watch.id,
        terms=tuple(text for text, found in terms.items() if found),
        hit_count=len({hit.position for hit in hits}),
        in_headline=bool(hits) and hits[0].position < document.body_starts_at,
        snippet=make_snippet(document, tuple(hits)),
        passages=find_passages(document, tuple(hits)),
    )


class _Search:
    """Looks terms up in one document, each once."""

    def __init__(self, document: Document, *, is_title_only: bool) -> None:
        self._document = document
        self._end = document.body_starts_at if is_title_only else None
        self._known: dict[Word | Phrase, tuple[Hit, ...]] = {}

    def holds(self, query: Query) -> bool:
        """Tell whether a query holds for the document."""
        match query:
            case Word() | Phrase():
                return bool(self.find(query))
            case Not(inner):
                return not self.holds(inner)
            case And(parts):
                return all(self.holds(part) for part in parts)
            case Or(parts):
                return any(self.holds(part) for part in parts)

    def find(self, term: Word | Phrase) -> tuple[Hit, ...]:
        """Give the places of a term, in order."""
        if term not in self._known:
            self._known[term] = tuple(
                hit for hit in self._look_up(term) if self._end is None or hit.position < self._end
            )
        return self._known[term]

    def _look_up(self, term: Word | Phrase) -> list[Hit]:
        words = [token.word for token in cut_words(term.text)]
        if not words:
            return []
        is_exact = isinstance(term, Phrase)
        hits = self._in_a_row([self._positions(word, is_exact=is_exact) for word in words], term)
        if len(words) > 1 and not is_exact:  # anti-drone is also written antidrone
            joined = self._positions("".join(words), is_exact=False)
            hits += [Hit(position, 1, term.text) for position in joined]
        return sorted(hits)

    def _positions(self, word: str, *, is_exact: bool) -> set[int]:
        exact, *inflections = keys_of(word, self._document.language)
        keys = [exact] if is_exact else inflections
        return {place for key in keys for place in self._document.places.get(key, ())}

    @staticmethod
    def _in_a_row(positions: list[set[int]], term: Word | Phrase) -> list[Hit]:
        return [
            Hit(first, len(positions), term.text)
            for first in positions[0]
            if all(first + step in places for step, places in enumerate(positions))
        ]
