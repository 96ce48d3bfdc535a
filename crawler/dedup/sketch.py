"""The sketch: sixteen numbers of a text, of which texts that share passages share several.

Bottom-k of its five-word shingles: each shingle is hashed, the smallest hashes stand for the text. Two shared numbers of
sixteen make a candidate; what a candidate really shares is then looked at word by word (``near``).
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SKETCH_SIZE = 16
SHINGLE_WORDS = 5
# these never change: the numbers they make are in the database
_BASE = 0x9E3779B97F4A7C15
_MIX = 0xD6E8FEB86659FD93
_WORD_BITS = 64
_KEY_BITS = 0xFFFFFFFF
_MOST_REMEMBERED = 100_000
_POWERS = [pow(_BASE, place, 1 << _WORD_BITS) for place in range(SHINGLE_WORDS)]


class _Numbers(dict[str, int]):
    """A number for each word, remembered: most words of a text have been seen before."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        # backslashreplace: lone surrogates come in hostile pages
        self[word] = number = crc32(word.encode("utf-8", "backslashreplace"))
        return number


_NUMBERS = _Numbers()


def sketch(words: tuple[str, ...]) -> tuple[int, ...]:
    """Give at most 16 keys of 32 bits, ascending; a text shorter than a shingle has one, an empty text none.

    words  as ``comparable_words`` gives them
    """
    if not words:
        return ()
    numbers = np.fromiter(map(_NUMBERS.__getitem__, words), np.uint64, len(words))
    # more than 16, because a phrase may stand in the text several times
    smallest = np.sort(_hash_shingles(numbers))[: 4 * SKETCH_SIZE].tolist()
    hashes = list(dict.fromkeys(smallest))[:SKETCH_SIZE]
    # which are smallest is told by their upper bits; the lower ones are still as good as random
    return tuple(sorted({value & _KEY_BITS for value in hashes}))


def _hash_shingles(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash each run of five words: a polynomial, modulo 2^64, stirred so that every bit depends on every word."""
    width = min(SHINGLE_WORDS, len(numbers))
    count = len(numbers) - width + 1
    hashes = np.zeros(count, np.uint64)
    for place in range(width):
        hashes += numbers[place : place + count] * np.uint64(_POWERS[place])
    for _ in range(2):
        hashes ^= hashes >> np.uint64(32)
        hashes *= np.uint64(_MIX)
    return hashes ^ (hashes >> np.uint64(32))
