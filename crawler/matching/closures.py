"""Turning a query into a function that tells of a document whether the query holds: what runs live and in history."""

from collections.abc import Callable

from crawler.matching.analyzer import BODY_STARTS_AT, Document
from crawler.matching.expressions import (
    And,
    Field,
    Inside,
    Label,
    Not,
    Or,
    Query,
    Word,
)
from crawler.matching.finders import find_places
from crawler.matching.requirements import list_word_keys

Test = Callable[[Document], bool]


def make_test(query: Query, language: str) -> Test:  # noqa: PLR0911  # one for each part of the language
    """Make the test of a query for documents inflected as this language."""
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
            return _all_of([make_test(part, language) for part in parts])
        case Or(parts):
            return _any_of([make_test(part, language) for part in parts])
        case Inside(field, inner):
            return _inside_test(field, inner, language)
        case _:
            return lambda document: bool(find_places(query, document))


def _word_test(word: Word, language: str) -> Test:
    keys = list_word_keys(word, language)
    match keys:
        case ():
            return lambda document: bool(find_places(word, document))
        case (key,):
            return lambda document: key in document.places
        case _:
            return lambda document: not document.places.keys().isdisjoint(keys)


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
    """Push a field down to what can stand at a place: `title:(a OR b)` is `title:a OR title:b`."""
    match inner:
        case And(parts):
            return make_test(And(tuple(Inside(field, part) for part in parts)), language)
        case Or(parts):
            return make_test(Or(tuple(Inside(field, part) for part in parts)), language)
        case Not(excluded):
            return make_test(Not(Inside(field, excluded)), language)
        case Word() if keys := list_word_keys(inner, language):
            return _word_inside_test(field, keys)
        case _:
            return lambda document: bool(find_places(Inside(field, inner), document))


def _word_inside_test(field: Field, keys: tuple[str, ...]) -> Test:
    if field is Field.TITLE:
        return lambda document: any(
            key in document.places and document.places[key][0] < BODY_STARTS_AT for key in keys
        )
    return lambda document: any(
        key in document.places and document.places[key][-1] >= BODY_STARTS_AT for key in keys
    )
