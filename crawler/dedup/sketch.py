"""The sketch: sixteen numbers of a text, of which texts that share passages share several.

Bottom-k of its five-word shingles: each shingle is hashed, the smallest hashes stand for the text. Two shared numbers of
sixteen make a candidate; what a candidate really shares is then looked at word by word (``near``).
"""

import hashlib
from functools import lru_cache
from heapq import nsmallest

SKETCH_SIZE = 16
SHINGLE_WORDS = 5
# a polynomial hash over words that rolls from shingle to shingle; modulus and base never change, they are in the database
_MODULUS = (1 << 61) - 1
_BASE = 0x0A5C_91F3_6D2B_7E49
_LEAVING = pow(_BASE, SHINGLE_WORDS, _MODULUS)
_KEY_BITS = (1 << 32) - 1


def sketch(words: tuple[str, ...]) -> tuple[int, ...]:
    """Give at most 16 keys of 32 bits, ascending; a text shorter than a shingle has one, an empty text none.

    words  as ``comparable_words`` gives them
    """
    if not words:
        return ()
    numbers = [_number(word) for word in words]
    rolling, hashes = 0, set[int]()
    for place, number in enumerate(numbers):
        rolling = rolling * _BASE + number
        if place >= SHINGLE_WORDS:
            rolling -= numbers[place - SHINGLE_WORDS] * _LEAVING
        rolling %= _MODULUS
        if place >= SHINGLE_WORDS - 1:
            hashes.add(rolling)
    smallest = nsmallest(SKETCH_SIZE, hashes or {rolling})
    # which are smallest is told by their upper bits; the lower ones are still as good as random
    return tuple(sorted({value & _KEY_BITS for value in smallest}))


@lru_cache(maxsize=1 << 16)
def _number(word: str) -> int:
    # backslashreplace: lone surrogates come in hostile pages
    encoded = word.encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(encoded, digest_size=7).digest(), "big")
