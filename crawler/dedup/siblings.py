"""Whether a text is another's form filled in anew: robot reports and warnings that differ in a place, person, team or product.

Four flood warnings for four towns were one story and one alert (custom-components/weatheralerts#71). A copy keeps the names
of what it copies; an edit seldom changes a name in text and headline both. Where that is uncertain, the two are two stories:
a second alert is a nuisance, a missing one is a loss. Nothing here depends on a language: names are recognised by their
place, and by capital letters in scripts that have them.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crawler.dedup.slots import (
    Slot,
    Words,
    distinguishes,
    find_slots,
    stands_exactly_in,
    stands_in,
)
from crawler.text.languages.scripts import is_sign

# most of so short a text may be form; a word is about two characters in a script without spaces
SHORT_WORDS = 120
_SHORT_SIGNS = 240
# longer texts are written by people, and aligning them costs much time
MOST_WORDS = 500
# the name a form is about stands in several places; a single changed place may be a correction
_SEVERAL = 2
# a report made by a program from one record seldom has more
_MOST_IN_FORM = 300
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Report:
    """A text as it is compared here.

    words  as ``comparable_words`` returns them; ``body`` is the text they were read from
    """

    words: Words
    headline: Words
    body: str


def explain_siblings(one: Report, other: Report, *, is_one_outlet: bool) -> str | None:
    """Return the difference that makes two texts with mostly the same words two reports on one form; None for a copy.

    one     the shorter one
    is_one_outlet  both come from one source, which spells a name in one way and does not publish a text twice
    """
    is_short = len(one.words) < (_SHORT_SIGNS if _has_signs(one.words) else SHORT_WORDS)
    if is_short and _change_places(one, other):
        return f'names have changed places in "{" ".join(other.headline)}"'
    if not _may_be(one, other, is_short=is_short, is_one_outlet=is_one_outlet):
        return None
    slots = find_slots(one.words, other.words)
    for slot in slots.found:
        if not slot.is_number and _is_in_headlines(slot, one, other, is_one_outlet=is_one_outlet):
            return _describe(slot)
    # one outlet, one text, two headlines: a flash whose place stands in the headline alone
    if is_short and is_one_outlet and not slots.found and slots.is_all:
        return _compare_headlines(one, other)
    differing = [slot for slot in slots.found if not slot.is_number and not slot.are_alike()]
    names = [slot for slot in differing if _are_names(slot, one, other)]
    # only names and numbers differ, nothing else is edited
    is_form = slots.is_all and len(names) == len(differing)
    if is_short or (is_form and len(one.words) <= _MOST_IN_FORM):
        again = _find_repeated(names, one, other, among=1 if is_short else len(slots.found))
        if again is not None:
            return _describe(again)
    slot_count = len(names) + sum(slot.is_number for slot in slots.found)
    is_distinct = is_one_outlet or (slot_count >= _SEVERAL and _has_names(names, one, other))
    return _describe(names[0]) if is_short and is_form and names and is_distinct else None


def _find_repeated(names: Sequence[Slot], one: Report, other: Report, *, among: int) -> Slot | None:
    """Return a name that the other text replaces in several places, at least half of ``among``; None without one."""
    for slot in names:
        count = sum(slot.repeats(each) for each in names)
        if count >= max(_SEVERAL, among / 2) and not _stands_in_both(slot, one, other):
            return slot
    return None


def _change_places(one: Report, other: Report) -> bool:
    """Return whether both texts and both headlines have the same words in another order: who beat whom."""
    pairs = ((one.headline, other.headline), (one.words, other.words))
    return all(mine != theirs and sorted(mine) == sorted(theirs) for mine, theirs in pairs)


def _may_be(one: Report, other: Report, *, is_short: bool, is_one_outlet: bool) -> bool:
    """Return whether two texts are worth aligning: each has a word that the other lacks."""
    if max(len(one.words), len(other.words)) > MOST_WORDS:
        return False
    if one.words == other.words:
        return is_short and is_one_outlet
    if _has_signs(
        one.words
    ):  # each character of a name may occur elsewhere too, so the test below proves nothing
        return True
    mine, theirs = {*one.words}, {*other.words}
    return bool(mine - theirs and theirs - mine)


def _has_signs(words: Words) -> bool:
    """Return whether most of a text is written without spaces."""
    return 2 * sum(map(is_sign, words)) > len(words)


def _is_in_headlines(slot: Slot, one: Report, other: Report, *, is_one_outlet: bool) -> bool:
    """Return whether each headline has its own text's side of a slot."""
    if one.headline == other.headline:
        return False
    mine = distinguishes(slot.mine, one.headline, other.headline)
    theirs = distinguishes(slot.theirs, other.headline, one.headline)
    if (
        slot.are_alike()
    ):  # outlets write Zelensky or Zelenskyy, and an editor corrects a misspelling
        return mine and theirs and is_one_outlet and _has_names([slot], one, other)
    if mine and theirs:
        return True
    # the other headline says it in other words: then the name must be gone from the text as well
    is_distinct = (mine and not stands_in(slot.mine, other.headline)) or (
        theirs and not stands_in(slot.theirs, one.headline)
    )
    is_named = is_distinct and _are_names(slot, one, other)
    return is_named and not _stands_in_both(slot, one, other)


def _stands_in_both(slot: Slot, one: Report, other: Report) -> bool:
    return stands_exactly_in(slot.mine, other.words) or stands_exactly_in(slot.theirs, one.words)


def _are_names(slot: Slot, one: Report, other: Report) -> bool:
    """Return whether both sides of a slot may be names; in scripts with capital letters a name has one."""
    return _may_name(slot.mine, one) and _may_name(slot.theirs, other)


def _has_names(slots: Sequence[Slot], one: Report, other: Report) -> bool:
    """Return whether one of these slots certainly holds names."""
    return any(
        _is_capital(slot.mine, one.body) and _is_capital(slot.theirs, other.body) for slot in slots
    )


def _may_name(run: Words, report: Report) -> bool:
    # scripts without capitals, and texts in capitals throughout, do not show what is a name
    has_case = any(word.upper() != word for word in run)
    return not has_case or report.body.isupper() or _is_capital(run, report.body)


def _is_capital(run: Words, body: str) -> bool:
    """Return whether one of these words is always written with a capital letter."""
    capitals = _list_capitals(body)
    return any(word in capitals for word in run)


@lru_cache(maxsize=64)
def _list_capitals(body: str) -> frozenset[str]:
    """Return the words that always have a capital letter in a text: the first word of a sentence alone proves nothing."""
    words = {*_WORD.findall(unicodedata.normalize("NFKC", body))}
    large = {word.casefold() for word in words if word[0] != word[0].lower()}
    return frozenset(large - {word.casefold() for word in words if word[0] == word[0].lower()})


def _compare_headlines(one: Report, other: Report) -> str | None:
    """Return the difference of two headlines over one text, where they are one form filled in twice; else None."""
    slots = find_slots(one.headline, other.headline)
    changed = sum(len(slot.mine) for slot in slots.found)
    if not slots.is_all or not slots.found or 2 * changed > len(one.headline):
        return None
    for slot in slots.found:
        is_distinct = stands_in(slot.mine, one.words) or stands_in(slot.theirs, other.words)
        if not (is_distinct or slot.are_alike()):
            return _describe(slot)
    return None


def _describe(slot: Slot) -> str:
    mine, theirs = " ".join(slot.mine), " ".join(slot.theirs)
    return f'where one says "{mine}", the other says "{theirs}"'
