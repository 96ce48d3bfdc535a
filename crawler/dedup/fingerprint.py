"""The fingerprint of a body: equal for two bodies with the same words in the same order."""

import hashlib

from crawler.dedup.comparable import comparable_words

# 128 bits: two different texts of one database never share it by chance
_DIGEST_BYTES = 16


def fingerprint_body(body: str) -> str:
    """Return the fingerprint of a body: 32 hex digits, blake2b-128 of its comparable words.

    Quotes, spaces, case, entities, zero-width characters, datelines, share bars and relative times make no difference.
    """
    return fingerprint_words(comparable_words(body))


def fingerprint_words(words: tuple[str, ...]) -> str:
    """Return the fingerprint of words that ``comparable_words`` returned."""
    # U+001F stands in no word, so ("ab", "c") and ("a", "bc") differ; backslashreplace: hostile pages hold lone surrogates
    encoded = "\x1f".join(words).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()
