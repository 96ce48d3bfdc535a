"""Guesses at a single value: made by chance, as tokens are; a word of a sentence; a login in base64."""

import re

# what may stand behind "password:" in a sentence
_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "begins",
        "both",
        "by",
        "cannot",
        "changed",
        "choose",
        "contains",
        "do",
        "does",
        "either",
        "empty",
        "ends",
        "expired",
        "expires",
        "extra",
        "failed",
        "false",
        "field",
        "for",
        "from",
        "give",
        "given",
        "had",
        "has",
        "have",
        "if",
        "in",
        "incorrect",
        "input",
        "invalid",
        "is",
        "it",
        "its",
        "longer",
        "may",
        "missing",
        "more",
        "must",
        "needed",
        "neither",
        "no",
        "none",
        "not",
        "nothing",
        "null",
        "of",
        "off",
        "ok",
        "on",
        "one",
        "only",
        "optional",
        "or",
        "refused",
        "rejected",
        "required",
        "revoked",
        "see",
        "set",
        "shorter",
        "should",
        "shown",
        "stored",
        "text",
        "than",
        "that",
        "the",
        "there",
        "this",
        "to",
        "too",
        "true",
        "try",
        "unknown",
        "unset",
        "use",
        "used",
        "using",
        "value",
        "wanted",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "write",
        "wrong",
        "yes",
        "you",
        "your",
    ]
)
_CHANGES = re.compile(r"(?<=[a-z])(?=[\dA-Z])|(?<=\d)(?=[a-zA-Z])|(?<=[A-Z])(?=\d)")
# COVID-19, F-16
_NAME = re.compile(r"[A-Za-z]+[-\u2013]?\d{1,4}\W*")
_SLUG = re.compile(r"[a-z]+(?:-[a-z]+)*(?:-?\d{1,4})?")
# CRAM-MD5, XOAUTH2
_MECHANISM = re.compile(r"[A-Z][A-Z0-9-]{2,19}")


def is_word(value: str) -> bool:
    """Return whether a text is a word that only sentences have behind a colon, or nothing at all."""
    return value.strip(".,:;!?()[]{}\u2026").lower() in _WORDS | {""}


def is_random(value: str) -> bool:
    """Return whether a text was made by chance: characters and digits change places all the time, which no slug does."""
    return len(value) >= 16 and len(_CHANGES.findall(value)) >= 4


def is_mixed(value: str) -> bool:
    """Return whether a text has characters of words and digits, eight in all, and is no name such as ``COVID-19``."""
    return len(value) >= 8 and _has_both(value) and not _NAME.fullmatch(value)


def is_credential(value: str) -> bool:
    """Return whether a text may be a login in base64 or a token, and is neither a word nor a slug."""
    if value.endswith("=") or value.lower().startswith("username="):
        return True
    if _SLUG.fullmatch(value):
        return False
    has_cases = re.search(r".[A-Z]", value) and re.search(r"[a-z]", value)
    return bool(len(value) >= 24 or has_cases or _has_both(value))


def is_response(value: str) -> bool:
    """Return whether a text is a login in base64, and not the name of the next way to log in, such as ``CRAM-MD5``."""
    return not _MECHANISM.fullmatch(value) and is_credential(value)


def _has_both(value: str) -> bool:
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))
