"""Today: new stories of my watches since I last looked, one card each, and whether the silence can be believed."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from datasette.utils.asgi import Response
from markupsafe import Markup

from crawler.alerting.links import feed_path
from crawler.storage.mail.deliveries import count_deliveries
from crawler.storage.watch.story_marks import count_starred, list_starred
from crawler.storage.watch.watches import find_watch
from crawler.storage.web_reading.articles import list_edit_notes
from crawler.storage.web_reading.cards import Card, list_cards
from crawler.storage.web_reading.health import Health, find_health
from crawler.storage.web_reading.today import (
    Ahead,
    Edit,
    count_articles,
    count_new_stories,
    find_ahead,
    list_edits,
    list_matched_stories,
)
from watchword.web.access.feed_keys import make_feed_key
from watchword.web.database_path import find_database
from watchword.web.frame import Frame, find_frame, show
from watchword.web.last_look import find_since, keep_look
from watchword.web.pages.days import Days, count_days, draw_days
from watchword.web.reading import read

# the page is to weigh less than 60 KB, style sheet and script (20 KB) included; a card has 1.2 KB
_MOST_CARDS = 20
_MOST_EDITS = 4
# the feeds of other watches are on their own pages
_MOST_WATCHES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Today:
    """What was read for the page.

    chips     names of watches with how many new stories each has
    next      where the older stories begin; empty if there are none
    messages   messages by state, for the owner
    """

    cards: tuple[Card, ...]
    next: str
    new_count: int
    article_count: int
    chips: tuple[tuple[str, int], ...]
    starred_count: int
    health: Health
    edits: tuple[Edit, ...]
    ahead: Ahead
    days: Days
    notes: tuple[str, ...]
    messages: dict[str, int]


async def today_page(datasette: Any, request: Any) -> Response:
    """Show the newest matched stories. Visitors who may not see watches are led to the search."""
    frame = await find_frame(datasette, request)
    if not frame.visitor.sees_alerts:
        return Response.redirect(datasette.urls.path("/search"))
    since = find_since(request, now=frame.now)
    watch, is_starred = request.args.get("watch") or "", bool(request.args.get("starred"))
    before = request.args.get("before") or ""
    found: _Today = await read(
        datasette, _read, frame, since=since, watch=watch, is_starred=is_starred, before=before
    )
    page = await show(
        datasette,
        request,
        "today.html",
        page="today",
        found=found,
        days=_group(found.cards, frame),
        plot=draw_days(found.days, frame),
        feeds=_list_feeds(datasette, found.chips),
        since=since,
        watch=watch,
        is_starred=is_starred,
        is_first=not before,
        health=_describe_health(found.health, frame, datasette),
    )
    keep_look(page, request, now=frame.now)
    return page


def _read(
    db: sqlite3.Connection,
    frame: Frame,
    *,
    since: datetime,
    watch: str,
    is_starred: bool,
    before: str,
) -> _Today:
    reader = frame.visitor.name
    listed = _list_stories(db, reader, watch=watch, is_starred=is_starred, before=before)
    new_count, chips = count_new_stories(db, since=since)
    return _Today(
        cards=list_cards(db, [story for story, _ in listed[:_MOST_CARDS]], reader=reader),
        next=str(listed[_MOST_CARDS - 1][1]) if len(listed) > _MOST_CARDS else "",
        new_count=new_count,
        article_count=count_articles(db, since=since, until=frame.now),
        chips=chips,
        starred_count=count_starred(db, reader) if reader else 0,
        health=find_health(db, now=frame.now),
        edits=list_edits(db, limit=_MOST_EDITS),
        ahead=find_ahead(db),
        days=count_days(db, frame),
        notes=list_edit_notes(db),
        messages=count_deliveries(db) if frame.visitor.is_owner else {},
    )


def _list_stories(
    db: sqlite3.Connection, reader: str, *, watch: str, is_starred: bool, before: str
) -> Sequence[tuple[int, object]]:
    """Return stories, each with what a later page begins after; one more than a page shows."""
    if is_starred:
        return list_starred(db, reader, limit=_MOST_CARDS + 1, before=before)
    row = find_watch(db, watch) if watch else None
    if watch and row is None:
        return ()
    return list_matched_stories(
        db,
        limit=_MOST_CARDS + 1,
        before=int(before) if before.isdecimal() and len(before) < 19 else 0,
        watch_id=row["id"] if row else 0,
    )


def _group(cards: Sequence[Card], frame: Frame) -> list[tuple[str, list[Card]]]:
    """Return the cards by the day on which they were found, in the visitor's zone."""

    def day_of(card: Card) -> str:
        return frame.name_day(card.matched_at or card.published.seen_at)

    return [(day, [*some]) for day, some in groupby(cards, key=day_of)]


def _list_feeds(datasette: Any, chips: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Return the names of feeds with their addresses, keys included."""
    database = find_database(datasette)
    names = ["", *sorted(name for name, _ in chips)][: _MOST_WATCHES + 1]
    return [
        (
            name,
            f"{datasette.urls.path(feed_path(name))}?key={make_feed_key(database, name)}",
        )
        for name in names
    ]


def _describe_health(health: Health, frame: Frame, datasette: Any) -> tuple[str, Markup]:
    """Return the kind of the line of health (ok, a warning, down), and its sentence with links."""
    urls, sentences = datasette.urls, []
    if health.stopped_at is not None:
        if health.has_run:
            stopped = frame.recent(health.stopped_at)
            first = Markup("<b>Nothing is being read.</b> The daemon was last seen at {}; what was published since is not here.").format(stopped)  # fmt: skip
        elif health.last_read_at:
            first = Markup("<b>No daemon runs.</b> Sources were last read at {}; <code>watchword run</code> goes on by itself.").format(frame.recent(health.last_read_at))  # fmt: skip
        else:
            first = Markup("<b>Nothing has been read yet.</b> <code>watchword run</code> begins.")
        sentences.append(first)
    if not health.source_count:
        sentences.append(Markup("There is no source yet: <code>watchword source add</code> adds one."))  # fmt: skip
    else:
        sentences.append(_count_on_time(health, urls.path("/sources")))
    for trouble in health.failing:
        since = f" since {frame.recent(trouble.since)}" if trouble.since else ""
        sentences.append(Markup("{} fails{}.").format(frame.link_source(trouble.name, urls), since))
    sentences += [Markup("{} was never read.").format(frame.link_source(one.name, urls)) for one in health.never_read]  # fmt: skip
    left = health.failing_count + health.never_count - len(health.failing) - len(health.never_read)
    if left > 0:
        sentences.append(Markup('<a href="{}?state=failing">{} more</a>.').format(urls.path("/sources"), left))  # fmt: skip
    is_well = health.on_time_count == health.source_count and health.stopped_at is None
    kind = "down" if health.stopped_at else "ok" if is_well and health.source_count else ""
    return kind, Markup(" ").join(sentences)


def _count_on_time(health: Health, place: str) -> Markup:
    """Return how many sources were read on time; never that all is well while one was not."""
    total = health.source_count
    if health.on_time_count == total:
        every = "The only source was" if total == 1 else f"All {total} sources were"
        return Markup('<a href="{}">{} read on time.</a>').format(place, every)
    more = [f"{health.late_count} late"] if health.late_count else []
    more += [f"{health.new_count} about to be read for the first time"] if health.new_count else []
    tail = f", {' and '.join(more)}" if more else ""
    return Markup('<a href="{}">{} of {} sources</a> were read on time{}.').format(
        place, health.on_time_count, total, tail
    )


ROUTES = [(r"^/$", today_page)]
