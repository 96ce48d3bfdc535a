"""Hebrew: what is written onto the front of a word (and, the, in, to, from, that, as), and plurals."""

from collections.abc import Iterable, Iterator

# and, the, in, to, from, that, as, alone and as they are heaped up in front of one word
_ONE = ("ו", "ה", "ב", "ל", "מ", "ש", "כ")
_SEVERAL = (
    "וה", "שה", "מה", "ול", "וב", "ומ", "וש", "שב", "של", "שמ", "בה", "לה", "כש", "וכ", "ושה", "מש", "כשה", "ומה", "ושב", "שמה", "וכש", "וכשה", "לכש", "ולכש",
    "ושל", "ושמ",
)  # fmt: skip
# three letters with two more in front are too often other words (measured: Levi, Dan)
_FEWEST_FOR_SEVERAL = 4
_FEWEST = 3
_ARTICLE, _YOD = "ה", "י"


def list_forms(
    word: str, plurals: Iterable[str], *, is_abbreviation: bool = False
) -> Iterator[str]:
    """Yield a word of three letters or more with prefixes, and those plurals of it that are meant, with and without them.

    An abbreviation (צה"ל) looks like no other word with several prefixes, however short it is. A plural that is joined to the next word (נשיאי, presidents of) has no article: הנשיאי is an adjective.
    """
    if len(word) < _FEWEST:
        return
    may_have_several = is_abbreviation or len(word) >= _FEWEST_FOR_SEVERAL
    prefixes = (*_ONE, *_SEVERAL) if may_have_several else _ONE
    for stem in (word, *plurals):
        if stem != word:
            yield stem
        is_joined = stem != word and stem[-1] == _YOD
        for prefix in prefixes:
            if not (is_joined and _ARTICLE in prefix):
                yield prefix + _inside(stem)


def list_definite(word: str) -> Iterator[str]:
    """Yield a noun with its article, alone and behind and, that."""
    for prefix in ("ה", "וה", "שה"):
        yield prefix + word


def list_openings(word: str) -> Iterator[str]:
    """Yield a word with prefixes, two letters too: the words after it in its phrase say which word is meant."""
    for prefix in (*_ONE, *_SEVERAL) if len(word) >= _FEWEST else _ONE:
        yield prefix + _inside(word)


def _inside(word: str) -> str:
    # a first vav that is a consonant is doubled behind a prefix: Washington, in Washington
    return f"ו{word}" if word[0] == "ו" and word[:2] != "וו" else word


def list_plurals(word: str) -> tuple[str, ...]:
    """Return the plurals that a word may have, and the singular of one in -im."""
    if word.endswith("ה"):
        return word[:-1] + "ות", word[:-1] + "ת"
    if word.endswith(("ים", "ות")):
        return (word[:-1],) if word.endswith("ים") else ()
    medial = word[:-1] + _MEDIAL.get(word[-1], word[-1])
    return medial + "ים", medial + "ות", medial + "י"


# a letter that is written differently at the end of a word
_MEDIAL = {"ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ"}
