"""Folding of repeated warnings: the first is written at once, the others are counted, and the count is written now and then.

Two things are counted. *Repeats*: the same fault of the same source, watch or recipient. *Alike*: the same fault of many
sources, as when a proxy is down; the first few are written, the rest is one line. Memory is bounded by both limits.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

# seconds after which a count is written: soon at first, and a fault that lasts for days is a few lines a day
_WINDOWS = (60.0, 600.0, 3600.0, 4 * 3600.0)
# a fault that was not seen for so long is over; the next one is a first again
_OVER_SECONDS = 3600.0
# sources with the same fault that are written one by one
_MOST_ALIKE = 5
_MOST_KINDS = 2_000
_MOST_GROUPS = 500
_MOST_CHARACTERS = 200
# they differ each time, though what a person must do does not
_PASSING = frozenset(
    {"url", "endpoint", "pid", "delivery", "visit", "uid", "id", "message_id", "number", "page"}
)
_WHOLE_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# of a machine's address, a number or an object's place in memory; not an answer of HTTP or SMTP: 401 asks for something else than 503
_VARIES = re.compile(r"0x[0-9a-f]+|(?<!\d)(?!\b[1-5]\d\d\b)\d+", re.IGNORECASE)
_HOST = re.compile(r"\b(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line to be written or folded.

    level     of logging
    words     the event, or the message of a library
    fields    values of the event
    error     the error behind it, as ``ValueError: text``; empty for none
    """

    logger: str
    level: int
    words: str
    fields: Mapping[str, object]
    error: str = ""

    @property
    def kind(self) -> Hashable:
        """What is the same for a person who must do something about it."""
        facts = ((name, _shape(value)) for name, value in self.fields.items() if _is_lasting(name, value))  # fmt: skip
        return self.logger, self.level, _shape(self.words), _shape(self.error), tuple(facts)

    @property
    def group(self) -> Hashable:
        """What is the same for many sources."""
        name = str(self.fields.get("source", ""))
        facts = (
            (key, _without(name, value)) for key, value in self.fields.items()
            if key != "source" and _is_lasting(key, value)
        )  # fmt: skip
        words, error = _without(name, self.words), _without(name, self.error)
        return self.logger, self.level, words, error, tuple(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A line that stands for others, with the fields to add: ``repeated``, ``more_sources``, ``within_seconds``, ``stopped``."""

    fault: Fault
    fields: Mapping[str, object]


@dataclass(slots=True)
class _Seen:
    """What is counted of a kind or group.

    count      lines folded since the last count was written; ``total`` those before
    sources    of a group: those folded in the same time, and the names of the first of them
    is_silent  of a kind: its group speaks for it
    """

    fault: Fault
    since: float
    ends_at: float
    heard_at: float
    window: int = 0
    count: int = 0
    total: int = 0
    sources: int = 0
    names: list[str] = field(default_factory=list)
    said_count: int = 1
    group: Hashable = None
    is_silent: bool = False

    def is_over(self, now: float) -> bool:
        """Return whether nothing like it was heard for so long that it has ended."""
        return now - self.heard_at >= _OVER_SECONDS

    def hear(self, now: float) -> None:
        """Count one more."""
        self.heard_at = now
        self.count += 1

    def close_window(self, now: float) -> None:
        """Begin to count anew, for longer than before."""
        self.total += self.count
        self.count, self.sources, self.names, self.since = 0, 0, [], now
        self.window = min(self.window + 1, len(_WINDOWS) - 1)
        self.ends_at = now + _WINDOWS[self.window]


class Folding:
    """Decides which faults are written, and counts the others. Moments are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[Hashable, _Seen] = OrderedDict()
        self._groups: OrderedDict[Hashable, _Seen] = OrderedDict()
        self._look_at = math.inf

    def take(self, fault: Fault, now: float) -> bool:
        """Return whether a fault is to be written; if not, it was counted. Call ``list_due`` before."""
        key = fault.kind
        seen = self._kinds.get(key)
        if seen is None:
            seen = self._kinds[key] = self._open(fault, now)
            seen.is_silent = not self._take_in_group(fault, seen, now)
            return not seen.is_silent
        self._kinds.move_to_end(key)
        seen.hear(now)
        if seen.is_silent:
            group = self._groups.get(seen.group)
            seen.is_silent = group is not None
            if group is not None:
                group.hear(now)
        return False

    def list_due(self, now: float) -> list[Count]:
        """Return the counts to be written now, and forget what is over or too much."""
        found = [*self._shrink(self._kinds, _MOST_KINDS, now), *self._shrink(self._groups, _MOST_GROUPS, now)]  # fmt: skip
        if now < self._look_at:
            return found
        for table in (self._groups, self._kinds):
            for key, seen in [*table.items()]:
                if seen.is_over(now):
                    found += _write_end(seen, now)
                    del table[key]
                elif now >= seen.ends_at:
                    found += _write_count(seen, now)
                    seen.close_window(now)
        everyone = (*self._kinds.values(), *self._groups.values())
        ends = (min(seen.ends_at, seen.heard_at + _OVER_SECONDS) for seen in everyone)
        self._look_at = min(ends, default=math.inf)
        return found

    def end(self, words: str, now: float, **fields: object) -> list[Count]:
        """Return the counts of a fault that is known to be over; the next one like it is a first again."""
        over = [
            key
            for key, seen in self._kinds.items()
            if seen.fault.words == words
            and all(seen.fault.fields.get(name) == value for name, value in fields.items())
        ]
        found: list[Count] = []
        for key in over:
            seen = self._kinds.pop(key)
            found += _write_end(seen, now)
        return found

    def flush(self, now: float) -> list[Count]:
        """Return all that was counted and not yet written, for the end of a process, and begin anew."""
        found: list[Count] = []
        for table in (self._groups, self._kinds):
            for seen in table.values():
                found += _write_count(seen, now)
            table.clear()
        return found

    def _open(self, fault: Fault, now: float) -> _Seen:
        self._look_at = min(self._look_at, now + _WINDOWS[0])
        return _Seen(fault, since=now, ends_at=now + _WINDOWS[0], heard_at=now)

    def _take_in_group(self, fault: Fault, seen: _Seen, now: float) -> bool:
        """Return whether a fault seen for the first time is written, and not left to the line on all that are alike."""
        if "source" not in fault.fields:
            return True
        key = seen.group = fault.group
        group = self._groups.get(key)
        if group is None:
            self._groups[key] = self._open(fault, now)
            return True
        self._groups.move_to_end(key)
        if group.said_count < _MOST_ALIKE:
            group.heard_at = now
            group.said_count += 1
            return True
        group.hear(now)
        group.sources += 1
        if len(group.names) < _MOST_ALIKE:
            group.names.append(str(fault.fields["source"]))
        return False

    def _shrink(
        self, table: OrderedDict[Hashable, _Seen], most: int, now: float
    ) -> Iterator[Count]:
        while len(table) > most:
            _, seen = table.popitem(last=False)
            yield from _write_count(seen, now)


def _write_count(seen: _Seen, now: float) -> Iterator[Count]:
    if not seen.count or seen.is_silent:
        return
    within = {"within_seconds": round(now - seen.since)}
    repeated = {"repeated": seen.count - seen.sources} if seen.count > seen.sources else {}
    more = {"more_sources": seen.sources, "among": ", ".join(seen.names)} if seen.sources else {}
    yield Count(fault=_speak_for(seen), fields={**more, **repeated, **within})


def _write_end(seen: _Seen, now: float) -> Iterator[Count]:
    repeated = seen.total + seen.count
    if repeated and not seen.is_silent:
        facts = {"repeated": repeated, "last_seconds_ago": round(now - seen.heard_at)}
        yield Count(fault=_speak_for(seen), fields={"stopped": True, **facts})


def _speak_for(seen: _Seen) -> Fault:
    """Return the first fault, without its source if it stands for those of many."""
    # of a group: a kind has none of its own
    if seen.said_count < _MOST_ALIKE:
        return seen.fault
    facts = {name: value for name, value in seen.fault.fields.items() if name != "source"}
    return replace(seen.fault, fields=facts)


def _is_lasting(name: str, value: object) -> bool:
    return name not in _PASSING and not isinstance(value, int | float)


def _shape(value: object) -> str:
    return _VARIES.sub("#", _WHOLE_ADDRESS.sub("://", str(value)[:_MOST_CHARACTERS]))


def _without(name: str, value: object) -> str:
    text = _shape(value)
    text = text.replace(_shape(name), "~") if name else text
    return _HOST.sub("~", text)
