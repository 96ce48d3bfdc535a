"""The report of ``watchword watch test``: counts by week and source, the effect of each clause, samples."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.clock import utc_now
from crawler.model.watch import Snippet
from crawler.storage.file.database import to_text
from crawler.text.counts import write_count, write_number
from crawler.text.instants import write_calendar_day
from crawler.text.lines import plain
from watchword.cli.terminal.tables import format_time

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.flows.watch.history import Past, PastMatch

# enough to judge a query by, on one screen; --json has the same
_SAMPLES, _WEEK = 10, timedelta(days=7)
# with week and count before it a line stays under 80 columns
_WIDEST_BAR = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseEffect:
    """How many stories a clause adds, or removes if the count is negative.

    is_offer  the clause is not in the query, and would add that many in place of one of its terms
    """

    clause: str
    count: int
    is_offer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a query would have found.

    weeks         Monday of a week -> stories first matched in it
    sources       source -> (articles, stories)
    mails_a_week  stories a week, over the time from which articles are stored
    samples       the newest stories, each by the first of its articles
    """

    article_count: int
    matched_count: int
    story_count: int
    mails_a_week: float
    weeks: dict[date, int]
    sources: dict[str, tuple[int, int]]
    effects: tuple[ClauseEffect, ...]
    samples: tuple["PastMatch", ...]

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values."""
        return {
            "articles": self.article_count,
            "matched": self.matched_count,
            "stories": self.story_count,
            "mails_a_week": round(self.mails_a_week, 1),
            "weeks": {day.isoformat(): count for day, count in self.weeks.items()},
            "sources": {
                name: {"articles": articles, "stories": stories}
                for name, (articles, stories) in self.sources.items()
            },
            "clauses": [
                {"clause": one.clause, "stories": one.count, "is_offer": one.is_offer}
                for one in self.effects
            ],
            "samples": list(map(as_json_match, self.samples)),
        }


def as_json_match(found: "PastMatch") -> dict[str, object]:
    """Return a match as JSON values."""
    return {
        "article_id": found.article_id,
        "story_id": found.story_id,
        "source": found.source,
        "url": found.url,
        "headline": found.headline,
        "seen_at": to_text(found.seen_at),
        "terms": list(found.match.terms),
        "snippet": found.match.snippet.text,
        "marks": [list(mark) for mark in found.match.snippet.marks],
        "score": found.match.score,
    }


def make_report(
    past: "Past", effects: tuple[ClauseEffect, ...], *, since: datetime, zone: ZoneInfo
) -> Report:
    """Return the report on what a watch would have matched; weeks begin on Monday in this zone."""
    # matches come newest first, so the oldest of a story stays
    first = {found.story_id: found for found in past.matches}
    begins_at = max(since, past.begins_at) if past.begins_at else since
    weeks = Counter(_monday(found.seen_at, zone) for found in first.values())
    newest = sorted(first.values(), key=lambda found: found.seen_at, reverse=True)
    return Report(
        article_count=past.article_count,
        matched_count=len(past.matches),
        story_count=len(first),
        # over at least a week: one match on the first day is not seven mails a week
        mails_a_week=len(first) / max(1.0, (utc_now() - begins_at) / _WEEK),
        weeks={day: weeks[day] for day in _list_weeks(begins_at, zone)},
        sources=_count_sources(past.matches),
        effects=effects,
        samples=tuple(newest[:_SAMPLES]),
    )


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _list_weeks(since: datetime, zone: ZoneInfo) -> list[date]:
    first, last = _monday(since, zone), _monday(utc_now(), zone)
    return [first + number * _WEEK for number in range((last - first).days // 7 + 1)]


def _count_sources(matches: Iterable["PastMatch"]) -> dict[str, tuple[int, int]]:
    articles: Counter[str] = Counter()
    stories: dict[str, set[int]] = {}
    for found in matches:
        articles[found.source] += 1
        stories.setdefault(found.source, set()).add(found.story_id)
    return {name: (count, len(stories[name])) for name, count in articles.most_common()}


def print_report(
    console: Console, report: Report, settings: "WatchSettings", *, since: str, clause_note: str
) -> None:
    """Print the report, except for the matches themselves."""
    console.print(Text(plain(settings.query), style="bold"))
    articles = f"{write_number(report.matched_count)} of {write_count(report.article_count, 'article')} of the last {since}"
    stories = write_count(report.story_count, "story", "stories")
    console.print(f"{articles}, in {stories}: about {report.mails_a_week:.1f} mails a week.\n")
    if report.matched_count:
        _print_weeks(console, report)
        rows = [(name, write_number(a), write_number(s)) for name, (a, s) in report.sources.items()]
        _print_table(console, ("source", "articles", "stories"), rows)
    if (report.effects and report.matched_count) or any(one.is_offer for one in report.effects):
        effects = [(effect.clause, _describe_effect(effect)) for effect in report.effects]
        _print_table(console, ("clause", f"what it does {clause_note}".strip()), effects)


def _describe_effect(effect: ClauseEffect) -> str:
    if effect.count == 0:
        return "changes nothing"
    verb, count = ("adds", effect.count) if effect.count > 0 else ("removes", -effect.count)
    verb = "would add" if effect.is_offer else verb
    return f"{verb} {write_count(count, 'story', 'stories')}"


def _print_weeks(console: Console, report: Report) -> None:
    most = max(report.weeks.values(), default=0) or 1
    rows = [
        (
            write_calendar_day(day),
            write_number(count),
            "#" * round(count / most * min(most, _WIDEST_BAR)),
        )
        for day, count in report.weeks.items()
    ]
    _print_table(console, ("week of", "stories", ""), rows)


def _print_table(
    console: Console, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        is_number = heading in {"articles", "stories"}
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table)
    console.print()


def print_matches(console: Console, matches: Iterable["PastMatch"], zone: ZoneInfo) -> None:
    """Print matches, each with its snippet, the terms in it marked."""
    now = utc_now()
    for found in matches:
        when = format_time(to_text(found.seen_at), zone, now=now)
        head = (
            f"{when:<16}{plain(found.source)}: {plain(found.headline)} (article {found.article_id})"
        )
        console.print(Text(head), soft_wrap=True)
        console.print(mark_snippet(found.match.snippet), soft_wrap=True)


def mark_snippet(snippet: Snippet) -> Text:
    """Return a snippet for a terminal, its terms bold and between asterisks, as not every terminal shows bold text."""
    line = Text(" " * 16)
    for text, is_marked in snippet.cut_at_marks():
        line.append(f"*{plain(text)}*" if is_marked else plain(text), "bold" if is_marked else "")
    return line
