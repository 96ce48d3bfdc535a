"""Search: the watch language over everything that is stored, one card a story, and a watch in one click."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from datasette.utils.asgi import Response

from crawler.errors import QuerySyntaxError
from crawler.flows.watch.history import PastMatch
from crawler.matching.matcher import CompiledWatch
from crawler.storage.watch.keys import list_frequent_languages
from crawler.storage.watch.story_marks import list_starred_ids
from crawler.storage.web_reading.cards import Card, list_cards
from crawler.storage.web_reading.search import Wanted, list_earlier, list_source_names
from crawler.storage.web_reading.watches import list_watch_names
from watchword.web.frame import Frame, find_frame, show
from watchword.web.past import (
    FAR_BACK,
    MOST_COUNTED,
    Found,
    compile_query,
    find_end,
    search_stories,
)
from watchword.web.reading import read_long
from watchword.web.shown.query_words import describe_query
from watchword.web.shown.tables_out import send_rows

_MOST_CARDS = 20
# of which the best are shown first, and what a file holds at most
_MOST_RANKED, _MOST_ROWS = 100, 500
_COLUMNS = ("seen", "headline", "source", "sentence", "url")
_MOST_OFFERED = 300
_LANGUAGES = 30
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is searched for; empty strings for no limit.

    first_day, last_day   days as in the form, 2026-11-23
    before                where a later page begins
    """

    query: str
    source: str
    language: str
    first_day: str
    last_day: str
    watch: str
    is_starred: bool
    is_best_first: bool
    before: int

    @property
    def terms(self) -> dict[str, str]:
        """The query string's terms, without the place of the page."""
        stated = {
            "q": self.query,
            "source": self.source,
            "lang": self.language,
            "from": self.first_day,
            "to": self.last_day,
            "watch": self.watch,
            "starred": "1" if self.is_starred else "",
            "order": "best" if self.is_best_first else "",
        }
        return {key: value for key, value in stated.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """What was read for the page; ``earlier``: stories found by a text that its outlet has changed since."""

    found: Found | None
    cards: tuple[Card, ...]
    earlier: frozenset[int]
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    watches: tuple[str, ...]


def _read_asked(request: Any, frame: Frame) -> Asked:
    stated = {key: request.args.get(key) or "" for key in ("q", "source", "lang", "from", "to", "watch", "starred", "order", "before")}  # fmt: skip
    before = stated["before"]
    sees_alerts = frame.visitor.sees_alerts
    return Asked(
        query=stated["q"].strip(),
        source=stated["source"],
        language=stated["lang"],
        first_day=stated["from"],
        last_day=stated["to"],
        watch=stated["watch"] if sees_alerts else "",
        is_starred=bool(stated["starred"]) and bool(frame.visitor.name),
        is_best_first=stated["order"] == "best",
        before=int(before) if before.isdecimal() and len(before) < 19 else 0,
    )


def _compile(asked: Asked, frame: Frame) -> CompiledWatch | QuerySyntaxError:
    facts: dict[str, object] = {}
    if asked.source:
        facts["sources"] = (asked.source,)
    if asked.language:
        facts["languages"] = (asked.language,)
    return compile_query(asked.query, frame.config, **facts)


async def search_page(datasette: Any, request: Any) -> Response:
    """Show what a query finds, newest first."""
    frame = await find_frame(datasette, request)
    asked = _read_asked(request, frame)
    compiled = _compile(asked, frame) if asked.query else None
    fault = None
    if isinstance(compiled, QuerySyntaxError):
        fault, compiled = compiled, None
    results: _Results = await read_long(datasette, request, _read, asked, compiled, frame)
    terms = asked.terms
    path = datasette.urls.path("/search")
    return await show(
        datasette,
        request,
        "search.html",
        page="search",
        asked=asked,
        fault=fault,
        results=results,
        most_counted=MOST_COUNTED,
        most_rows=_MOST_ROWS,
        words=describe_query(compiled.query) if compiled else "",
        link=lambda **more: (
            f"{path}?{urlencode({k: v for k, v in {**terms, **more}.items() if v})}"
        ),
        file=lambda kind: f"{path}.{kind}?{urlencode(terms)}",
    )


def _read(
    db: sqlite3.Connection, asked: Asked, compiled: CompiledWatch | None, frame: Frame
) -> _Results:
    limit = _MOST_RANKED if asked.is_best_first else _MOST_CARDS
    found = search(db, asked, compiled, frame, limit=limit) if compiled else None
    shown = found.matches if found else ()
    if asked.is_best_first:  # what was found stays as it is, or the count would be of what is shown
        shown = tuple(sorted(shown, key=lambda one: -one.match.score)[:_MOST_CARDS])
    old = list_earlier(db, [one.revision_id for one in shown])
    sees_alerts = frame.visitor.sees_alerts
    return _Results(
        found=found,
        cards=_make_cards(db, shown, frame),
        earlier=frozenset(one.story_id for one in shown if one.revision_id in old),
        sources=list_source_names(db, limit=_MOST_OFFERED),
        languages=list_frequent_languages(db, limit=_LANGUAGES),
        watches=list_watch_names(db, limit=_MOST_OFFERED) if sees_alerts else (),
    )


def search(
    db: sqlite3.Connection, asked: Asked, compiled: CompiledWatch, frame: Frame, *, limit: int
) -> Found:
    """Return what a query finds within its filters."""
    since, end = frame.now - FAR_BACK, asked.before
    if first := _read_day(asked.first_day, frame):
        since = max(since, first)
    if last := _read_day(asked.last_day, frame):
        until = find_end(db, last + timedelta(days=1))
        end = min(end, until) if end else until
    wanted = None
    if asked.watch or asked.is_starred:
        stories = list_starred_ids(db, frame.visitor.name) if asked.is_starred else None
        wanted = Wanted(watch=asked.watch, stories=stories)
    return search_stories(
        db, compiled, frame.config, since=since, before=end, limit=limit, wanted=wanted
    )


def _read_day(stated: str, frame: Frame) -> datetime | None:
    """Return the beginning of a day of the form, in the visitor's zone; None if there is none, or it is no day."""
    try:
        day = datetime.strptime(stated, "%Y-%m-%d").replace(tzinfo=frame.zone) if stated else None
    except ValueError:
        return None
    # so that it, and the day after it, can be named in any zone
    return day if day and _FIRST_YEAR < day.year < _LAST_YEAR else None


def _make_cards(
    db: sqlite3.Connection, matches: Sequence[PastMatch], frame: Frame
) -> tuple[Card, ...]:
    """Return the cards of found stories, each with the sentence that has the words asked for."""
    snippets = {one.story_id: one.match.snippet for one in matches}
    cards = list_cards(db, [one.story_id for one in matches], reader=frame.visitor.name)
    return tuple(replace(card, said=snippets[card.story_id]) for card in cards)


async def search_file(datasette: Any, request: Any) -> Response:
    """Return what a query finds as CSV or JSON."""
    frame = await find_frame(datasette, request)
    asked = _read_asked(request, frame)
    compiled = _compile(asked, frame)
    if isinstance(compiled, QuerySyntaxError):
        return Response.text(compiled.pointed(), status=400)
    found: Found = await read_long(
        datasette, request, search, asked, compiled, frame, limit=_MOST_ROWS
    )
    rows = [
        {
            "seen": frame.iso(one.seen_at),
            "headline": one.headline,
            "source": one.source,
            "sentence": one.match.snippet.text,
            "url": one.url,
        }
        for one in found.matches
    ]
    # who opens the file later can see that older ones were left out
    is_whole = not found.next and not found.is_cut_off
    name = "search" if is_whole else f"search-newest-{len(rows)}"
    return send_rows(rows, request.url_vars["format"], name=name, columns=_COLUMNS)


ROUTES = [
    (r"^/search$", search_page),
    (r"^/search\.(?P<format>csv|json)$", search_file),
]
