"""The judge of status reports: their sentences against what the sites answered. Pure functions.

Each sentence that names a source, a watch or a count is judged. Silence is judged, too: a report must name a source whose last
two visits ended without an answer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.week.judging.messages import Received

_COUNT = re.compile(r"(\d+) of (\d+) sources? read on time")
_STANDING = re.compile(
    r", (\d+) (failing|never read|cut off|late|tried again after a failure|left alone at the request of the site"
    r"|degraded|unusually quiet|still to be visited)"
)
_PAUSED = re.compile(r", (\d+) paused")
_NAMED = re.compile(
    r"^- (\S+) (has been failing|was never read|was never visited|was cut off|is late|could not be read|is left alone"
    r"|has been degraded|has been unusually quiet|was not read|is paused|was removed)",
    re.MULTILINE,
)
_DEAD = re.compile(r"(\d+) messages? (?:to others )?could not be delivered")
_MUTED = re.compile(r"^- Watch (\S+) (is muted|stores its matches)", re.MULTILINE)
_ABSENCE = re.compile(r"^- Nothing was read or sent from .*", re.MULTILINE)
_CHECKED = re.compile(r"(\d+) articles? checked")
_FAILED = re.compile(r"(\d+) fetch(?:es)? of (?:a page|pages) failed")
_SKIPPED = re.compile(r"(\d+) entr(?:y|ies) from before the visits")
_BEGINNINGS = (
    re.compile("- "),
    _COUNT,
    _CHECKED,
    re.compile(r"Nothing is pending|\d+ messages? (?:is|are|could|to others)"),
)
_BY_THE_CLOCK = "or its clock was set ahead"
# the data of a report may be this much older than its arrival
_BEHIND = timedelta(seconds=3)
_MOST_NAMED = 10


@dataclass(slots=True, kw_only=True)
class ReportsFound:
    """The number of reports and of judged sentences, and the untrue ones."""

    reports: int = 0
    sentences: int = 0
    untrue: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The true state of a week.

    source_count   number of visited sources
    troubled       source -> its oddity, if its pages may hold no articles
    muted          watches that were muted at some time; ``kept`` those that send nothing
    answers        source -> (when, whether it was readable) of the answers with its feed or list, in order
    pages          (when, token) of answered article pages, in order
    texts          when articles were published: the feed may hold the text of each
    refused_count  pages that were not answered, or are forbidden
    old_count      entries from before the first visit
    is_disturbed   whether daemon or network were disturbed: any source may then have failed for a while
    is_clock_set   whether the daemon's clock was set ahead
    """

    source_count: int
    paused: frozenset[str]
    troubled: Mapping[str, str]
    muted: frozenset[str]
    kept: frozenset[str] = frozenset()
    answers: Mapping[str, Sequence[tuple[datetime, bool]]] = field(default_factory=dict)
    pages: Sequence[tuple[datetime, str]] = ()
    texts: Sequence[datetime] = ()
    refused_count: int = 0
    old_count: int = 0
    is_disturbed: bool = False
    is_clock_set: bool = False


def judge_reports(received: Sequence[Received], truth: Truth) -> ReportsFound:
    """Return the verdict on all status reports."""
    found = ReportsFound()
    for one in received:
        text = _read_report(one.text)
        if not text:
            continue
        found.reports += 1
        for is_so, sentence in _list_sentences(text, one.at, truth):
            found.sentences += 1
            if not is_so:
                found.untrue.append(f"{one.at:%H:%M:%S} to {one.recipient}: {sentence}")
    return found


def _read_report(text: str) -> str:
    """Return the report in a message, one sentence a line; empty if it has none."""
    if text.startswith("{"):
        facts = json.loads(text)
        details = [f"- {line}" for line in facts["details"]]
        lines = [f"{facts['verdict']}, {facts['period']}", facts["summary"], *details, facts["counts"], facts["pending"]]  # fmt: skip
        return "\n".join(lines)
    start = text.find("Status report: ")
    if start < 0:
        return ""
    return "\n".join(_unwrap(text[start:].partition("\n-- \n")[0].removeprefix("Status report: ")))


def _unwrap(text: str) -> list[str]:
    """Return the lines of a report, with wrapped ones joined."""
    lines = list[str]()
    for line in text.splitlines():
        bare = line.strip()
        if not lines or any(begin.match(bare) for begin in _BEGINNINGS):
            lines.append(bare)
        else:
            lines[-1] += f" {bare}"
    return lines


