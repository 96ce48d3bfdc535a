"""A log summed up by kinds of lines: lines that differ only in numbers, names and addresses are one kind."""

import re
from collections import Counter
from dataclasses import dataclass, field

_LINE = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z (?P<level>[A-Z]+) (?P<logger>\S+) (?P<text>.*)$")
_PARTS = (
    (re.compile(r'"[^"]*"'), '"…"'),
    (re.compile(r"https?://\S+"), "URL"),
    (re.compile(r"<[^<>]{0,200}>"), "<…>"),
    (re.compile(r"\b(?:good|hostile)-\d+"), "SOURCE"),
    (re.compile(r"\d+(?:\.\d+)?"), "N"),
)
_TRACEBACK = "Traceback (most recent call last)"
# characters: lines that begin alike are of one kind
_LONGEST_KIND = 160
# characters: a traceback with its cause
_LONGEST_EXAMPLE = 2000


@dataclass(slots=True)
class Kind:
    """The count of lines of one kind, and the first of them."""

    count: int
    example: str


@dataclass(slots=True)
class LogTally:
    """The lines of a log by level and kind, and its tracebacks by the error they end with."""

    lines: dict[str, dict[str, Kind]] = field(default_factory=dict)
    tracebacks: dict[str, Kind] = field(default_factory=dict)

    @property
    def traceback_count(self) -> int:
        """The number of tracebacks."""
        return sum(kind.count for kind in self.tracebacks.values())

    def count(self, *levels: str) -> Counter[str]:
        """Return the lines of some levels, counted by kind."""
        return Counter(
            {
                name: kind.count
                for level in levels
                for name, kind in self.lines.get(level, {}).items()
            }
        )


def read_log(text: str) -> LogTally:
    """Return the tally of a log."""
    tally, lines = LogTally(), text.splitlines()
    for place, line in enumerate(lines):
        found = _LINE.match(line)
        if found:
            name = name_kind(f"{found['logger']} {found['text']}")
            _add(tally.lines.setdefault(found["level"], {}), name, line)
        elif line.strip().startswith(_TRACEBACK):
            block = _read_traceback(lines, place)
            _add(tally.tracebacks, name_kind(block[-1].strip()), "\n".join(block))
    return tally


def name_kind(text: str) -> str:
    """Return the kind of a line: its text without numbers, names and addresses."""
    for pattern, instead in _PARTS:
        text = pattern.sub(instead, text)
    return text[:_LONGEST_KIND]


def _add(kinds: dict[str, Kind], name: str, example: str) -> None:
    kinds.setdefault(name, Kind(0, example[:_LONGEST_EXAMPLE])).count += 1


def _read_traceback(lines: list[str], place: int) -> list[str]:
    """Return the lines of a traceback, from its head to the error."""
    indent = len(lines[place]) - len(lines[place].lstrip())
    block = [lines[place]]
    for line in lines[place + 1 :]:
        block.append(line)
        if len(line) - len(line.lstrip()) <= indent:
            break
    return block
