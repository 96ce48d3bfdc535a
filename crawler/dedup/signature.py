"""All that a body is compared by, made of its comparable words once."""

from dataclasses import dataclass

from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.sketch import sketch


@dataclass(frozen=True, slots=True)
class Signature:
    """What a body is compared by.

    words        its comparable words
    fingerprint  equal for equal words
    keys         its sketch
    """

    words: tuple[str, ...]
    fingerprint: str
    keys: tuple[int, ...]


def sign_body(body: str) -> Signature:
    """Return the signature of a body."""
    words = comparable_words(body)
    return Signature(words, fingerprint_words(words), sketch(words))
