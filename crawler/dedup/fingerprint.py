"""The fingerprint: two bodies with the same words in the same order have the same one."""

import hashlib

from crawler.dedup.comparable import comparable_words

_DIGEST_BYTES = 16


def fingerprint_body(body: str) -> str:
    """Give 32 hex digits: blake2b-128 over the body's comparable words.

    Quotes, spaces, case, entities, zero-width characters, datelines, share bars and relative times change nothing.
    """
    return fingerprint_words(comparable_words(body))


def fingerprint_words(words: tuple[str, ...]) -> str:
    """Give the fingerprint of words that ``comparable_words`` gave."""
    # backslashreplace: lone surrogates come in hostile pages
    encoded = "\x1f".join(words).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES).hexdigest()
