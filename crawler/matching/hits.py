"""Where a term stands in a document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """``word_count`` words from ``position`` on are an occurrence of ``term``."""

    position: int
    word_count: int
    term: str
