"""Explain why a watch matches a text or not: clause by clause, then the limits besides the query."""

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, Document
from crawler.matching.evaluation import Finding, evaluate
from crawler.matching.matcher import CompiledWatch, count_mentions
from crawler.matching.queries.expressions import Label, Not
from crawler.matching.snippet import find_passages
from crawler.text.counts import write_times

# of the sentence shown with a clause: two lines of a terminal with 80 columns
_MOST_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an explanation: a clause of the query, or a limit of the watch besides it.

    depth  nesting of the clause, 0 for the whole query
    where  how often it was found, and the first sentence with it; for a limit, the value of the article
    """

    text: str
    holds: bool
    where: str = ""
    depth: int = 0


def explain_watch(
    compiled: CompiledWatch, document: Document, scopes: frozenset[str]
) -> tuple[Line, ...]:
    """Return a line for every clause of a watch's query, and one for each limit besides it."""
    finding = evaluate(compiled.query, document)
    return (*_list_clauses(finding, document, 0), *_list_limits(compiled, document, scopes))


def _list_clauses(finding: Finding, document: Document, depth: int) -> Iterator[Line]:
    where = _describe_place(finding, document)
    yield Line(text=str(finding.query), holds=finding.holds, where=where, depth=depth)
    for part in finding.parts:
        yield from _list_clauses(part, document, depth + 1)


def _describe_place(finding: Finding, document: Document) -> str:
    if isinstance(finding.query, Label) or finding.parts or isinstance(finding.query, Not):
        return ""
    if not finding.hits:
        return "not found"
    count = len({hit.first for hit in finding.hits})
    times = write_times(count)
    if finding.hits[0].first < BODY_STARTS_AT:
        return f"{times}, first in the headline"
    sentence = " ".join(find_passages(document, finding.hits[:1])[0].split())
    return f"{times}, first in: {sentence[:_MOST_CHARACTERS]}"


def _list_limits(
    compiled: CompiledWatch, document: Document, scopes: frozenset[str]
) -> Iterator[Line]:
    watch = compiled.watch
    if watch.languages:
        yield Line(
            text=f"languages = {', '.join(watch.languages)}",
            holds=document.language in watch.languages,
            where=f"the article's language is {document.language or 'unknown'}",
        )
    if watch.sources:
        yield Line(
            text=f"sources = {', '.join(watch.sources)}",
            holds=not scopes.isdisjoint(watch.sources),
            where=f"the article's source and tags: {', '.join(sorted(scopes))}",
        )
    if watch.min_mentions > 1:
        count = count_mentions(compiled, document)
        yield Line(
            text=f"min_mentions = {watch.min_mentions}",
            holds=count >= watch.min_mentions,
            where=f"the article has {count}",
        )
