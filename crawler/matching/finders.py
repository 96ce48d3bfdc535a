"""Find terms in documents of one language. A finder takes a document and returns the spans of all occurrences."""

from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.analysis.inflection import Form, cased_form, prefix_key, search_keys
from crawler.matching.analysis.words import cut_pieces, take_apart
from crawler.matching.folding.numbers import join_thousands
from crawler.matching.folding.signs import END
from crawler.matching.hits import Span
from crawler.matching.queries.expressions import Field, Inside, Near, Or, Phrase, Query, Term, Word
from crawler.matching.queries.prefilter import form_in_phrase

Finder = Callable[[Document], Sequence[Span]]


def find_places(query: Query, document: Document) -> Sequence[Span]:
    """Return the spans, sorted, of a term, an OR of terms, or two that are near each other; none for anything else."""
    match query:
        case Word() | Phrase():
            return term_finder(query, document.rules)(document)
        case Or(parts):
            return _in_order(span for part in parts for span in find_places(part, document))
        case Inside(field, inner):
            return keep_inside(find_places(inner, document), field)
        case Near(left, right, distance, is_ordered):
            pairs = find_near(
                find_places(left, document),
                find_places(right, document),
                distance,
                is_ordered=is_ordered,
            )
            return _in_order((min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs)
        case _:
            return ()


def keep_inside(spans: Sequence[Span], field: Field) -> Sequence[Span]:
    """Return the spans that lie in the headline, or those in the body; ``spans`` must be sorted."""
    start = bisect_left(spans, (BODY_STARTS_AT, 0))
    return spans[:start] if field is Field.TITLE else spans[start:]


def find_near(
    left: Sequence[Span], right: Sequence[Span], distance: int, *, is_ordered: bool
) -> list[tuple[Span, Span]]:
    """Return pairs of spans near each other: each span on the right with the closest on the left before and after it.

    Only the closest, because all pairs of 2,000 hits on either side took 199 ms.
    distance  most words between them; two spans that overlap are not a pair
    """
    pairs: list[tuple[Span, Span]] = []
    by_end = sorted(left, key=lambda span: (span[1], span[0]))
    ends, starts = [span[1] for span in by_end], [span[0] for span in left]
    for span in right:
        before = bisect_left(ends, span[0]) - 1
        if before >= 0 and span[0] - ends[before] - 1 <= distance:
            pairs.append((by_end[before], span))
        after = len(starts) if is_ordered else bisect_right(starts, span[1])
        if after < len(starts) and starts[after] - span[1] - 1 <= distance:
            pairs.append((left[after], span))
    return pairs


@lru_cache(maxsize=20_000)
def term_finder(term: Term, language: str) -> Finder:
    """Return the finder of a word or phrase for documents whose words are inflected in this language."""
    if isinstance(term, Word):
        units = [
            unit for piece in cut_pieces(term.text) for unit in _cut_units(piece, term, language)
        ]
        return _in_a_row(units)
    words = [
        Word(word.rstrip("*"), is_prefix=word.endswith("*"))
        for word in join_thousands(term.text, language).split()
        if take_apart(word).parts
    ]
    if term.slack is None:
        forms = [form_in_phrase(term, number, len(words)) for number in range(len(words))]
        return _in_a_row(
            [
                unit
                for word, form in zip(words, forms, strict=True)
                for unit in _cut_exact(word, language, form)
            ]
        )
    # in "war war"~5 the word must occur twice
    counts = Counter((word.text.lower(), word.is_prefix) for word in words)
    unique = {(word.text.lower(), word.is_prefix): word for word in words}
    wanted = [(_in_a_row(_cut_exact(word, language)), counts[key]) for key, word in unique.items()]
    return _among(wanted, term.slack)


def _cut_exact(word: Word, language: str, form: Form = Form.EXACT) -> list[Finder]:
    return [
        unit
        for piece in cut_pieces(word.text)
        for unit in _cut_units(piece, word, language, form=form)
    ]


def _cut_units(piece: str, word: Word, language: str, *, form: Form = Form.ANY) -> Iterator[Finder]:
    """Yield a finder for each compound of a piece; a `*` applies to the last word of the last compound."""
    compounds = take_apart(piece).compounds
    others = replace(word, is_prefix=False) if word.is_prefix else word
    for number, (parts, joined) in enumerate(compounds, start=1):
        last = word if number == len(compounds) else others
        kinds = [others] * (len(parts) - 1) + [last]
        row = _in_a_row(
            [
                _word_finder(part, kind, language, form=accepted)
                for part, kind, accepted in zip(
                    parts, kinds, form.of_parts(len(parts)), strict=True
                )
            ]
        )
        if not joined:
            yield row
            continue
        # U.S. finds US in capitals, and never the word us (decision 015)
        is_dotted = all(len(part) == 1 for part in parts)
        whole = replace(last, is_cased=word.is_cased or is_dotted)
        yield _either(row, _word_finder(joined, whole, language, form=form))


def _word_finder(text: str, kind: Word, language: str, *, form: Form) -> Finder:
    if kind.is_cased:
        form_wanted = cased_form(text.rstrip(END) if kind.is_prefix else text, language)
        return _cased(form_wanted, is_prefix=kind.is_prefix)
    if kind.is_prefix:
        return _prefixed(prefix_key(text, language)[1:])
    return _keyed(search_keys(text, language, form=form))


def _keyed(keys: tuple[str, ...]) -> Finder:
    def find(document: Document) -> Sequence[Span]:
        return _spans_of([key for key in keys if key in document.places], document)

    return find


def _prefixed(prefix: str) -> Finder:
    return lambda document: _spans_of(list(document.keys_with(prefix)), document)


def _spans_of(keys: list[str], document: Document) -> Sequence[Span]:
    widths = document.widths
    if widths.keys().isdisjoint(keys):
        if len(keys) == 1:
            return [(at, at) for at in document.places[keys[0]]]
        return [(at, at) for at in sorted({at for key in keys for at in document.places[key]})]
    return _in_order(
        (at, at + widths.get(key, {}).get(at, 1) - 1) for key in keys for at in document.places[key]
    )


def _cased(form: str, *, is_prefix: bool) -> Finder:
    def find(document: Document) -> Sequence[Span]:
        if not is_prefix:
            return document.cased.get(form, ())
        found = document.cased.items()
        return _in_order(span for word, spans in found if word.startswith(form) for span in spans)

    return find


def _either(*finders: Finder) -> Finder:
    return lambda document: _in_order(span for finder in finders for span in finder(document))


def _in_a_row(finders: list[Finder]) -> Finder:
    if len(finders) == 1:
        return finders[0]

    def find(document: Document) -> Sequence[Span]:
        row = finders[0](document)
        for finder in finders[1:]:
            if not row:
                return ()
            starts: dict[int, list[int]] = {}
            for start, end in row:
                starts.setdefault(end + 1, []).append(start)
            row = _in_order(
                (start, end) for at, end in finder(document) for start in starts.get(at, ())
            )
        return row

    return find


def _among(wanted: list[tuple[Finder, int]], slack: int) -> Finder:
    """Return a finder of the stretches that hold each word as many times as wanted, and at most ``slack`` others."""

    def find(document: Document) -> Sequence[Span]:
        found = [finder(document) for finder, _ in wanted]
        if not all(found):
            return ()
        marks = sorted((span, number) for number, spans in enumerate(found) for span in spans)
        return _in_order(_list_stretches(marks, [many for _, many in wanted], slack))

    return find


def _list_stretches(marks: list[tuple[Span, int]], wanted: list[int], slack: int) -> Iterable[Span]:
    """Yield the shortest stretch that ends with each mark, made of the latest places of every word before it."""
    latest = [deque[Span](maxlen=many) for many in wanted]
    for span, number in marks:
        latest[number].append(span)
        chosen = sorted(place for places in latest for place in places)
        if len(chosen) < sum(wanted):
            continue
        words = sum(last - first + 1 for first, last in chosen)
        is_apart = all(a[1] < b[0] for a, b in pairwise(chosen))
        if is_apart and chosen[-1][1] - chosen[0][0] + 1 - words <= slack:
            yield chosen[0][0], chosen[-1][1]


def _in_order(spans: Iterable[Span]) -> Sequence[Span]:
    return sorted(set(spans))
