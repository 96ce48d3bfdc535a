"""Watches: what each finds, by day and by source, its settings and mutes, and a box that tries another query."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound, Response
from markupsafe import Markup

from crawler.alerting.links import feed_path, write_name
from crawler.config.sections.watches import WatchSettings
from crawler.errors import QuerySyntaxError
from crawler.flows.watch.rejection import Proposals, propose_for_reader
from crawler.storage.mail.mutes import list_mutes
from crawler.storage.watch.watches import find_watch
from crawler.storage.web_reading.cards import Card, list_cards
from crawler.storage.web_reading.today import list_matched_stories
from crawler.storage.web_reading.watches import (
    WatchRow,
    count_by_day,
    count_by_source,
    count_rejected,
    count_watches,
    list_first_matches,
    list_watch_rows,
)
from crawler.text.counts import write_count, write_number
from watchword.web.access.feed_keys import make_feed_key
from watchword.web.database_path import find_database
from watchword.web.frame import Frame, find_frame, show
from watchword.web.last_look import find_since
from watchword.web.past import compile_query
from watchword.web.reading import read
from watchword.web.shown.plots import draw_bars, draw_rows, draw_spark
from watchword.web.shown.query_words import describe_query

_DAYS = 30
_MOST_CARDS = 10
# a page of 150 KB, whatever the queries
_MOST_WATCHES = 100
_MOST_SOURCES = 6
_ALERTS = {"now": "at once", "digest": "in a digest", "none": "never, matches are only kept"}
_REVISIONS = {
    "never": "never",
    "new-match": "when a later text has your words in a new place",
    "any": "at every change",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What was read for the page of a watch."""

    row: sqlite3.Row
    days: tuple[int, ...]
    sources: tuple[tuple[str, int], ...]
    cards: tuple[Card, ...]
    mutes: tuple[sqlite3.Row, ...]
    rejected_count: int
    proposals: Proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A watch of the list, as it is shown.

    state  when it alerts, or that it is muted
    last   when it last matched something
    """

    row: WatchRow
    state: str
    last: str
    plot: Markup


async def watches_page(datasette: Any, request: Any) -> Response:
    """Show all active watches; with ``new`` also the form that adds one."""
    frame = await find_frame(datasette, request)
    page = frame.read_page(request)
    since = find_since(request, now=frame.now)
    rows: list[_Listed] = await read(datasette, _list, page, since, frame)
    total = await read(datasette, count_watches)
    draft = request.args.get("query") or ""
    return await show(
        datasette,
        request,
        "watches.html",
        page="watches",
        rows=rows,
        total=total,
        next_page=page + 1 if page * _MOST_WATCHES < total else 0,
        is_new=bool(request.args.get("new")) and frame.visitor.may_write,
        draft=draft,
        name=request.args.get("name") or "",
        days=_DAYS,
    )


def _list(db: sqlite3.Connection, page: int, since: datetime, frame: Frame) -> list[_Listed]:
    rows = list_watch_rows(
        db,
        since=since,
        recent=frame.now - timedelta(days=_DAYS),
        now=frame.now,
        skip=(page - 1) * _MOST_WATCHES,
        limit=_MOST_WATCHES,
    )
    midnight = datetime.combine(
        frame.now.astimezone(frame.zone).date() + timedelta(days=1), time(), tzinfo=frame.zone
    )
    days = count_by_day(db, [row.id for row in rows], end=midnight, days=_DAYS)
    return [
        _Listed(
            row=row,
            state=_describe_state(row, frame),
            last=frame.recent(row.last_matched_at) if row.last_matched_at else "never",
            plot=draw_spark(days[row.id], title=_describe_days(days[row.id])),
        )
        for row in rows
    ]


def _describe_state(row: WatchRow, frame: Frame) -> str:
    if row.is_muted:
        until = row.muted_until
        return f"muted until {frame.day(until)}" if until else "muted"
    if until_day := _find_configured_mute(row.name, frame):
        return f"muted until {frame.day(until_day)}"
    return _ALERTS.get(row.alert, row.alert)


def _find_configured_mute(name: str, frame: Frame) -> datetime | None:
    """Return the midnight until which the configuration mutes a watch; None if it does not, or that is over."""
    settings = frame.config.watch_named(name) if frame.config else None
    if settings is None or settings.mute_until is None:
        return None
    until = datetime.combine(settings.mute_until, time(), tzinfo=frame.zone)
    return until if until > frame.now else None


def _describe_days(days: Sequence[int]) -> str:
    most = max(days)
    return f"at most {write_count(most, 'story', 'stories')} a day" if most else "no story"


async def watch_page(datasette: Any, request: Any) -> Response:
    """Show a watch."""
    frame = await find_frame(datasette, request)
    name = tilde_decode(request.url_vars["watch"])
    found: _Watch | None = await read(datasette, _read, name, frame)
    if found is None:
        raise NotFound("no such watch")
    settings = frame.config.watch_named(name) if frame.config else None
    compiled = compile_query(found.row["query"], frame.config)
    key = make_feed_key(find_database(datasette), name)
    return await show(
        datasette,
        request,
        "watch.html",
        page="watches",
        watch=found.row,
        found=found,
        words="" if isinstance(compiled, QuerySyntaxError) else describe_query(compiled.query),
        plot=_draw_days(found.days, frame),
        by_source=_draw_sources(found.sources),
        configured_mute=_find_configured_mute(name, frame),
        settings=_describe_settings(settings, frame) if settings else [],
        draft=request.args.get("query") or found.row["query"],
        feed=f"{datasette.urls.path(feed_path(name))}?key={key}",
        place=f"/watches/{write_name(name)}",
        days=_DAYS,
    )


def _read(db: sqlite3.Connection, name: str, frame: Frame) -> _Watch | None:
    row = find_watch(db, name)
    if row is None:
        return None
    since = frame.now - timedelta(days=_DAYS)
    stories = list_matched_stories(db, limit=_MOST_CARDS, watch_id=row["id"])
    rejected_count = count_rejected(db, row["id"])
    proposals = Proposals()
    if rejected_count and frame.config is not None:
        proposals = propose_for_reader(db, name, frame.config, now=frame.now)
    return _Watch(
        row=row,
        days=_count_days(list_first_matches(db, row["id"], since=since), frame),
        sources=count_by_source(db, row["id"], since=since),
        cards=list_cards(db, [story for story, _ in stories], reader=frame.visitor.name),
        mutes=list_mutes(db, now=frame.now, watch=name),
        rejected_count=rejected_count,
        proposals=proposals,
    )


def _count_days(moments: Any, frame: Frame) -> tuple[int, ...]:
    today = frame.now.astimezone(frame.zone).date()
    counts = Counter((today - at.astimezone(frame.zone).date()).days for at in moments)
    return tuple(counts[back] for back in range(_DAYS - 1, -1, -1))


def _draw_days(days: tuple[int, ...], frame: Frame) -> Markup:
    first = frame.short_day(frame.now - timedelta(days=_DAYS - 1))
    most = max(days, default=0)
    title = f"Matched stories a day since {first}: at most {write_number(most)}, {write_number(days[-1])} so far today"
    middle = len(days) // 2
    halfway = frame.short_day(frame.now - timedelta(days=_DAYS - 1 - middle))
    return draw_bars(days, title=title, height=92, marks={0: first, middle: halfway, len(days) - 1: "today"})  # fmt: skip


def _draw_sources(sources: tuple[tuple[str, int], ...]) -> Markup:
    if not sources:
        return Markup("")
    rows = [(name, count, False) for name, count in sources[:_MOST_SOURCES]]
    rest = sources[_MOST_SOURCES:]
    if rest:
        rows.append((f"{len(rest)} others", sum(count for _, count in rest), True))
    told = ", ".join(f"{name} {count}" for name, count, _ in rows)
    return draw_rows(rows, title=f"Stories by source: {told}")


def _describe_settings(settings: WatchSettings, frame: Frame) -> list[tuple[str, str]]:
    """Return the settings of a watch in words; recipients only for the owner."""
    alert = _ALERTS[settings.alert.value]
    if settings.alert.value == "digest":
        alert += f", {settings.digest}"
    facts = [("Alert", alert)]
    if frame.visitor.is_owner and frame.config is not None:
        names = frame.config.recipients_of(settings)
        facts.append(("To", ", ".join(names) or "nobody"))
    facts.append(("Again about a story", _REVISIONS[settings.on_revision.value]))
    facts.append(("Sources", ", ".join(settings.sources) or "all"))
    facts.append(("Languages", ", ".join(settings.languages) or "all"))
    if settings.title_only:
        facts.append(("Where", "headlines only"))
    if settings.min_mentions > 1:
        facts.append(("Mentions", f"at least {settings.min_mentions}"))
    if settings.synonyms:
        facts.append(("Synonyms", ", ".join(settings.synonyms)))
    return facts


ROUTES = [
    (r"^/watches$", watches_page),
    (r"^/watches/(?P<watch>[^/]{1,1000})$", watch_page),
]
