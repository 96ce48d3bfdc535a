"""A query in words: what a watch asks, for who does not read the watch language."""

from collections.abc import Sequence

from markupsafe import Markup, escape

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
from crawler.text.counts import write_count

_FIELDS = {Field.TITLE: "in the headline", Field.BODY: "in the text"}
# longer queries are shown as they are
_MOST_PARTS = 12


def describe_query(query: Query) -> Markup:  # noqa: PLR0911  # one for each kind of part
    """Return what articles must say for a query to hold, after "Articles that say"."""
    match query:
        case Word() | Phrase():
            return _describe_term(query)
        case Near(left, right, distance, is_ordered):
            order = ", in this order" if is_ordered else ""
            between = write_count(distance, "word")
            return Markup("{} with at most {} to {}{}").format(describe_query(left), between, describe_query(right), order)  # fmt: skip
        case Inside(field, inner):
            return Markup("{} {}").format(describe_query(inner), _FIELDS[field])
        case Label(name, value):
            kind = "from the source" if name == "source" else "in the language"
            return Markup("something {} <b>{}</b>").format(kind, value)
        case Or(parts):
            return _join([describe_query(part) for part in parts], "or")
        case And(parts):
            return _describe_all(parts)
        case Not(inner):
            return Markup("nothing of {}").format(describe_query(inner))


def _describe_term(term: Word | Phrase) -> Markup:
    text = Markup("<b>{}</b>").format(term.text)
    if isinstance(term, Word):
        if term.is_prefix:
            return Markup("a word that begins with {}").format(text)
        return Markup("{} in {} form").format(text, "exactly this" if term.is_cased else "any")
    if term.slack is None:
        return Markup("exactly \u201c{}\u201d").format(text)
    among = write_count(term.slack, "other word")
    return Markup("{} in any order with at most {} among them").format(text, among)


def _describe_all(parts: Sequence[Query]) -> Markup:
    """Return what must be said, then what must not."""
    said = [describe_query(part) for part in parts if not isinstance(part, Not)]
    unsaid = [describe_query(part.inner) for part in parts if isinstance(part, Not)]
    first = _join(said, "and")
    if not unsaid:
        return first
    without = Markup("do not say {}").format(_join(unsaid, "or"))
    return (
        Markup("{}, and {}").format(first, without)
        if said
        else Markup("anything, and {}").format(without)
    )


def _join(parts: Sequence[Markup], word: str) -> Markup:
    shown = list(parts[:_MOST_PARTS])
    if len(parts) > _MOST_PARTS:
        shown.append(escape(f"{len(parts) - _MOST_PARTS} more"))
    if len(shown) == 1:
        return shown[0]
    return Markup(", ").join(shown[:-1]) + Markup(" {} ").format(word) + shown[-1]