def _list_sentences(text: str, at: datetime, truth: Truth) -> Iterator[tuple[bool, str]]:
    """Yield (whether it is true, the sentence) for each sentence that can be judged."""
    yield from _judge_sources(text, truth)
    named = {one[1]: one[2] for one in _NAMED.finditer(text)}
    for name, reported in named.items():
        yield _is_so(name, reported, at, truth), f"{name} {reported}: nothing was done to it"
    if len(named) < _MOST_NAMED:
        for name in _list_unread(at, truth):
            yield name in named, f"silent about {name}, whose last two visits got no answer"
    yield from _judge_verdict(text, has_named=any(one != "is paused" for one in named.values()))
    for one in _MUTED.finditer(text):
        names = truth.muted if one[2] == "is muted" else truth.kept
        yield one[1] in names, f"{one[0]}: it was not configured"
    for one in _DEAD.finditer(text):
        yield False, f"{one[0]}: nothing was refused for good"
    for one in _ABSENCE.finditer(text):
        # no fault lasts ten minutes, but to a daemon whose clock jumped it looks so
        is_so = truth.is_clock_set and _BY_THE_CLOCK in one[0]
        yield is_so, f"{one[0]}: nothing was away for so long"
    if "the first one, since" in text:
        yield from _judge_counts(text, at, truth)


def _judge_sources(text: str, truth: Truth) -> Iterator[tuple[bool, str]]:
    count = _COUNT.search(text)
    if count is None:
        yield False, "no word of how many sources were read"
        return
    line = next(line for line in text.splitlines() if count[0] in line)
    paused = _PAUSED.search(line)
    others = sum(int(one[1]) for one in _STANDING.finditer(line))
    yield int(count[2]) == truth.source_count, f"{count[0]}: there are {truth.source_count}"
    yield int(count[1]) + others == int(count[2]), f"{line}: that does not add up"
    is_so = int(paused[1] if paused else 0) == len(truth.paused)
    yield is_so, f"{line}: {len(truth.paused)} are paused"


def _judge_verdict(text: str, *, has_named: bool) -> Iterator[tuple[bool, str]]:
    verdict = text.partition(",")[0]
    is_calm = not has_named and not _ABSENCE.search(text)
    if verdict == "All is well":
        yield is_calm and "\n- " not in text, "all is well, and yet something is named"
    elif verdict == "Nothing needs a look":
        yield is_calm, "nothing needs a look, and yet something is named"
    else:
        yield verdict == "Needs a look", f"no verdict: {verdict}"


def _is_so(name: str, reported: str, at: datetime, truth: Truth) -> bool:
    if reported == "is paused":
        return name in truth.paused
    had_none = any(not is_good for when, is_good in truth.answers.get(name, ()) if when <= at)
    return (
        had_none
        or truth.is_disturbed
        or (reported == "has been degraded" and name in truth.troubled)
    )


def _list_unread(at: datetime, truth: Truth) -> Iterator[str]:
    for name, answers in truth.answers.items():
        last = [is_good for when, is_good in answers if when < at - _BEHIND][-2:]
        since = [when for when, _ in answers if at - _BEHIND <= when <= at]
        if last == [False, False] and not since and not truth.is_disturbed:
            yield name


def _judge_counts(text: str, at: datetime, truth: Truth) -> Iterator[tuple[bool, str]]:
    """Judge the counts of a first report, which cover all since the first visit."""
    texts = sum(when < at for when in truth.texts)
    most = sum(when < at for when, _ in truth.pages) + texts
    least = len({token for when, token in truth.pages if when < at - _BEHIND})
    if (reported := _CHECKED.search(text)) and not truth.is_disturbed:
        yield least <= int(reported[1]) <= most, f"{reported[0]}: they were {least} to {most}"
    if (reported := _FAILED.search(text)) and not truth.is_disturbed:
        yield (
            int(reported[1]) <= truth.refused_count,
            f"{reported[0]}: {truth.refused_count} in all",
        )
    if reported := _SKIPPED.search(text):
        is_so = int(reported[1]) <= truth.old_count + (truth.is_disturbed * truth.old_count)
        yield is_so, f"{reported[0]}: there were {truth.old_count}"
