"""The slots of a form: places where two texts have other words in the same sentence."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from crawler.text.languages.scripts import is_sign
from crawler.text.similarity import bare_word

# "Stratford-upon-Avon town centre" is five words; in scripts without spaces each character counts
_MOST_IN_SLOT = 6
_MOST_SIGNS_IN_SLOT = 14
# "Praha, v Praze", "Turku, Turussa", "Kazan, v Kazani"; Arabic and Hebrew put their prepositions in front
_STEM, _MOST_ENDING = 3, 4
# "Zelensky, Zelenskyy", "harbour, harbor", "arrests, arrested"; Kazan and Ryazan share 0.73, Austria and Australia 0.75
_ALIKE = 0.8
_ALIKE_STEM, _ALIKE_ENDING = 4, 3

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """Words of one text and those another has in their place, between the same words."""

    mine: Words
    theirs: Words

    @property
    def is_number(self) -> bool:
        """Whether both sides are numbers."""
        return all(word[0].isdigit() for word in (*self.mine, *self.theirs))

    def are_alike(self) -> bool:
        """Return whether both sides are one word, in another inflection or spelling."""
        one, other = ("".join(map(bare_word, words)) for words in (self.mine, self.theirs))
        return is_inflected(one, other) or SequenceMatcher(None, one, other).ratio() >= _ALIKE

    def repeats(self, other: "Slot") -> bool:
        """Return whether another slot holds the same two names."""
        return stands_in(self.mine, other.mine) and stands_in(self.theirs, other.theirs)


@dataclass(frozen=True, slots=True)
class Slots:
    """All slots of two texts; ``is_all``: nothing else differs between their first and last common words."""

    found: tuple[Slot, ...]
    is_all: bool


def find_slots(mine: Words, theirs: Words) -> Slots:
    """Return the slots of two texts, in order."""
    found, is_all = [], True
    for start, end, other_start, other_end in _list_differences(mine, theirs):
        slot = Slot(mine[start:end], theirs[other_start:other_end])
        if slot.mine and slot.theirs and _is_short(slot.mine) and _is_short(slot.theirs):
            found.append(slot)
        # words added or cut at either end leave it the same form
        elif start > 0 and end < len(mine) and other_start > 0 and other_end < len(theirs):
            is_all = False
    return Slots(tuple(found), is_all)


def _list_differences(mine: Words, theirs: Words) -> list[tuple[int, int, int, int]]:
    """Return where two texts differ: start and end in each. A character that two names share does not split the difference."""
    # autojunk would ignore the frequent words of texts over 200 words, and so the neighbours of a slot
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    found: list[tuple[int, int, int, int]] = []
    for tag, *(start, end, other_start, other_end) in matcher.get_opcodes():
        if tag == "equal":
            continue
        if found and start - found[-1][1] == 1 and is_sign(mine[start - 1]):
            start, other_start = found[-1][0], found[-1][2]
            found.pop()
        found.append((start, end, other_start, other_end))
    return found


def stands_in(run: Words, headline: Words) -> bool:
    """Return whether a headline has one of these words in any form; in a script without spaces, two of its characters."""
    return stands_exactly_in(run, headline) or any(
        _names(word) and _has_form(word, headline) for word in run
    )


def stands_exactly_in(run: Words, words: Words) -> bool:
    """Return whether a text has one of these words exactly; in a script without spaces, two of its characters together."""
    plain = {bare_word(word) for word in words}
    if any(_names(word) and bare_word(word) in plain for word in run):
        return True
    if len(run) == 1 and is_sign(run[0]):
        return run[0] in plain
    return bool(_pair_signs(run) & _pair_signs(words))


def distinguishes(run: Words, headline: Words, other: Words) -> bool:
    """Return whether a headline has one of these words in any form, and the other headline lacks it."""
    words = {bare_word(word) for word in other}
    if any(_names(w) and bare_word(w) not in words and _has_form(w, headline) for w in run):
        return True
    if len(run) == 1 and is_sign(run[0]):
        return run[0] in headline and run[0] not in other
    return bool(_pair_signs(run) & _pair_signs(headline) - _pair_signs(other))


def is_inflected(one: str, other: str) -> bool:
    """Return whether two words may be forms of one word."""
    shared = _count_shared(one, other)
    return shared >= _ALIKE_STEM and max(len(one), len(other)) - shared <= _ALIKE_ENDING


def _is_short(run: Words) -> bool:
    most = _MOST_SIGNS_IN_SLOT if all(map(is_sign, run)) else _MOST_IN_SLOT
    return len(run) <= most


def _has_form(word: str, words: Words) -> bool:
    plain = bare_word(word)
    return any(_are_forms(plain, bare_word(other)) for other in words if not is_sign(other))


def _are_forms(one: str, other: str) -> bool:
    if one == other:
        return True
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    rest = len(longer) - len(shorter)
    if len(shorter) >= _STEM and rest <= _MOST_ENDING and longer.endswith(shorter):
        return True
    shared = _count_shared(one, other)
    return shared >= _STEM and len(longer) - shared <= _MOST_ENDING


def _count_shared(one: str, other: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


def _names(word: str) -> bool:
    """Return whether a word may name something; "of" and "in" stand in any headline."""
    return len(word) >= _STEM and not word.isdigit()


def _pair_signs(words: Words) -> set[Words]:
    """Return the pairs of neighbouring characters of scripts without spaces."""
    return {pair for pair in pairwise(words) if all(map(is_sign, pair))}
