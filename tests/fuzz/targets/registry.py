"""The parsers that are fed with what strangers write, each with what must hold whatever they are given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


class Broken(Exception):
    """Something that must hold does not; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A parser with its samples.

    check     gets an input; raises Broken, or lets an error through that the parser does not document
    samples   returns inputs to begin with
    tokens    words of the format, put in at random
    most      bytes of the longest input
    seconds   of processor time that one input may take at most
    """

    name: str
    check: Callable[[bytes], object]
    samples: Callable[[], Sequence[bytes]]
    tokens: tuple[bytes, ...] = ()
    most: int = 4000
    seconds: float = 2.0


def hold(is_true: object, claim: str, *facts: object) -> None:
    """Raise Broken with the claim unless it is true."""
    if not is_true:
        shown = ", ".join(ascii(fact)[:300] for fact in facts)
        raise Broken(f"{claim}: {shown}" if shown else claim)
