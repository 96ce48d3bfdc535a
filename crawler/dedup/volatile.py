"""Lines of a watched page that change without news: counters, clocks, quotes of the day. A changed price is news.

Pages with a counter were new at each visit (changedetection.io#9, #908, #1432; pagemon#95). Lines are judged by how they
behave from visit to visit, not by what they say:

- A line that differs in its digits only is held back: a counter moves again by the next visit, a price stays. It counts as
  changed once it stood for as many visits as it had changed before, at most 12; at once if it had stood for three visits.
- A line with other words in the same place counts as changed twice. At the third visit in a row it is a rotating line, and
  held back until it stands still.
- A line that moved with the day from the last visit to this one is a calendar and never counts.
- The order of lines does not count.

A line that is held back stays in the text as it was last alerted, so that no diff shows it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from crawler.model.watched import LineMemory
from crawler.text.normalize import tokenize

# visits, as in the rules above. Two changes may be an edit and its correction, so rotation starts with the third; a line
# that was calm for three visits is no counter. With the
# limit a change is confirmed within half a day of hourly visits, however often the line had changed
_ROTATES_AFTER = 3
_STABLE_VISITS = 3
_MOST_CONFIRMATIONS = 12
# a paragraph is no box of a page's boilerplate; quotes and teasers are shorter
_MOST_SLOT_WORDS = 40
# "Thursday, 26 November 2026" with a few words beside it; a longer line is a sentence that mentions a date
_MOST_WORDS_WITH_THE_DAY = 10
# weekday and month change with the date
_MOST_OTHER_WORDS = 2
# lines remembered for a page, and pairs compared: each is a row of its memory, and a hostile page may have any number
_MOST_LINES = 300
# characters of a line kept for ``article explain``
_SHOWN = 200
# more changes than any number of visits confirms: the mark of a line that moves with the day
MOVES_WITH_THE_DAY = 99
_NUMBER = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of a visit, without lines that change without news.

    lines   the page's text
    memory  to be kept for the next visit
    """

    lines: tuple[str, ...]
    memory: tuple[LineMemory, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """An earlier line and the one in its place now, with the key of the place and whether only digits differ."""

    old: int
    new: int
    key: str
    is_digits: bool


class _Text:
    """Lines of a page with their words, and with their forms: the words without digits."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        self.words: list[str] = []
        self.forms: list[str] = []
        for line in self.lines:
            words = tokenize(line)
            self.words.append(" ".join(words) or line.strip())
            # a word with a digit in it may be a random token, another one at each visit
            form = " ".join("0" if _DIGIT.search(word) else word for word in words)
            self.forms.append(form if _DIGIT.search(line) else "")
        self.counts = Counter(self.forms)

    def places(self) -> dict[int, str]:
        """Return the keys of the lines with digits, by their index."""
        seen: Counter[str] = Counter()
        keys: dict[int, str] = {}
        for place, form in enumerate(self.forms):
            if form:
                keys[place] = _form_key(form, seen[form])
                seen[form] += 1
        return keys


def remember_lines(lines: Sequence[str], *, now: datetime) -> tuple[LineMemory, ...]:
    """Return the memory of a page that is read for the first time."""
    return tuple(_remember(_Text(lines), {}, now=now).values())


def settle_lines(
    alerted: Sequence[str], read: Sequence[str], memory: Iterable[LineMemory], *, now: datetime
) -> Settled:
    """Return the text of a visit with only the changes that count.

    alerted  the lines as they were last alerted
    read    the lines as they stand now
    memory  of the last visit
    """
    old, new = _Text(alerted), _Text(read)
    before = {one.key: one for one in memory}
    after = _remember(new, before, now=now)
    lines, words = list(new.lines), list(new.words)
    for pair in _find_pairs(old, new):
        one = _settle(pair, old, new, before, now=now)
        after[pair.key] = one
        if one.is_held:
            lines[pair.new], words[pair.new] = old.lines[pair.old], old.words[pair.old]
    _keep_places(before, after, new, now=now)
    # boxes that change their order make no revision
    is_same = Counter(words) == Counter(old.words)
    return Settled(old.lines if is_same else tuple(lines), tuple(after.values())[:_MOST_LINES])


def _settle(
    pair: _Pair, old: _Text, new: _Text, before: Mapping[str, LineMemory], *, now: datetime
) -> LineMemory:
    """Return the memory of a line that differs from what was alerted; ``is_held`` is the decision."""
    last = before.get(pair.key)
    one = _update(last, pair.key, new, pair.new, now=now)
    if last is None:
        one = replace(one, change_count=1)
        last = before.get(_form_key(old.forms[pair.old], 0))
    if last is None:
        return replace(one, is_held=pair.is_digits)
    if _is_calendar(last, old.lines[pair.old], new.lines[pair.new], now=now):
        return replace(one, is_held=True, change_count=MOVES_WITH_THE_DAY)
    if one.change_count >= MOVES_WITH_THE_DAY:
        one = replace(one, change_count=1)
    if pair.is_digits:
        is_news = last.change_count == 0 and last.same_count >= _STABLE_VISITS
        return replace(one, is_held=not (is_news or one.change_count == 0))
    return replace(one, is_held=one.change_count >= _ROTATES_AFTER)


def _update(
    last: LineMemory | None, key: str, text: _Text, place: int, *, now: datetime
) -> LineMemory:
    """Return the memory of a line after one more visit."""
    value = _digest(text.words[place])
    one = LineMemory(key=key, value=value, line=text.lines[place][:_SHOWN], read_at=now)
    if last is None:
        return one
    if last.value != value:
        return replace(one, change_count=last.change_count + 1)
    same = last.same_count + 1
    is_calm = last.change_count < MOVES_WITH_THE_DAY and same > min(
        last.change_count, _MOST_CONFIRMATIONS
    )
    return replace(one, same_count=same, change_count=0 if is_calm else last.change_count)


def _remember(
    text: _Text, before: Mapping[str, LineMemory], *, now: datetime
) -> dict[str, LineMemory]:
    """Return the memory of every line with digits; lines that are gone are forgotten."""
    kept = list(text.places().items())[:_MOST_LINES]
    return {key: _update(before.get(key), key, text, place, now=now) for place, key in kept}


def _keep_places(
    before: Mapping[str, LineMemory],
    after: dict[str, LineMemory],
    new: _Text,
    *,
    now: datetime,
) -> None:
    """Keep the memory of places whose line stood still since the last visit, until they are calm."""
    waiting = {key: one for key, one in before.items() if key.startswith("place ")}
    if not waiting.keys() - after.keys():
        return
    values = {_digest(words): place for place, words in enumerate(new.words)}
    for key, last in waiting.items():
        if key not in after and last.value in values:
            one = _update(last, key, new, values[last.value], now=now)
            if one.change_count:
                after[key] = one


def _find_pairs(old: _Text, new: _Text) -> list[_Pair]:
    """Return lines that took the place of others: equal but for digits, else between the same neighbours."""
    old_gaps, new_gaps = _find_gaps(old, new), _find_gaps(new, old)
    keys = new.places()
    by_form: dict[str, list[int]] = defaultdict(list)
    for place in old_gaps:
        by_form[old.forms[place]].append(place)
    pairs: list[_Pair] = []
    for place, gap in list(new_gaps.items()):
        form = new.forms[place]
        same = by_form[form][:_MOST_LINES] if form else []
        # a list of news loses a line at its end and gets one on top: the new one is news, not a change of the lost one
        found = next((one for one in same if old_gaps[one] == gap), None)
        if found is None and same and old.counts[form] == new.counts[form] == 1:
            found = same[0]
        if found is not None:
            by_form[form].remove(found)
            pairs.append(_Pair(found, place, keys[place], is_digits=True))
            del old_gaps[found], new_gaps[place]
    return pairs + _pair_places(old, new, old_gaps, new_gaps)


def _pair_places(
    old: _Text,
    new: _Text,
    old_gaps: Mapping[int, tuple[str, str]],
    new_gaps: Mapping[int, tuple[str, str]],
) -> list[_Pair]:
    """Return the remaining lines paired by their neighbours, where as many went as came."""
    came: dict[tuple[str, str], list[int]] = defaultdict(list)
    went: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, gap in new_gaps.items():
        came[gap].append(place)
    for place, gap in old_gaps.items():
        went[gap].append(place)
    pairs = []
    for gap, places in came.items():
        if len(places) != len(went.get(gap, ())):
            continue
        for count, (one, other) in enumerate(zip(went[gap], places, strict=True)):
            if max(len(old.words[one].split()), len(new.words[other].split())) <= _MOST_SLOT_WORDS:
                key = f"place {_digest(' | '.join(gap))} {count}"
                pairs.append(_Pair(one, other, key, is_digits=False))
    return pairs[:_MOST_LINES]


def _find_gaps(text: _Text, others: _Text) -> dict[int, tuple[str, str]]:
    """Return the lines that the other text lacks, each with the nearest shared lines on both sides."""
    left = Counter(others.words)
    shared = []
    for words in text.words:
        left[words] -= 1
        shared.append(left[words] >= 0)
    before, last = [], ""
    for words, is_shared in zip(text.words, shared, strict=True):
        before.append(last)
        last = words if is_shared else last
    gaps: dict[int, tuple[str, str]] = {}
    following = ""
    for place in range(len(shared) - 1, -1, -1):
        if shared[place]:
            following = text.words[place]
        else:
            gaps[place] = (before[place], following)
    return dict(sorted(gaps.items()))


def _is_calendar(last: LineMemory, alerted: str, new: str, *, now: datetime) -> bool:
    """Return whether a line moves with the day: its numbers were the date of the last visit, and are today's.

    A line that has not changed since then is a calendar as long as it shows today's date.
    """
    stands = last.change_count >= MOVES_WITH_THE_DAY and last.line == new[:_SHOWN]
    old = alerted if stands else last.line
    before, after = _NUMBER.findall(old), _NUMBER.findall(new)
    words, others = tokenize(old), tokenize(new)
    if len(before) != len(after) or max(len(words), len(others)) > _MOST_WORDS_WITH_THE_DAY:
        return False
    apart = [word for word in Counter(words) - Counter(others) if not word.isdigit()]
    # "24 places left" may agree with the day by chance: with a month, a year or another weekday it does not
    is_date = before != after and (len(after) > 1 or bool(apart))
    if not is_date or len(apart) > _MOST_OTHER_WORDS:
        return False
    then, today = _day_numbers(last.read_at), _day_numbers(now)
    return _are_of(after, today) and (stands or _are_of(before, then))


def _are_of(numbers: Sequence[str], day: frozenset[int]) -> bool:
    return all(len(number) < 5 and int(number) in day for number in numbers)


def _day_numbers(instant: datetime) -> frozenset[int]:
    """Return day, month and year of an instant in every zone: that of the page is not known."""
    days = [instant + timedelta(hours=hours) for hours in (-12, 0, 14)]
    return frozenset(n for day in days for n in (day.day, day.month, day.year, day.year % 100))


def _form_key(form: str, count: int) -> str:
    return f"line {_digest(form)} {count}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
