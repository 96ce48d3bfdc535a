"""Whether status reports say what was so: their sentences against what the bench did to the sites. Pure.

Judged are the count of sources, every source that is named as not well, what is said to be undeliverable or paused, and when nothing is said to have run. A
report may be silent about a trouble of seconds; it must not name one there was not.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.week.letters import Received

_COUNT = re.compile(r"(\d+) of (\d+) sources? read on time")
_NAMED = re.compile(
    r"^- (\S+) (is failing|was never read|was cut off|is late|could not be read|is left alone|is degraded"
    r"|is unusually quiet|was not read|is paused|left the configuration)",
    re.MULTILINE,
)
_MUTED = re.compile(r"^- Watch (\S+) is muted", re.MULTILINE)
# what no week has, with all its faults
_NEVER_SO = (
    (re.compile(r"\d+ messages? could not be delivered"), "nothing was refused for good"),
)  # fmt: skip
_ABSENT = re.compile(r"^Nothing was read or sent from .*", re.MULTILINE)
_BY_THE_CLOCK = "or its clock was set ahead"


@dataclass(slots=True, kw_only=True)
class ReportsFound:
    """How many reports came, how many sentences were judged, and which were untrue."""

    reports: int = 0
    sentences: int = 0
    untrue: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What was so.

    source_count  sources that are visited
    troubled      source -> what the bench did to it
    muted         names of watches that were muted at some time
    is_disturbed  the daemon or the network was disturbed: any source may have failed for a while
    is_clock_set  its clock was set ahead
    """

    source_count: int
    paused: frozenset[str]
    troubled: Mapping[str, str]
    muted: frozenset[str]
    is_disturbed: bool
    is_clock_set: bool = False


def judge_reports(received: Iterable[Received], truth: Truth) -> ReportsFound:
    """Judge every status report."""
    found = ReportsFound()
    for one in received:
        text = "\n".join(line.strip() for line in _unwrap(one.text))
        start = text.find("Status report")
        if start < 0:
            continue
        found.reports += 1
        for sentence in _list_untrue(text[start:], found, truth):
            found.untrue.append(f"{one.at:%H:%M:%S} to {one.recipient}: {sentence}")
    return found


def _unwrap(text: str) -> list[str]:
    """Return the lines of a text with those that were broken put together: they are indented further."""
    lines = list[str]()
    for line in text.splitlines():
        if line.startswith("    ") and lines and lines[-1].strip():
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines


def _list_untrue(text: str, found: ReportsFound, truth: Truth) -> Iterable[str]:
    count = _COUNT.search(text)
    if count:
        found.sentences += 1
        if int(count[2]) != truth.source_count:
            yield f"{count[0]}: there are {truth.source_count}"
    for named in _NAMED.finditer(text):
        found.sentences += 1
        name, said = named[1], named[2]
        is_so = (
            name in truth.paused
            if "paused" in said
            else truth.is_disturbed or name in truth.troubled
        )
        if not is_so:
            yield f"{named[0]}: nothing was done to it"
    for watch in _MUTED.finditer(text):
        found.sentences += 1
        if watch[1] not in truth.muted:
            yield f"{watch[0]}: nobody muted it"
    yield from _list_never_so(text, found, truth)


def _list_never_so(text: str, found: ReportsFound, truth: Truth) -> Iterable[str]:
    for absence in _ABSENT.findall(text):
        found.sentences += 1
        # nothing is away for ten minutes; by a clock that jumped over hours nothing was read in them
        if not (truth.is_clock_set and _BY_THE_CLOCK in absence):
            yield f"{absence}: nothing was away for so long"
    for never, why in _NEVER_SO:
        for sentence in never.finditer(text):
            found.sentences += 1
            yield f"{sentence[0]}: {why}"
