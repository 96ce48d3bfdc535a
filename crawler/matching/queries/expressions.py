"""The nodes of a parsed query; ``str`` writes a tree back as a query."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from crawler.text.languages.hebrew import GERSHAYIM

_GERSHAYIM = re.compile(GERSHAYIM)
# the value of a label that is the same without quotes: without them, www. is cut off
_IS_HOST = re.compile(r"(?!www\.)[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)


class Field(StrEnum):
    """Where a part of a query looks; the value is its name in the language."""

    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Word:
    """One word in any inflection. ``text`` is as written, without ``=`` and ``*``.

    is_cased   ``=WHO``: this form, in these capitals
    is_prefix  ``dron*``: any word with this beginning
    """

    text: str
    is_cased: bool = False
    is_prefix: bool = False

    def __str__(self) -> str:
        return f"{'=' * self.is_cased}{self.text}{'*' * self.is_prefix}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row in exactly these forms. ``text`` is as written, without quotes.

    slack  ``~n``: any order, with at most n other words among them; None: in a row and in this order
    """

    text: str
    slack: int | None = None

    def __str__(self) -> str:
        return _quote(self.text) + (f"~{self.slack}" if self.slack is not None else "")


@dataclass(frozen=True, slots=True)
class Near:
    """Two parts with at most ``distance`` words between them; with ``is_ordered`` the left one comes first."""

    left: "Query"
    right: "Query"
    distance: int
    is_ordered: bool = False

    def __str__(self) -> str:
        operator = "ONEAR" if self.is_ordered else "NEAR"
        return f"{_enclose(self.left)} {operator}/{self.distance} {_enclose(self.right)}"


@dataclass(frozen=True, slots=True)
class Inside:
    """A part that is looked for in the headline only, or in the body only."""

    field: Field
    inner: "Query"

    def __str__(self) -> str:
        return f"{self.field.value}:{_enclose(self.inner)}"


def _quote(text: str) -> str:
    """Return a text in quotes; a blank keeps gershayim of its last word, which directly before a quotation mark are none."""
    is_kept = len(_GERSHAYIM.findall(text)) == len(_GERSHAYIM.findall(f'{text}"'))
    return f'"{text}"' if is_kept else f'"{text} "'


def label_key(name: str, value: str) -> str:
    """Return the key of a label of documents; characters that a key cannot hold become ``_``."""
    plain = re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", value).casefold())
    return f"@{name}:{plain}"


@dataclass(frozen=True, slots=True)
class Label:
    """A label that an article must have: ``source:bbc.co.uk``, ``lang:en``. ``name`` is ``source`` or ``lang``."""

    name: str
    value: str

    @property
    def key(self) -> str:
        """The key of documents with this label."""
        return label_key(self.name, self.value)

    def __str__(self) -> str:
        return f"{self.name}:{self.value if _IS_HOST.fullmatch(self.value) else _quote(self.value)}"


@dataclass(frozen=True, slots=True)
class Not:
    """A part that must not hold."""

    inner: "Query"

    def __str__(self) -> str:
        return f"NOT {_enclose(self.inner)}"


@dataclass(frozen=True, slots=True)
class And:
    """Parts that must all hold."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        first, *rest = self.parts
        others = (
            f" {part}" if isinstance(part, Not) else f" AND {_enclose(part)}" for part in rest
        )
        return (str(first) if isinstance(first, Not) else _enclose(first)) + "".join(others)


@dataclass(frozen=True, slots=True)
class Or:
    """Parts of which at least one must hold."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        return " OR ".join(map(_enclose, self.parts))


Query = Word | Phrase | Near | Inside | Label | Not | And | Or
Term = Word | Phrase


def _enclose(query: Query) -> str:
    return str(query) if isinstance(query, Word | Phrase | Label | Inside) else f"({query})"


def list_parts(query: Query) -> tuple[Query, ...]:
    """Return the direct parts of a part of a query; a term or label has none."""
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
    """Return whether a query names a source, to require or to exclude it."""
    if isinstance(query, Label):
        return query.name == "source"
    return any(map(names_source, list_parts(query)))


def list_terms(query: Query) -> tuple[Term, ...]:
    """Return the words and phrases that a query looks for, in the order written, without excluded ones."""
    match query:
        case Word() | Phrase():
            return (query,)
        case Not():
            return ()
        case _:
            return tuple(term for part in list_parts(query) for term in list_terms(part))


def has_positive(query: Query) -> bool:
    """Return whether something must be present for the query to hold."""
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
    """Return a query with each term replaced by what ``change`` returns for it; other parts stay."""
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
