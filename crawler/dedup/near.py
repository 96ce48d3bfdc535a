"""Do two texts tell the same story in the same words? Measured in bench/dedup.py, where the thresholds come from."""

from collections import Counter
from dataclasses import dataclass, field

from crawler.dedup.siblings import SHORT_WORDS, Report, explain_siblings
from crawler.model.story import Relation, Similarity
from crawler.text.normalize import tokenize

_GRAM = 3
MOST_WORDS = 20_000
# one that is this much shorter is an item in a roundup, or a teaser, not the same text
_SHORTEST_SHARE = 0.25
_SAME_SHORT = 0.80
_MOST_NUMBERS_APART = 1
_SAME = 0.70
# edited lightly from end to end: nearly every word of both stands in a shared phrase
_SAME_COVERED, _SAME_COVERED_LONGER = 0.78, 0.75
# wrapped by another paper: whole passages, a good part of both
_SAME_PASSAGES, _SAME_PASSAGES_LONGER, _MOST_SCATTERED = 0.60, 0.45, 1.10
_RELATED = 0.50

Grams = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text made ready to be compared.

    words     as ``comparable_words`` gives them
    headline  its words; empty where only the text counts
    body      what the words were read from
    source    who published it
    """

    words: tuple[str, ...]
    grams: Grams
    headline: tuple[str, ...] = ()
    body: str = field(default="", repr=False)
    source: str = ""

    @property
    def report(self) -> Report:
        """The text as it is compared with others on its form."""
        return Report(self.words, self.headline, self.body)


def make_text(
    words: tuple[str, ...], *, headline: str = "", body: str = "", source: str = ""
) -> Text:
    """Cut words into phrases of three; a shorter text is one phrase. Of a book the beginning is compared."""
    most = words[:MOST_WORDS]
    return Text(most, grams_of(most), tokenize(headline), body, source)


def grams_of(words: tuple[str, ...]) -> Grams:
    """Give the phrases of three words; of fewer words, the one phrase they are."""
    grams = frozenset(zip(*(words[start:] for start in range(_GRAM)), strict=False))
    return grams or frozenset({words})


def compare(one: Text, other: Text) -> Similarity:
    """Tell how much two texts share, and what that makes them; the order does not matter."""
    shorter, longer = sorted(
        (one, other), key=lambda text: (len(text.words), text.words, text.headline)
    )
    common = shorter.grams & longer.grams
    share = len(common) / min(len(shorter.grams), len(longer.grams))
    measured = Similarity(
        relation=Relation.OTHER,
        share=share,
        covered=_cover(shorter.words, common),
        covered_longer=_cover(longer.words, common),
        word_count=len(shorter.words),
        longer_word_count=len(longer.words),
    )
    relation, reason = _judge(measured, shorter, longer)
    if relation is Relation.SAME:
        difference = explain_siblings(
            shorter.report,
            longer.report,
            is_one_outlet=bool(one.source) and one.source == other.source,
        )
        if difference is not None:
            relation, reason = _other(measured, f"{reason}; one form filled in anew: {difference}")
    return measured.judged(relation, reason)


def _judge(found: Similarity, shorter: Text, longer: Text) -> tuple[Relation, str]:
    percent = f"{found.share:.0%} of the phrases of the shorter text ({found.word_count} words)"
    if found.word_count < _SHORTEST_SHARE * found.longer_word_count:
        return _other(found, f"{percent}, but it is less than a quarter of the longer one")
    if found.word_count < SHORT_WORDS:
        is_same = found.share >= _SAME_SHORT and not _differ_in_numbers(shorter, longer)
        return (Relation.SAME, percent) if is_same else _other(found, f"{percent}; it is too short")
    how = _find_likeness(found)
    return _other(found, percent) if how is None else (Relation.SAME, f"{percent}{how}")


def _find_likeness(found: Similarity) -> str | None:
    """Tell in which way two texts of some length are the same, or None."""
    if found.share >= _SAME:
        return ""
    if found.covered >= _SAME_COVERED and found.covered_longer >= _SAME_COVERED_LONGER:
        return f", {found.covered:.0%} of its words: edited lightly from end to end"
    is_whole = found.covered <= _MOST_SCATTERED * found.share
    if is_whole and found.share >= _SAME_PASSAGES and found.covered_longer >= _SAME_PASSAGES_LONGER:
        return ", in whole passages"
    return None


def _other(found: Similarity, reason: str) -> tuple[Relation, str]:
    return (Relation.RELATED if found.share >= _RELATED else Relation.OTHER), reason


def _cover(words: tuple[str, ...], common: Grams) -> float:
    """Give the share of words that stand in a shared phrase."""
    if not words:
        return 0.0
    covered = bytearray(len(words))
    width = min(_GRAM, len(words))
    for start in range(len(words) - width + 1):
        if words[start : start + width] in common:
            covered[start : start + width] = b"\x01" * width
    return sum(covered) / len(words)


def _differ_in_numbers(one: Text, other: Text) -> bool:
    """Tell whether each has numbers that the other lacks: the same form, filled in anew."""
    mine, theirs = (
        Counter(word for word in text.words if word[0].isdigit()) for text in (one, other)
    )
    return min((mine - theirs).total(), (theirs - mine).total()) > _MOST_NUMBERS_APART
