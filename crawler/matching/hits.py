"""Where a term stands in a document."""

from dataclasses import dataclass

# first and last position of what was found
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """The words from ``first`` to ``last`` are an occurrence of ``term`` (as written in the query)."""

    first: int
    last: int
    term: str
