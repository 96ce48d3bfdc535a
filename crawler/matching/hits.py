"""The place of a term in a document."""

from dataclasses import dataclass

# first and last position (word number), both included
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """An occurrence of ``term`` (as written in the query): the words from position ``first`` to ``last``."""

    first: int
    last: int
    term: str
