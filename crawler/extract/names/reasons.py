"""Finding why a text in a byline is not a name: a date, a count, a role, a network, a button, an account, a sentence."""

import re
from collections.abc import Sequence

from crawler.extract.dates.month_names import find_month, fold
from crawler.extract.names.persons import NEWSROOM
from crawler.extract.names.words import (
    ACCOUNTS,
    BUTTON_START,
    BUTTONS,
    NETWORKS,
    RANKS,
    ROLES,
    find_label_kind,
)

# characters and words of one name; a longer text is a sentence
_MOST_CHARACTERS = 62
_MOST_WORDS = 7
# signs of one name in a script without spaces between words
_MOST_SIGNS = 16
# an address, an account or a number that a site's system writes where a name belongs
_ACCOUNT = re.compile(
    r"\S+@\S+|@\S+|https?:.*|www\..*|[\w-]+(?:\.[\w-]+)+/.*|[\d\W_]+|[a-z0-9]+(?:[-_][a-z0-9]+)+|[a-z0-9]+(?:\.[a-z0-9]+){2,}|\w{0,3}_\d+|.*\b[Aa]dmin",
)
_TIME = re.compile(
    r"\d{1,2}[.:/]\d{2}|\b(?:19|20)\d\d\b|\d\s*(?:\u5e74|\u6708|\u65e5|\uc6d4|\uc77c)"
)
_NUMBER = re.compile(r"(?:^|[\s+#(])\d")
_SENTENCE = re.compile(
    r"[!?]$|\b(?:was|were|is|are|has|have|had|will|lives|works|writes|covers|who|whose|that|ist|war|est|our|your|we|you)\b|we're"
)
_PREPOSITION = re.compile(
    r"\s+(?:of|at|for|with|von|der|des|f\u00fcr|beim|bei|de|du|chez|del|della|di|do|da|van|bij|p\u00e5|hos|\u0434\u043b\u044f|@)\s+"
)


def find_reason(name: str) -> str:
    """Return why a text is not a name; empty if it can be one."""
    plain = fold(name).strip(" .:")
    words = plain.split()
    if not words:
        return "empty"
    if plain in NETWORKS:
        return "a social network"
    if plain in BUTTONS or BUTTON_START.match(plain) or find_label_kind(plain):
        return "a label or button"
    if plain in ACCOUNTS or _ACCOUNT.fullmatch(name):
        return "an account or address"
    if _NUMBER.search(name) or _TIME.search(name):
        is_date = _TIME.search(name) or any(find_month(word.strip(".,")) for word in words)
        return "a date" if is_date else "a count"
    return _find_other_reason(name, plain, words)


def _find_other_reason(name: str, plain: str, words: list[str]) -> str:
    is_newsroom = NEWSROOM.search(name) and not is_role(words)
    first, *behind = _PREPOSITION.split(plain)
    is_head = first in {"head", "chief"} and bool(behind)
    if not is_newsroom and (words[-1] in ROLES or is_role(first.split()) or is_head):
        return "a role"
    signs = sum("\u3040" <= sign <= "\u9fff" for sign in name)
    is_long = len(name) > _MOST_CHARACTERS or len(words) > _MOST_WORDS or signs > _MOST_SIGNS
    if is_long or (len(words) > 2 and _SENTENCE.search(" ".join(words))):
        return "a sentence"
    return ""


def is_role(words: Sequence[str]) -> bool:
    """Return whether these words are a role and nothing else: "Senior Writer"."""
    plain = [fold(word).strip(".,") for word in words]
    return plain[-1] in ROLES and all(word in ROLES or word in RANKS for word in plain)
