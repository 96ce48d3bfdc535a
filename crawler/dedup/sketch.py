"""The sketch of a text: sixteen numbers, of which texts that share passages have several in common.

Bottom-k of its five-word shingles: each shingle is hashed, and the smallest hashes stand for the text. Two common numbers
of sixteen make a candidate, which is then compared word by word (``near``).
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# measured before the first version: the bottom 16 find every labelled copy with 6.9 candidates an article, the bottom 8 99 %
SKETCH_SIZE = 16
# shingles of three words find the same and bring more candidates: common phrases
SHINGLE_WORDS = 5
# a polynomial hash (base: 2^64 by the golden ratio) and the multiplier that mixes its bits. Never change them: the numbers
# they make are in the database
_BASE = 0x9E3779B97F4A7C15
_MIX = 0xD6E8FEB86659FD93
_WORD_BITS = 64
# with keys of 32 bits, sketch and fingerprint of an article take 335 bytes with their indexes (docs/internals/benchmarks.md)
_KEY_BITS = 0xFFFFFFFF
# bounds the memory of a process that lives for months
_MOST_REMEMBERED = 100_000
_POWERS = [pow(_BASE, place, 1 << _WORD_BITS) for place in range(SHINGLE_WORDS)]


class _Numbers(dict[str, int]):
    """A cache of one number for each word: most words of a text have been seen before."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        # crc32: ``hash`` is salted anew in each process; backslashreplace: hostile pages hold lone surrogates
        self[word] = number = crc32(word.encode("utf-8", "backslashreplace"))
        return number


_NUMBERS = _Numbers()


def sketch(words: tuple[str, ...]) -> tuple[int, ...]:
    """Return at most 16 keys of 32 bits, ascending; a text shorter than a shingle has one, an empty text none.

    words  as ``comparable_words`` returns them
    """
    if not words:
        return ()
    numbers = np.fromiter(map(_NUMBERS.__getitem__, words), np.uint64, len(words))
    # more than 16, because a phrase may stand in the text several times
    smallest = np.sort(_hash_shingles(numbers))[: 4 * SKETCH_SIZE].tolist()
    hashes = list(dict.fromkeys(smallest))[:SKETCH_SIZE]
    # the smallest are chosen by their upper bits; the lower ones, which are stored, are still as good as random
    return tuple(sorted({value & _KEY_BITS for value in hashes}))


def _hash_shingles(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash of each run of five words: a polynomial modulo 2^64, mixed so that every bit depends on every word."""
    width = min(SHINGLE_WORDS, len(numbers))
    count = len(numbers) - width + 1
    hashes = np.zeros(count, np.uint64)
    for place in range(width):
        hashes += numbers[place : place + count] * np.uint64(_POWERS[place])
    for _ in range(2):
        hashes ^= hashes >> np.uint64(32)
        hashes *= np.uint64(_MIX)
    return hashes ^ (hashes >> np.uint64(32))
