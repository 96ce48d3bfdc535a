"""Whether two texts are the same story in the same words. The thresholds come from bench.dedup and decision 014."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from crawler.dedup.siblings import SHORT_WORDS, Report, explain_siblings
from crawler.model.story import Relation, Similarity
from crawler.text.normalize import tokenize

# measured before the first version: F1 0.953 for containment of phrases of three words, 0.940 for five
_GRAM = 3
# a book would cost as much as dozens of articles; its beginning is enough to recognise it
MOST_WORDS = 20_000
# one that is this much shorter is an item in a roundup, or a teaser, not the same text
_SHORTEST_SHARE = 0.25
# reports of weather, lotteries and earthquakes are short, share 80 % of their phrases and differ in their numbers; a copy
# may have one corrected
_SAME_SHORT = 0.80
_MOST_NUMBERS_APART = 1
# 0.65 finds 2 % more copies and makes false merges: a false merge hides news, a miss adds one line to a mail
_SAME = 0.70
# below 0.70, the place of the shared phrases separates copies from templates (decision 014).
# Edited lightly from end to end: nearly every word of both stands in a shared phrase
_SAME_COVERED, _SAME_COVERED_LONGER = 0.78, 0.75
# wrapped by another paper: whole passages, a good part of both
_SAME_PASSAGES, _SAME_PASSAGES_LONGER, _MOST_SCATTERED = 0.60, 0.45, 1.10
# shown as related, and suppresses nothing
_RELATED = 0.50
# candidates come with the most promising first. After three in a row that share too little, none of 4,661 labelled articles
# had a copy among the rest (bench.dedup); what many texts share, such as the closing line of an agency, brings 32 that do not
_MOST_IN_VAIN = 8
# a text that everybody takes over has 50 copies among the candidates, all of one story: the first of them say which story it
# is, and which article it shares most with
_MOST_OF_A_STORY = 4

Grams = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Text:
    """A text to compare with others.

    words     as ``comparable_words`` returns them
    headline  its words; empty where only the text counts
    body      what the words were read from
    source    who published it
    """

    words: tuple[str, ...]
    headline: tuple[str, ...] = ()
    body: str = field(default="", repr=False)
    source: str = ""

    @cached_property
    def grams(self) -> Grams:
        """Its phrases of three words; most new texts are never compared."""
        return grams_of(self.words)

    @property
    def report(self) -> Report:
        """The text as ``siblings`` compares it."""
        return Report(self.words, self.headline, self.body)


def make_text(
    words: tuple[str, ...], *, headline: str = "", body: str = "", source: str = ""
) -> Text:
    """Return a text to compare with others; only its first 20,000 words are compared."""
    most = words[:MOST_WORDS]
    return Text(most, tokenize(headline), body, source)


def grams_of(words: tuple[str, ...]) -> Grams:
    """Return the phrases of three words in a text; a shorter text is one phrase."""
    grams = frozenset(zip(*(words[start:] for start in range(_GRAM)), strict=False))
    return grams or frozenset({words})


def compare(one: Text, other: Text) -> Similarity:
    """Return how much two texts share and how they are related; the order of the arguments does not matter."""
    # words and headline break ties, so that compare(a, b) == compare(b, a) for texts of one length
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
        # flood warnings for two towns share 95 % of their phrases, and both are news
        difference = explain_siblings(
            shorter.report,
            longer.report,
            is_one_outlet=bool(one.source) and one.source == other.source,
        )
        if difference is not None:
            relation, reason = _other(
                measured, f"{reason}; the same form with other details: {difference}"
            )
    return measured.judged(relation, reason)


class Bounds:
    """Which of a text's candidates are worth comparing, the most promising first: so that what it costs has a limit.

    The limit does not change which stories a text joins: it ends after candidates that share too little, and leaves out
    further articles of a story that the text is part of already.
    """

    def __init__(self, *, most_in_vain: int = _MOST_IN_VAIN) -> None:
        self._most_in_vain = most_in_vain
        self._in_vain = 0
        self._joined: Counter[int] = Counter()

    @property
    def is_over(self) -> bool:
        """Whether none of the rest is worth comparing."""
        return self._in_vain >= self._most_in_vain

    def include(self, story_id: int) -> bool:
        """Return whether a candidate of this story is worth comparing."""
        return self._joined[story_id] < _MOST_OF_A_STORY

    def note(self, story_id: int, relation: Relation) -> None:
        """Take note of the relation to a candidate."""
        self._in_vain = self._in_vain + 1 if relation is Relation.OTHER else 0
        self._joined[story_id] += relation is Relation.SAME


def _judge(found: Similarity, shorter: Text, longer: Text) -> tuple[Relation, str]:
    percent = f"{found.share:.0%} of the phrases of the shorter text ({found.word_count} words)"
    if found.word_count < _SHORTEST_SHARE * found.longer_word_count:
        return _other(found, f"{percent}, but it is less than a quarter of the longer one")
    if found.word_count < SHORT_WORDS:
        is_same = found.share >= _SAME_SHORT and not _differ_in_numbers(shorter, longer)
        return (
            (Relation.SAME, percent)
            if is_same
            else _other(found, f"{percent}; too few for a short text")
        )
    how = _find_likeness(found)
    return _other(found, percent) if how is None else (Relation.SAME, f"{percent}{how}")


def _find_likeness(found: Similarity) -> str | None:
    """Return in which way two texts of at least 120 words are the same, for a person; None if they are not."""
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
    """Return the share of words that stand in a shared phrase."""
    if not words:
        return 0.0
    covered = bytearray(len(words))
    width = min(_GRAM, len(words))
    for start in range(len(words) - width + 1):
        if words[start : start + width] in common:
            covered[start : start + width] = b"\x01" * width
    return sum(covered) / len(words)


def _differ_in_numbers(one: Text, other: Text) -> bool:
    """Return whether each text has several numbers that the other lacks: the same form, filled in anew."""
    mine, theirs = (
        Counter(word for word in text.words if word[0].isdigit()) for text in (one, other)
    )
    return min((mine - theirs).total(), (theirs - mine).total()) > _MOST_NUMBERS_APART
