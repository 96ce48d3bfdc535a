"""What a soak showed: of the database, of the newspapers' log, and of the journal of troubles."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.cluster.trouble import Death, Journal
from bench.soak.daemon import Message, Running
from bench.soak.site.articles import LISTED

AGAIN_SECONDS, BACK_SECONDS = 45.0, 10.0
# arrivals at the newspapers vary by what their process and a worker's waits for a core
_LATE_SECONDS = 0.1
_ARTICLES = "SELECT url, revision_count FROM articles"
_ALERTED = """SELECT watches.name, articles.url, count(*) FROM alerts JOIN watches ON watches.id = watch_id
    JOIN revisions ON revisions.id = alerts.revision_id JOIN articles ON articles.id = revisions.article_id
    GROUP BY watches.name, articles.url"""
_TAGS = """SELECT sources.name, endpoints.etag,
    (SELECT group_concat(announced_url, ' ') FROM entries WHERE entries.source_id = sources.id)
    FROM endpoints JOIN sources ON sources.id = source_id WHERE endpoints.etag IS NOT NULL"""
_NUMBER = re.compile(r"/a/\d+/(\d+)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the newspapers saw it; times of the machine's monotonic clock."""

    host: str
    path: str
    begin: float
    end: float
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the table: what, how much, and whether that is what it should be."""

    what: str
    found: str
    goal: str = ""
    is_good: bool = True


def read_log(path: Path) -> dict[str, list[Asked]]:
    """Return the requests of each host, by their beginning."""
    by_host: dict[str, list[Asked]] = defaultdict(list)
    for line in path.read_text().splitlines():
        host, asked, begin, end, status = json.loads(line)
        by_host[host].append(Asked(host=host, path=asked, begin=begin, end=end, status=status))
    for requests in by_host.values():
        requests.sort(key=lambda one: one.begin)
    return by_host


def find_early_tags(home: Running) -> set[str]:
    """Return the sources whose endpoint has an ETag while an entry that it stands for is not stored."""
    early = set()
    for name, tag, addresses in home.ask(_TAGS):
        last = int(tag.strip('"'))
        stored = {int(number) for number in _NUMBER.findall(addresses or "")}
        if not set(range(max(0, last - LISTED + 1), last + 1)) <= stored:
            early.add(name)
    return early


def judge_articles(home: Running, published: Sequence[dict[str, Any]]) -> list[Line]:
    """Return what became of the articles, and of the alerts they call for."""
    stored = dict(home.ask(_ARTICLES))
    missing = [one["url"] for one in published if one["url"] not in stored]
    twice = [url for url, count in stored.items() if count != 1]
    new_count = home.ask("SELECT sum(new_count) FROM visits")[0][0] or 0
    alerted = {(watch, url): count for watch, url, count in home.ask(_ALERTED)}
    expected = {(topic, one["url"]) for one in published for topic in one["topics"]}
    lost = expected - alerted.keys()
    return [
        Line(what="articles published", found=str(len(published))),
        _count("articles missing", missing),
        _count("articles stored twice", [*twice, *[""] * (int(new_count) - len(stored))]),
        Line(what="alerts expected", found=str(len(expected))),
        _count("alerts missing", sorted(map(str, lost))),
        _count("alerts raised twice", [key for key, count in alerted.items() if count > 1]),
    ]


def judge_messages(messages: Iterable[Message]) -> Line:
    """Return how many alerts reached a person twice."""
    told = Counter((one.recipient, token) for one in messages for token in one.tokens)
    return _count("alerts mailed twice", [key for key, count in told.items() if count > 1])


def judge_manners(
    by_host: dict[str, list[Asked]], *, delay: float, allowed: int, names: str
) -> list[Line]:
    """Return whether requests overlapped, and how long the pauses between them were."""
    pairs = [pair for requests in by_host.values() for pair in pairwise(requests)]
    overlaps = [pair for pair in pairs if pair[1].begin < pair[0].end]
    pauses = sorted(after.begin - before.begin for before, after in pairs)
    short = [pair for pair in pairs if pair[1].begin - pair[0].begin < delay - _LATE_SECONDS]
    most = max((_most_at_once(requests) for requests in by_host.values()), default=0)
    told = "; ".join(_tell(*pair) for pair in [*overlaps, *short][:4])
    return [
        Line(what="requests", found=f"{sum(map(len, by_host.values())):,} at {len(by_host)} {names}"),
        Line(what="most requests to a domain at a time", found=str(most)),
        Line(what="overlapping requests", found=str(len(overlaps)), goal=f"<= {allowed}", is_good=len(overlaps) <= allowed),
        Line(what="shortest pause between two requests", found=f"{pauses[0]:.2f} s" if pauses else "-", goal=f"{delay:g} s"),
        Line(what="pauses that were too short", found=f"{len(short)} {told}".strip(), goal=f"<= {allowed}", is_good=len(short) <= allowed),
    ]  # fmt: skip


def _tell(before: Asked, after: Asked) -> str:
    return f"{after.host} {before.path[:12]} {before.begin:.2f} to {before.end:.2f}, {after.path[:12]} {after.begin:.2f}"


def _most_at_once(requests: Sequence[Asked]) -> int:
    moments = sorted([(one.begin, 1) for one in requests] + [(one.end, -1) for one in requests])
    count = most = 0
    for _, step in moments:
        count += step
        most = max(most, count)
    return most


def judge_journal(journal: Journal, by_host: dict[str, list[Asked]]) -> list[Line]:
    """Return how soon the work of the dead was done by others, and what ended by itself."""
    waits = [(death, wait) for death in journal.deaths if (wait := _find_wait(death, by_host))]
    calm = [wait for death, wait in waits if not _is_disturbed(death, journal)]
    longest = max(calm, default=0.0)
    slowest = max(journal.first_notes, default=0.0)
    return [
        Line(what="done to it", found=", ".join(f"{count} {what}" for what, count in journal.counts.items())),
        Line(what="longest until a dead worker's domains were asked again", found=f"{longest:.0f} s of {len(calm)} deaths with lost work", goal=f"<= {AGAIN_SECONDS:g} s", is_good=longest <= AGAIN_SECONDS),
        Line(what="the same where home or PostgreSQL were killed meanwhile", found=f"{max((wait for _, wait in waits), default=0):.0f} s of {len(waits)}"),
        Line(what="longest from PostgreSQL's return to the first notes", found=f"{slowest:.1f} s of {len(journal.first_notes)}", goal=f"<= {BACK_SECONDS:g} s", is_good=slowest <= BACK_SECONDS),
        _count("workers that ended by themselves", journal.worker_exits),
        _count("other troubles", journal.troubles),
    ]  # fmt: skip


def _find_wait(death: Death, by_host: dict[str, list[Asked]]) -> float | None:
    waits = [
        next((one.begin - death.at for one in by_host[host] if one.begin > death.at + 0.1), None)
        for host in death.hosts
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _is_disturbed(death: Death, journal: Journal) -> bool:
    return any(death.at - 10 < at < death.at + AGAIN_SECONDS for at in journal.disturbed_at)


def _count(what: str, found: Sequence[object]) -> Line:
    some = f": {', '.join(map(str, found[:3]))}" if found and any(found) else ""
    return Line(what=what, found=f"{len(found)}{some}", goal="0", is_good=not found)


def write_table(lines: Iterable[Line]) -> str:
    """Return the lines as a table in Markdown."""
    rows = [
        f"| {one.what} | {one.found} | {one.goal} | {'' if one.is_good else 'MISSED'} |"
        for one in lines
    ]
    return "\n".join(["| | found | goal | |", "| --- | --- | --- | --- |", *rows])
