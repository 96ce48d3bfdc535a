"""The report of ``watchword watch test``: counts by week and source, the effect of each clause, samples."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.text import Text

from crawler.clock import utc_now
from crawler.model.watch import Snippet
from crawler.storage.file.database import to_text
from crawler.text.counts import write_count, write_number
from crawler.text.instants import write_calendar_day
from crawler.text.lines import plain
from watchword.cli.listings.layout import Column
from watchword.cli.listings.tables import format_time, print_line, print_rows

if TYPE_CHECKING:
    from crawler.flows.watch.estimates import Estimate
    from crawler.flows.watch.history import PastMatch
    from crawler.flows.watch.survey import Survey

# enough to judge a query by, on one screen; --json has the same
SAMPLES, _WEEK = 10, timedelta(days=7)
# of hundreds the first are a screen
_MOST_SOURCES = 20
# a rate above is written without a decimal
_MANY = 100
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

    mails_a_week  stories a week, over the time from which articles are stored
    weeks         Monday of a week -> stories first matched in it
    samples       the newest stories, each by the newest of its articles
    """

    survey: "Survey"
    mails_a_week: float
    weeks: dict[date, int]
    effects: tuple[ClauseEffect, ...]
    samples: tuple["PastMatch", ...]

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON values; ``between`` bounds what is estimated."""
        survey = self.survey
        bounds = {"articles": survey.articles, "stories": survey.stories}
        return {
            "articles": survey.article_count,
            "matched": round(survey.articles.value),
            "stories": round(survey.stories.value),
            "is_exact": survey.is_exact,
            "between": {name: [round(one.low), round(one.high)] for name, one in bounds.items()},
            "texts": {"with_its_words": survey.text_count, "looked_at": survey.sample_count},
            "mails_a_week": round(self.mails_a_week, 1),
            "weeks": {day.isoformat(): count for day, count in self.weeks.items()},
            "sources": {
                name: {"articles": round(articles), "stories": round(stories)}
                for name, (articles, stories) in survey.sources.items()
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
    survey: "Survey",
    effects: tuple[ClauseEffect, ...],
    samples: tuple["PastMatch", ...],
    *,
    since: datetime,
    zone: ZoneInfo,
) -> Report:
    """Return the report on what a watch would have matched; weeks begin on Monday in this zone."""
    begins_at = max(since, survey.begins_at) if survey.begins_at else since
    return Report(
        survey=survey,
        # over at least a week: one match on the first day is not seven mails a week
        mails_a_week=survey.stories.value / max(1.0, (utc_now() - begins_at) / _WEEK),
        weeks={day: round(survey.weeks.get(day, 0)) for day in _list_weeks(begins_at, zone)},
        effects=effects,
        samples=samples,
    )


def monday_of(moment: datetime, zone: ZoneInfo) -> date:
    """Return the Monday of the week an instant lies in, in this zone."""
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _list_weeks(since: datetime, zone: ZoneInfo) -> list[date]:
    first, last = monday_of(since, zone), monday_of(utc_now(), zone)
    return [first + number * _WEEK for number in range((last - first).days // 7 + 1)]


def print_report(console: Console, report: Report, *, since: str, clause_note: str) -> None:
    """Print the report, except for the matches themselves."""
    survey = report.survey
    if report.samples:
        console.print()
    rate = f"about {_write_rate(report.mails_a_week)} mails a week ({_write_rate(report.mails_a_week / 7)} a day)"
    console.print(f"{sum_up(survey, since=since)}: {rate}.")
    if not survey.is_exact:
        console.print(_explain(survey))
    console.print()
    if survey.articles.value:
        _print_weeks(report)
        rows = [
            (name, write_number(round(articles)), write_number(round(stories)))
            for name, (articles, stories) in survey.sources.items()
        ]
        _print_table(("source", "articles", "stories"), rows[:_MOST_SOURCES])
        if len(rows) > _MOST_SOURCES:
            left = write_count(len(rows) - _MOST_SOURCES, "more source")
            console.print(f"... and {left}; --json has all.\n")
    if (report.effects and survey.articles.value) or any(one.is_offer for one in report.effects):
        effects = [(effect.clause, _describe_effect(effect)) for effect in report.effects]
        _print_table(("clause", f"what it does {clause_note}".strip()), effects)


def sum_up(survey: "Survey", *, since: str) -> str:
    """Return how much was found, and with which bounds if that is estimated."""
    articles = f"{_write_estimate(survey.articles)} of {write_count(survey.article_count, 'article')} {since}"
    noun = "story" if round(survey.stories.value) == 1 else "stories"
    return f"{articles}, in {_write_estimate(survey.stories)} {noun}"


def _write_estimate(found: "Estimate") -> str:
    """Return a number; one that is estimated with the bounds it lies between 19 times of 20, to three digits."""
    if found.low == found.high:
        return write_number(round(found.value))
    low, high = write_number(_round(found.low, floor)), write_number(_round(found.high, ceil))
    return f"about {write_number(_round(found.value))} (between {low} and {high})"


def _write_rate(value: float) -> str:
    """Return a rate: with a decimal while that matters."""
    return f"{value:.1f}" if value < _MANY else write_number(_round(value))


def _round(value: float, rounded: Callable[[float], int] = round) -> int:
    """Return a number to three digits: more would look exact. A bound is rounded away from what it bounds."""
    unit: int = 10 ** max(0, len(str(round(value))) - 3)
    return rounded(value / unit) * unit


def _explain(survey: "Survey") -> str:
    """Return in a sentence what was counted, and what was read."""
    exact = "have its words, and so match" if survey.is_proven else "have its words"
    return (
        f"Exact: {write_number(survey.text_count)} texts {exact}. Estimated from {write_number(survey.sample_count)} of them, "
        "spread evenly: all else, right within the bounds 19 times of 20. --exact looks at all."
    )


def _describe_effect(effect: ClauseEffect) -> str:
    if effect.count == 0:
        return "changes nothing"
    verb, count = ("adds", effect.count) if effect.count > 0 else ("removes", -effect.count)
    verb = "would add" if effect.is_offer else verb
    return f"{verb} {write_count(count, 'story', 'stories')}"


def _print_weeks(report: Report) -> None:
    most = max(report.weeks.values(), default=0) or 1
    rows = [
        (
            write_calendar_day(day),
            write_number(count),
            "#" * round(count / most * min(most, _WIDEST_BAR)),
        )
        for day, count in report.weeks.items()
    ]
    _print_table(("week of", "stories", ""), rows)


def _print_table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    columns = {
        heading: Column(
            heading=heading,
            is_number=heading in {"articles", "stories"},
            is_free=heading in {"clause", ""},
        )
        for heading in headings
    }
    listed = [dict(zip(headings, row, strict=True)) for row in rows]
    print_rows(listed, columns, as_json=None, empty="")
    click.echo()


def print_matches(console: Console, matches: Iterable["PastMatch"], zone: ZoneInfo) -> None:
    """Print matches, each with its snippet, the terms in it marked."""
    now = utc_now()
    for found in matches:
        when = format_time(to_text(found.seen_at), zone, now=now)
        head = (
            f"{when:<16}{plain(found.source)}: {plain(found.headline)} (article {found.article_id})"
        )
        print_line(console, Text(head), indent=16)
        print_line(console, mark_snippet(found.match.snippet), indent=16)


def mark_snippet(snippet: Snippet) -> Text:
    """Return a snippet for a terminal, its terms bold and between asterisks, as not every terminal shows bold text."""
    line = Text(" " * 16)
    for text, is_marked in snippet.cut_at_marks():
        line.append(f"*{plain(text)}*" if is_marked else plain(text), "bold" if is_marked else "")
    return line
