"""The coverage report of a watch for a period: a page to print, and the same as CSV or JSON."""

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound, Response

from crawler.alerting.links import write_name
from crawler.storage.watch.watches import find_watch
from crawler.storage.web_reading.cards import Card, list_cards
from crawler.storage.web_reading.coverage import list_covered_stories
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read
from watchword.web.shown.tables_out import send_rows

# without days of the form, the last seven, today included
_USUAL = timedelta(days=6)
_FIRST, _LAST = date(1900, 1, 1), date(9000, 1, 1)
# a page of 150 KB; the files hold more
_MOST_SHOWN, _MOST_ROWS = 120, 5_000


_COLUMNS = (
    "published",
    "certainty",
    "headline",
    "first",
    "outlets",
    "languages",
    "edits",
    "sentence",
    "url",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """The days of a report, both included."""

    first: date
    last: date
    frame: Frame

    @property
    def since(self) -> datetime:
        """When it begins, in the visitor's zone."""
        return datetime.combine(self.first, time_of_day(), tzinfo=self.frame.zone)

    @property
    def until(self) -> datetime:
        """When it ends."""
        return datetime.combine(
            self.last + timedelta(days=1), time_of_day(), tzinfo=self.frame.zone
        )

    @property
    def last_noon(self) -> datetime:
        """An instant of its last day, to name that day by."""
        return self.until - timedelta(hours=12)


async def report_page(datasette: Any, request: Any) -> Response:
    """Show what a watch covered; ``format`` csv or json as a file."""
    frame = await find_frame(datasette, request)
    name = tilde_decode(request.url_vars["watch"])
    period = _read_period(request, frame)
    kind = request.url_vars.get("format") or ""
    most = _MOST_ROWS if kind else _MOST_SHOWN
    cards: tuple[Card, ...] | None = await read(datasette, _read, name, period, most + 1)
    if cards is None:
        raise NotFound("no such watch")
    if kind:
        rows = [_make_row(card, frame) for card in cards[:most]]
        cut = f"-first-{most}" if len(cards) > most else ""
        return send_rows(
            rows, kind, name=f"coverage-{period.first}-{period.last}{cut}", columns=_COLUMNS
        )
    return await show(
        datasette,
        request,
        "coverage.html",
        page="watches",
        name=name,
        place=f"/watches/{write_name(name)}",
        cards=cards[:_MOST_SHOWN],
        has_more=len(cards) > _MOST_SHOWN,
        most_in_files=_MOST_ROWS,
        period=period,
        by_source=Counter(card.first_source for card in cards[:_MOST_SHOWN]).most_common(),
    )


def _read(
    db: sqlite3.Connection, name: str, period: _Period, limit: int
) -> tuple[Card, ...] | None:
    row = find_watch(db, name)
    if row is None:
        return None
    stories = list_covered_stories(
        db, row["id"], since=period.since, until=period.until, limit=limit
    )
    return list_cards(db, stories, reader="")


def _read_period(request: Any, frame: Frame) -> _Period:
    """Return the days of the form; those that are none, or are missing, are the usual ones."""
    today = frame.now.astimezone(frame.zone).date()
    last = _read_day(request.args.get("to"), today)
    first = _read_day(request.args.get("from"), last - _USUAL)
    return _Period(first=min(first, last), last=last, frame=frame)


def _read_day(stated: str | None, usual: date) -> date:
    try:
        day = date.fromisoformat(stated) if stated else usual
    except ValueError:
        return usual
    # so that a day before and after it can be named in any zone
    return day if _FIRST < day < _LAST else usual


def _make_row(card: Card, frame: Frame) -> dict[str, object]:
    when = frame.published(card.published)
    return {
        "published": when.iso if card.published.at else "",
        "certainty": when.certainty,
        "headline": card.headline,
        "first": card.first_source,
        "outlets": card.outlet_count,
        "languages": " ".join(card.languages),
        "edits": card.edit_count,
        "sentence": card.said.text if card.said else "",
        "url": card.url,
    }


ROUTES = [
    (r"^/watches/(?P<watch>[^/]{1,1000})/report(?:\.(?P<format>csv|json))?$", report_page),
]
