"""Compile a query into a function that tests whether it holds for a document, both live and in history.

Common cases (a word, two words, a plain phrase, NEAR of two words) have closures of their own, because a test runs for
every candidate of every article: 129 candidates with 10,000 watches.
"""

from collections.abc import Callable

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.finders import find_places
from crawler.matching.folding.numbers import join_thousands
from crawler.matching.queries.expressions import (
    And,
    Field,
    Inside,
    Label,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
)
from crawler.matching.queries.prefilter import form_in_phrase, has_one_part, list_word_keys

Test = Callable[[Document], bool]
# stand-ins for the positions of a missing key: they fail "before the body" and "within the body"
_NOWHERE, _ONLY_TITLE = [BODY_STARTS_AT], [0]


def make_test(query: Query, language: str) -> Test:  # noqa: C901, PLR0911  # one case for each part of the language
    """Return the test of a query for documents whose words are inflected in this language."""
    match query:
        case Word():
            return _word_test(query, language)
        case Label():
            key = query.key
            return lambda document: key in document.places
        case Not(inner):
            refused = make_test(inner, language)
            return lambda document: not refused(document)
        case And(parts):
            return _all_parts_test(parts, language)
        case Or(parts):
            return _any_of([make_test(part, language) for part in parts])
        case Inside(field, inner):
            return _inside_test(field, inner, language)
        case Phrase():
            return _phrase_test(query, language)
        case Near():
            return _near_test(query, language)


def is_decided_by_keys(query: Query, language: str) -> bool:
    """Return whether any single key that a query requires is enough for it to hold, so that no test is needed."""
    match query:
        case Word():
            is_beginning = query.is_prefix and not query.is_cased and has_one_part(query)
            return is_beginning or bool(list_word_keys(query, language))
        case Label():
            return True
        case Or(parts):
            return all(is_decided_by_keys(part, language) for part in parts)
        case _:
            return False


def is_proven_by_keys(query: Query, language: str) -> bool:
    """Return whether a query holds for every text with the keys it requires (``prefilter.require``), so that none need be read."""
    match query:
        case And(parts) | Or(parts):
            return all(is_proven_by_keys(part, language) for part in parts)
        case _:
            return is_decided_by_keys(query, language)


def _word_test(word: Word, language: str) -> Test:
    keys = list_word_keys(word, language)
    match keys:
        case ():
            return lambda document: bool(find_places(word, document))
        case (key,):
            return lambda document: key in document.places
        case _:
            return lambda document: not document.places.keys().isdisjoint(keys)


def _phrase_test(phrase: Phrase, language: str) -> Test:
    """Return a test of plain words in a row by their positions alone; any other phrase is looked for by ``find_places``."""
    texts = join_thousands(phrase.text, language).split()
    words = [
        list_word_keys(Word(text), language, form=form_in_phrase(phrase, number, len(texts)))
        for number, text in enumerate(texts)
    ]
    if not all(words) or phrase.slack is not None or "*" in phrase.text:
        return lambda document: bool(find_places(phrase, document))
    firsts, others = words[0], [found[0] for found in words[1:]]
    keys = {*firsts, *others}

    def test(document: Document) -> bool:
        places = document.places
        if places.keys().isdisjoint(firsts) or not all(key in places for key in others):
            return False
        if not document.widths.keys().isdisjoint(keys):
            return bool(find_places(phrase, document))
        # the positions at which the words so far have ended, moved on by one word at a time
        row = set(_merge(firsts, places))
        for key in others:
            row = {at + 1 for at in row}.intersection(places[key])
        return bool(row)

    return test


def _near_test(near: Near, language: str) -> Test:
    """Return a test of two plain words by their positions alone; anything else is looked for by ``find_places``."""
    sides = [
        list_word_keys(side, language) if isinstance(side, Word) else ()
        for side in (near.left, near.right)
    ]
    if not all(sides):
        return lambda document: bool(find_places(near, document))
    left, right = sides

    def test(document: Document) -> bool:
        places = document.places
        if places.keys().isdisjoint(left) or places.keys().isdisjoint(right):
            return False
        if not document.widths.keys().isdisjoint(left + right):
            return bool(find_places(near, document))
        return _are_near(_merge(left, places), _merge(right, places), near)

    return test


def _merge(keys: tuple[str, ...], places: dict[str, list[int]]) -> list[int]:
    found = [places[key] for key in keys if key in places]
    return found[0] if len(found) == 1 else sorted(set().union(*found))


def _are_near(left: list[int], right: list[int], near: Near) -> bool:
    """Return whether two sorted lists have positions near each other; a word is not near itself.

    Both are walked side by side: comparing all pairs of 2,000 positions each took 199 ms.
    """
    reach, i, j = near.distance + 1, 0, 0
    while i < len(left) and j < len(right):
        gap = right[j] - left[i]
        if 0 < gap <= reach or (not near.is_ordered and -reach <= gap < 0):
            return True
        if gap == 0:
            # the same word on both sides: only the next one of either side can be near it
            following = right[j + 1 : j + 2] + ([] if near.is_ordered else left[i + 1 : i + 2])
            if any(at - left[i] <= reach for at in following):
                return True
            i, j = i + 1, j + 1
        elif gap > 0:
            i += 1
        else:
            j += 1
    return False


def _all_parts_test(parts: tuple[Query, ...], language: str) -> Test:
    keys = [list_word_keys(part, language) if isinstance(part, Word) else () for part in parts]
    if [len(found) for found in keys] == [1, 1]:
        (first,), (second,) = keys
        return lambda document: first in document.places and second in document.places
    return _all_of([make_test(part, language) for part in parts])


def _all_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda document: first(document) and second(document)
    return lambda document: all(test(document) for test in tests)


def _any_of(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda document: first(document) or second(document)
    return lambda document: any(test(document) for test in tests)


def _inside_test(field: Field, inner: Query, language: str) -> Test:
    """Return the test of a part within a field; the field is pushed down to terms: `title:(a OR b)` is `title:a OR title:b`."""
    match inner:
        case And(parts):
            return make_test(And(tuple(Inside(field, part) for part in parts)), language)
        case Or(parts):
            return make_test(Or(tuple(Inside(field, part) for part in parts)), language)
        case Not(excluded):
            return make_test(Not(Inside(field, excluded)), language)
        case Label() | Inside():
            # a field in the query wins over `title_only` around it (decision 015)
            return make_test(inner, language)
        case Word() if keys := list_word_keys(inner, language):
            return _word_inside_test(field, keys)
        case _:
            return lambda document: bool(find_places(Inside(field, inner), document))


def _word_inside_test(field: Field, keys: tuple[str, ...]) -> Test:
    if len(keys) == 1:
        (key,) = keys
        if field is Field.TITLE:
            return lambda document: document.places.get(key, _NOWHERE)[0] < BODY_STARTS_AT
        return lambda document: document.places.get(key, _ONLY_TITLE)[-1] >= BODY_STARTS_AT
    if field is Field.TITLE:
        return lambda document: any(
            key in document.places and document.places[key][0] < BODY_STARTS_AT for key in keys
        )
    return lambda document: any(
        key in document.places and document.places[key][-1] >= BODY_STARTS_AT for key in keys
    )
