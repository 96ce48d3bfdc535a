"""The parts a query is made of, and how a tree of them reads."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class Field(StrEnum):
    """Where a part of a query looks; the value is how it is written."""

    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Word:
    """One word in any inflection. ``text`` as written, without signs of the language.

    is_cased   ``=WHO``: this form, in these capitals
    is_prefix  ``dron*``: any word that begins so
    """

    text: str
    is_cased: bool = False
    is_prefix: bool = False

    def __str__(self) -> str:
        return f"{'=' * self.is_cased}{self.text}{'*' * self.is_prefix}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row in exactly these forms. ``text`` as written, without quotes.

    slack  how many other words may stand among them, in any order; None: in a row and in this order
    """

    text: str
    slack: int | None = None

    def __str__(self) -> str:
        return f'"{self.text}"' + (f"~{self.slack}" if self.slack is not None else "")


@dataclass(frozen=True, slots=True)
class Near:
    """Two things with at most ``distance`` words between them; ``is_ordered``: the left one first."""

    left: "Query"
    right: "Query"
    distance: int
    is_ordered: bool = False

    def __str__(self) -> str:
        operator = "ONEAR" if self.is_ordered else "NEAR"
        return f"{_enclose(self.left)} {operator}/{self.distance} {_enclose(self.right)}"


@dataclass(frozen=True, slots=True)
class Inside:
    """Something looked for in the headline only, or in the body only."""

    field: Field
    inner: "Query"

    def __str__(self) -> str:
        return f"{self.field.value}:{_enclose(self.inner)}"


def label_key(name: str, value: str) -> str:
    """Give the key of a document's label; signs that a key cannot hold are all the same."""
    plain = re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", value).casefold())
    return f"@{name}:{plain}"


@dataclass(frozen=True, slots=True)
class Label:
    """What an article is labelled with: ``source:bbc.co.uk``, ``lang:en``. ``name`` is ``source`` or ``lang``."""

    name: str
    value: str

    @property
    def key(self) -> str:
        """The key a document has where it is so labelled."""
        return label_key(self.name, self.value)

    def __str__(self) -> str:
        return f'{self.name}:"{self.value}"' if " " in self.value else f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    inner: "Query"

    def __str__(self) -> str:
        return f"NOT {_enclose(self.inner)}"


@dataclass(frozen=True, slots=True)
class And:
    """What must all be there."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        first, *rest = self.parts
        others = (
            f" {part}" if isinstance(part, Not) else f" AND {_enclose(part)}" for part in rest
        )
        return (str(first) if isinstance(first, Not) else _enclose(first)) + "".join(others)


@dataclass(frozen=True, slots=True)
class Or:
    """Of which one is enough."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        return " OR ".join(map(_enclose, self.parts))


Query = Word | Phrase | Near | Inside | Label | Not | And | Or
Term = Word | Phrase


def _enclose(query: Query) -> str:
    return str(query) if isinstance(query, Word | Phrase | Label | Inside) else f"({query})"


def list_parts(query: Query) -> tuple[Query, ...]:
    """List what a part of a query is directly made of; a term or label has none."""
    match query:
        case Word() | Phrase() | Label():
            return ()
        case Not(inner) | Inside(_, inner):
            return (inner,)
        case Near(left, right):
            return left, right
        case And(parts) | Or(parts):
            return parts


def names_source(query: Query) -> bool:
    """Tell whether a query asks for a source, or leaves one out."""
    if isinstance(query, Label):
        return query.name == "source"
    return any(map(names_source, list_parts(query)))


def list_terms(query: Query) -> tuple[Term, ...]:
    """List the words and phrases that are looked for, without the excluded ones, in the order written."""
    match query:
        case Word() | Phrase():
            return (query,)
        case Not():
            return ()
        case _:
            return tuple(term for part in list_parts(query) for term in list_terms(part))


def has_positive(query: Query) -> bool:
    """Tell whether something must be present for the query to hold."""
    match query:
        case Not():
            return False
        case And(parts):
            return any(map(has_positive, parts))
        case Or(parts):
            return all(map(has_positive, parts))
        case Inside(_, inner):
            return has_positive(inner)
        case _:
            return True


def replace_terms(query: Query, change: Callable[[Term], Query]) -> Query:
    """Give a query with something else in the place of each term; other parts stay as they are."""
    match query:
        case Word() | Phrase():
            return change(query)
        case Label():
            return query
        case Near():
            left, right = (replace_terms(part, change) for part in list_parts(query))
            return replace(query, left=left, right=right)
        case Not() | Inside():
            return replace(query, inner=replace_terms(query.inner, change))
        case And(parts) | Or(parts):
            return replace(query, parts=tuple(replace_terms(part, change) for part in parts))
