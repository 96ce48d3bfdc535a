"""Articles and matched stories a day: two plots and a table of the same numbers."""

import sqlite3
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from datasette.utils.asgi import Response
from markupsafe import Markup

from crawler.storage.web_reading.today import count_articles, count_matched_stories
from crawler.text.counts import write_count, write_number
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read
from watchword.web.shown.plots import draw_bars

_DAYS = 18
# what was counted of days that are over stays true but for withdrawals; at a million articles counting them takes half a second
_KEEP_SECONDS = 600.0
_COUNTED: dict[tuple[str, date], tuple[float, tuple[int, int]]] = {}
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days that are shown, the last one today, each with how many articles were read and how many stories matched."""

    days: tuple[date, ...]
    articles: tuple[int, ...]
    stories: tuple[int, ...]


def count_days(db: sqlite3.Connection, frame: Frame) -> Days:
    """Return what was read and matched on each of the last days, in the visitor's zone."""
    today = frame.now.astimezone(frame.zone).date()
    days = tuple(today - timedelta(days=back) for back in range(_DAYS - 1, -1, -1))
    counts = [_count(db, frame, day, is_over=day < today) for day in days]
    return Days(
        days=days,
        articles=tuple(articles for articles, _ in counts),
        stories=tuple(stories for _, stories in counts),
    )


def _count(db: sqlite3.Connection, frame: Frame, day: date, *, is_over: bool) -> tuple[int, int]:
    # a process of web pages has one database
    key = str(frame.zone), day
    known = _COUNTED.get(key)
    if is_over and known and time.monotonic() - known[0] < _KEEP_SECONDS:
        return known[1]
    since, until = _start(day, frame), _start(day + timedelta(days=1), frame)
    counts = (
        count_articles(db, since=since, until=until),
        count_matched_stories(db, since=since, until=until),
    )
    if is_over:
        if len(_COUNTED) > _MOST_KEPT:
            _COUNTED.clear()
        _COUNTED[key] = time.monotonic(), counts
    return counts


def _start(day: date, frame: Frame) -> datetime:
    return datetime.combine(day, time_of_day(), tzinfo=frame.zone)


def draw_days(days: Days, frame: Frame) -> Markup:
    """Return two plots, one above the other: articles read, and stories matched."""
    first = frame.short_day(_start(days.days[0], frame))
    articles = _describe("Articles read", days.articles, first)
    stories = _describe("Matched stories", days.stories, first)
    middle = len(days.days) // 2
    marks = {0: first, middle: str(days.days[middle].day), len(days.days) - 1: "today"}
    return draw_bars(days.articles, title=articles, kind="e") + draw_bars(
        days.stories, title=stories, marks=marks
    )


def _describe(what: str, counts: tuple[int, ...], first: str) -> str:
    low, high = write_number(min(counts)), write_number(max(counts))
    return f"{what} a day since {first}: between {low} and {high}, {write_number(counts[-1])} so far today"


async def days_page(datasette: Any, request: Any) -> Response:
    """Show the numbers of the plots as a table."""
    frame = await find_frame(datasette, request)
    days: Days = await read(datasette, count_days, frame)
    rows = [
        (
            frame.day(_start(day, frame)),
            write_count(articles, "article"),
            write_count(stories, "story", "stories"),
        )
        for day, articles, stories in zip(days.days, days.articles, days.stories, strict=True)
    ]
    return await show(datasette, request, "days.html", page="today", rows=rows[::-1])


ROUTES = [(r"^/days$", days_page)]
