"""Lines of a watched page that change by themselves: counters, clocks, quotes of the day. They are no news; a price is.

What separates them is not what a line says but how it behaves, reading by reading:

- A line that differs in its digits only is held back: a counter moves again by the next reading, a price stays. It is told
  once it stood as many readings longer as it had changed before, 12 at most; at once where it stood for three readings.
- A line of other words in the same place is told, twice; at the third reading in a row it is a rotating one, and held back
  until it stands still.
- What moved with the day from the last reading to this one is a calendar, and never told.
- The order of lines is no change.

A line that is held back stands in the text as it was told last, so that no difference shows it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from crawler.model.watched import LineMemory
from crawler.text.normalize import tokenize

_ROTATES_AFTER = 3
_STABLE_READINGS = 3
_MOST_CONFIRMATIONS = 12
# a paragraph is no box of a page's furniture; quotes and teasers are shorter
_MOST_SLOT_WORDS = 40
_MOST_CALENDAR_WORDS = 10
_MOST_OTHER_WORDS = 2
_MOST_LINES = 300
_SHOWN = 200
_NUMBER = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Settled:
    """A reading without what changes by itself.

    lines   what counts as the page's text
    memory  what is to be remembered for the next reading
    """

    lines: tuple[str, ...]
    memory: tuple[LineMemory, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A line as told, and what stands in its place now; ``key`` of the place; whether digits alone differ."""

    old: int
    new: int
    key: str
    is_digits: bool


def remember_lines(lines: Sequence[str], *, now: datetime) -> tuple[LineMemory, ...]:
    """Return what is remembered of a page that is read for the first time."""
    return tuple(_remember(_places(lines), lines, {}, now=now).values())


def settle_lines(
    told: Sequence[str], read: Sequence[str], memory: Iterable[LineMemory], *, now: datetime
) -> Settled:
    """Return what of a reading counts as change.

    told    the lines as they were told last
    read    the lines as they stand now
    memory  what the last reading left to be remembered
    """
    before = {one.key: one for one in memory}
    after = _remember(_places(read), read, before, now=now)
    lines = list(read)
    for pair in _pair(told, read):
        one = _settle(pair, told[pair.old], read[pair.new], before, now=now)
        after[pair.key] = one
        if one.is_held:
            lines[pair.new] = told[pair.old]
    _keep_slots(before, after, read, now=now)
    is_same = Counter(map(_words, lines)) == Counter(map(_words, told))
    return Settled(tuple(told if is_same else lines), tuple(after.values())[:_MOST_LINES])


def _settle(
    pair: _Pair, old: str, new: str, before: Mapping[str, LineMemory], *, now: datetime
) -> LineMemory:
    """Decide on one line that differs from what was told."""
    last = before.get(pair.key)
    one = _update(last, pair.key, new, now=now)
    if last is None:
        one = replace(one, change_count=1)
        last = before.get(_form_key(old, 0))
    was_calm = last is not None and last.change_count == 0
    if last is not None and _is_calendar(last, new, old, now=now):
        return replace(one, is_held=True)
    if pair.is_digits:
        is_news = was_calm and last is not None and last.same_count >= _STABLE_READINGS
        is_confirmed = one.change_count == 0
        return replace(one, is_held=not (is_news or is_confirmed))
    return replace(one, is_held=one.change_count >= _ROTATES_AFTER)


def _update(last: LineMemory | None, key: str, line: str, *, now: datetime) -> LineMemory:
    """Return what is remembered of a line after one more reading."""
    value = _digest(_words(line))
    one = LineMemory(key=key, value=value, line=line[:_SHOWN], read_at=now)
    if last is None:
        return one
    if last.value != value:
        return replace(one, change_count=last.change_count + 1)
    same = last.same_count + 1
    is_calm = same > min(last.change_count, _MOST_CONFIRMATIONS)
    return replace(one, same_count=same, change_count=0 if is_calm else last.change_count)


def _remember(
    places: Mapping[str, int],
    lines: Sequence[str],
    before: Mapping[str, LineMemory],
    *,
    now: datetime,
) -> dict[str, LineMemory]:
    """Update what is remembered of every line with digits; what stands no more is forgotten."""
    kept = list(places.items())[:_MOST_LINES]
    return {key: _update(before.get(key), key, lines[place], now=now) for key, place in kept}


