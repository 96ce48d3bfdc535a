"""Telling persons, newsrooms and agencies, and the site itself, by how their names are written."""

import re
from collections.abc import Iterable
from functools import lru_cache

from crawler.extract.dates.month_names import fold
from crawler.extract.names.words import AGENCIES, OUTLETS

# newsrooms and agencies: they count beside persons, and in small letters ("by staff")
AGENCY = re.compile(
    r"\b(?:staff|agenc(?:y|ies)|agentur(?:en)?|agences?|agencias?|newsroom|redaktion|afp|reuters|ap|associated press|"
    r"dpa|apa|efe|ansa|tass|interfax|xinhua|irna|kyodo|pti|upi|anadolu|sda|sid|belga|anp|ntb|tt|lusa|pap|ctk)\b",
    re.IGNORECASE,
)
# the byline of a newsroom: "TMZ Staff", "Guardian staff reporter", "The Upwork Team"
NEWSROOM = re.compile(
    r"\S\s+(?:staff|team|newsroom|editors|editorial board|redaktion|submissions)\b|^(?:team|redaktion|redaction|r\u00e9daction|redacci\u00f3n|redazione)\s+\S|-redaktion$",
    re.IGNORECASE,
)
# "NJ.com", "cleveland.com": a paper by its address
ADDRESS = re.compile(r"(?:.*\s)?[\w-]+\.[A-Za-z]{2,6}")
_MOST_INITIALS = 3
# names in Chinese, Japanese and Korean, with a space or a dot between foreign ones
_UNSPACED = re.compile(
    r"[\u3005\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{2,6}(?:[\s\u30fb\u00b7][\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{1,8})?"
)
_HAS_LETTER = re.compile(r"[^\W\d_]")
_UNSPACED_OUTLETS = tuple(word for word in OUTLETS if _UNSPACED.match(word) or word == "\u7f51")


# the names of a site are compared with each heading and each name
@lru_cache(maxsize=512)
def plain_name(name: str) -> str:
    """Return a name's letters and digits in lower case, for comparing."""
    return re.sub(r"\W+", "", name).casefold()


def is_house(name: str, houses: Iterable[str]) -> bool:
    """Return whether a name is the publisher's, or begins with it and goes on like a paper's name or an address."""
    if NEWSROOM.search(name):
        return False
    words = [plain for word in name.split() if (plain := plain_name(word))]
    for end in range(len(words), 0, -1):
        if "".join(words[:end]) in houses:
            return all(fold(w) in OUTLETS or not w.isalpha() for w in words[end:])
    return False


def is_agency_alone(text: str) -> bool:
    """Return whether a text is the name of a news agency and nothing else."""
    plain = fold(text).strip()
    return plain in AGENCIES and (len(plain) > _MOST_INITIALS or text.strip().isupper())


def is_person(name: str) -> bool:
    """Return whether a text reads as the full name of a person: two to five words with capitals, and no paper's name."""
    words = name.split()
    if _UNSPACED.fullmatch(name):
        return not any(outlet in name for outlet in _UNSPACED_OUTLETS)
    if not 1 < len(words) < 6 or not all(map(_HAS_LETTER.search, words)):
        return False
    # Arabic, Hebrew and Indic scripts have no capitals
    has_capitals = all(word[:1].isupper() or _has_no_case(word) for word in (words[0], words[-1]))
    is_outlet = fold(words[-1]) in OUTLETS or ADDRESS.fullmatch(name) or AGENCY.search(name)
    return has_capitals and not is_outlet


def _has_no_case(word: str) -> bool:
    return word[:1].isalpha() and word.lower() == word.upper()
