"""The judge of the field cases: whether a program's alerts are what a case expects. It knows nothing of the program."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from bench.field.cases import OPML, Wanted

# between the two: teasers and errors are shorter, all pages of the cases longer
_READ_WORDS = 40
_TAG = re.compile(r"<[^>]{0,2000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that reached a person; ``text`` is plain, ``published`` None if not known."""

    title: str
    link: str
    text: str
    published: datetime | None

    def holds(self, phrase: str) -> bool:
        """Return whether title or text hold a phrase as whole words; all white space is equal."""
        words = r"\s+".join(re.escape(word) for word in phrase.split())
        pattern = rf"(?<!\w){words}(?!\w)" if phrase.isascii() else words
        return re.search(pattern, f"{self.title}\n{self.text}", re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a program reported by the end of the visits, and what the site saw of it.

    failures  its sentences about what went wrong
    lists     its listing of sources, or the addresses it imported
    log       its standard error
    paths     paths requested of the site
    memo      what the case recorded
    """

    entries: Sequence[Entry] = ()
    failures: Sequence[str] = ()
    lists: Sequence[str] = ()
    log: str = ""
    paths: Sequence[str] = ()
    memo: Mapping[str, Any] = field(default_factory=dict)

    def seen_by(self, state: Any) -> "Outcome":
        """Return the outcome with what the site saw, from the runner's state."""
        paths = [path for _visit, _host, path, _headers in state.requests]
        return replace(self, paths=paths, memo=state.memo)


def make_outcome(answer: Mapping[str, Any], *, log: str) -> Outcome:
    """Return the outcome of a peer's last answer."""
    entries = [
        Entry(
            title=plain(entry["title"]),
            link=entry["link"],
            text=plain(entry["text"]),
            published=_instant(entry["published"]),
        )
        for entry in answer["entries"]
    ]
    return Outcome(entries=entries, failures=answer["failures"], lists=answer["lists"], log=log)


def plain(text: str) -> str:
    """Return text without markup."""
    return unescape(_TAG.sub(" ", text))


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    stated = datetime.fromisoformat(text)
    return stated if stated.tzinfo else stated.replace(tzinfo=UTC)


def judge(wanted: Wanted, outcome: Outcome, *, reads_pages: bool, now: datetime) -> tuple[str, ...]:
    """Return the complaints about an outcome; if there are none, the case passes."""
    complaints = [
        complaint
        for phrase in wanted.reported
        for complaint in _judge_reported(wanted, outcome, phrase, reads_pages=reads_pages)
    ]
    complaints += _judge_never(wanted, outcome)
    if wanted.fails and not outcome.failures:
        complaints.append("the failure is not reported")
    if wanted.hours_ago:
        complaints += _judge_dates(wanted, outcome, now)
    if wanted.needs == OPML:
        complaints += _judge_outlines(wanted, outcome)
    return tuple(complaints)


def _judge_reported(
    wanted: Wanted, outcome: Outcome, phrase: str, *, reads_pages: bool
) -> Iterator[str]:
    found = [entry for entry in outcome.entries if entry.holds(phrase)]
    hint = wanted.instead.get(phrase)
    if not found and hint and any(hint in failure for failure in outcome.failures):
        return
    if len(found) != 1:
        yield f"{phrase!r} reported {len(found)} times"
        return
    end = wanted.links.get(phrase, "")
    if not found[0].link.endswith(end):
        yield f"{phrase!r} reported with the link {found[0].link}"
    if reads_pages and phrase in wanted.read and len(found[0].text.split()) < _READ_WORDS:
        yield f"{phrase!r}: the page was not read"


def _judge_never(wanted: Wanted, outcome: Outcome) -> Iterator[str]:
    for phrase in wanted.never:
        if any(entry.holds(phrase) for entry in outcome.entries):
            yield f"reported, but must not be: {phrase!r}"
    if wanted.untouched and (asked := [path for path in outcome.paths if wanted.untouched in path]):
        yield f"asked for {len(asked)} pages of {wanted.untouched!r}"
    if wanted.leak and outcome.memo.get(wanted.leak):
        yield "a secret was sent to another host"
    links = [entry.link for entry in outcome.entries]
    shown = "\n".join((*outcome.failures, *outcome.lists, *links, outcome.log))
    if wanted.secret and wanted.secret in shown:
        yield "the secret is shown"


def _judge_dates(wanted: Wanted, outcome: Outcome, now: datetime) -> Iterator[str]:
    youngest, oldest = (now - timedelta(hours=hours) for hours in wanted.hours_ago or (0, 0))
    for entry in outcome.entries:
        if entry.published is None or not oldest <= entry.published <= youngest:
            yield f"{entry.title!r} is dated {entry.published}"


def _judge_outlines(wanted: Wanted, outcome: Outcome) -> Iterator[str]:
    """Return a complaint for each feed that was neither imported nor named as left out."""
    taken = re.findall(r"(?<![\w:])https?://(\S+)", "\n".join(outcome.lists))
    failures = "\n".join(outcome.failures)
    for address in wanted.addresses:
        if address not in taken and address.partition("/")[0] not in failures:
            yield f"{address} was neither taken nor named"