def _keep_slots(
    before: Mapping[str, LineMemory],
    after: dict[str, LineMemory],
    read: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Go on remembering places whose line stood still since the last reading, until they are calm."""
    values = {_digest(_words(line)): line for line in read}
    for key, last in before.items():
        if key.startswith("place ") and key not in after and last.value in values:
            one = _update(last, key, values[last.value], now=now)
            if one.change_count:
                after[key] = one


def _places(lines: Sequence[str]) -> dict[str, int]:
    """Return where the lines with digits stand, by what they say but for their digits."""
    seen: Counter[str] = Counter()
    places: dict[str, int] = {}
    for place, line in enumerate(lines):
        if _DIGIT.search(line):
            form = _form(line)
            places[_form_key(line, seen[form])] = place
            seen[form] += 1
    return places


def _pair(told: Sequence[str], read: Sequence[str]) -> list[_Pair]:
    """Find what stands in the place of lines that are gone: the same but for digits, else between the same neighbours."""
    old_gaps, new_gaps = _find_gaps(told, read), _find_gaps(read, told)
    keys = {place: key for key, place in _places(read).items()}
    pairs: list[_Pair] = []
    by_form: dict[str, list[int]] = defaultdict(list)
    for place in old_gaps:
        if _DIGIT.search(told[place]):
            by_form[_form(told[place])].append(place)
    for place, gap in list(new_gaps.items()):
        same = by_form.get(_form(read[place]), []) if place in keys else []
        # a list that moves on loses a line at its end and gets one on top: that is no change of a line
        old = next((one for one in same if old_gaps[one] == gap), None)
        if old is None and len(same) == 1 and _is_alone(read[place], told, read):
            old = same[0]
        if old is not None:
            same.remove(old)
            pairs.append(_Pair(old, place, keys[place], is_digits=True))
            del old_gaps[old], new_gaps[place]
    return pairs + _pair_places(told, read, old_gaps, new_gaps)


def _pair_places(
    told: Sequence[str],
    read: Sequence[str],
    old_gaps: Mapping[int, tuple[str, str]],
    new_gaps: Mapping[int, tuple[str, str]],
) -> list[_Pair]:
    """Pair what is left by its neighbours, where as many lines went as came."""
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
        for count, (old, new) in enumerate(zip(went[gap], places, strict=True)):
            if max(len(told[old].split()), len(read[new].split())) <= _MOST_SLOT_WORDS:
                key = f"place {_digest(' | '.join(gap))} {count}"
                pairs.append(_Pair(old, new, key, is_digits=False))
    return pairs


def _find_gaps(lines: Sequence[str], others: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return the lines that the others lack, each with the nearest lines on both sides that they have as well."""
    left = Counter(map(_words, others))
    words = [_words(line) for line in lines]
    shared = []
    for word in words:
        left[word] -= 1
        shared.append(left[word] >= 0)
    before, last = [], ""
    for word, is_shared in zip(words, shared, strict=True):
        before.append(last)
        last = word if is_shared else last
    gaps: dict[int, tuple[str, str]] = {}
    following = ""
    for place in range(len(words) - 1, -1, -1):
        if shared[place]:
            following = words[place]
        else:
            gaps[place] = (before[place], following)
    return dict(sorted(gaps.items()))


def _is_alone(line: str, *texts: Sequence[str]) -> bool:
    """Tell whether no other line says the same but for digits."""
    form = _form(line)
    return all(sum(_form(one) == form for one in text) == 1 for text in texts)


def _is_calendar(last: LineMemory, new: str, told: str, *, now: datetime) -> bool:
    """Tell whether a line moved with the day: its numbers were those of the last reading's day, and are those of today."""
    old = last.line if last.line else told
    before, after = _NUMBER.findall(old), _NUMBER.findall(new)
    words, others = tokenize(old), tokenize(new)
    if len(before) != len(after) or max(len(words), len(others)) > _MOST_CALENDAR_WORDS:
        return False
    apart = Counter(words) - Counter(others)
    strange = [word for word in apart if not word.isdigit()]
    changed = [
        (int(a), int(b)) for a, b in zip(before, after, strict=True) if a != b and len(a) < 5
    ]
    if not changed or len(strange) > _MOST_OTHER_WORDS:
        return False
    then, today = _day_numbers(last.read_at), _day_numbers(now)
    return then != today and all(a in then and b in today for a, b in changed)


def _day_numbers(instant: datetime) -> frozenset[int]:
    """Return day, month and year of an instant, wherever on earth it is read."""
    days = [instant + timedelta(hours=hours) for hours in (-12, 0, 14)]
    return frozenset(n for day in days for n in (day.day, day.month, day.year, day.year % 100))


def _form(line: str) -> str:
    """Return what a line says but for its digits; a word with digits in it may be a token, and is none."""
    return " ".join("0" if _DIGIT.search(word) else word for word in tokenize(line))


def _form_key(line: str, count: int) -> str:
    return f"line {_digest(_form(line))} {count}"


def _words(line: str) -> str:
    return " ".join(tokenize(line)) or line.strip()


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
