"""A story: who told it when, what each adds or drops against the first, what was changed since, who was alerted."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from datasette.utils.asgi import NotFound, Response
from markupsafe import Markup

from crawler.storage.news.story_reading import find_story, list_related
from crawler.storage.web_reading.cards import Card, list_cards
from crawler.storage.web_reading.stories import (
    StoryAlert,
    StoryEdit,
    Telling,
    list_story_alerts,
    list_story_edits,
    list_tellings,
    map_bodies,
)
from crawler.text.counts import write_count
from crawler.text.instants import write_span
from crawler.text.word_diff import diff_words
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read
from watchword.web.shown.citations import Cited, cite_in_bibtex, cite_in_markdown, cite_plainly
from watchword.web.shown.plots import draw_lanes

# a story of a hundred outlets is a page of 150 KB with these; further comparisons are made one at a time
_MOST_TELLINGS, _MOST_DIFFS, _MOST_LANES = 40, 8, 12
_MOST_EDITS, _MOST_ALERTS, _MOST_RELATED = 20, 20, 8
# of texts that are compared unasked, and of a comparison that was asked for
_MOST_SIGNS, _MOST_SHOWN = 20_000, 60_000
_LEAST_SPAN = timedelta(hours=1)
_MOST_TICKS = 6
_STEPS = tuple(
    timedelta(hours=hours) for hours in (1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What was read for the page; ``diffs`` are against the first telling, by article."""

    card: Card | None
    tellings: tuple[Telling, ...]
    diffs: dict[int, str]
    edits: tuple[StoryEdit, ...]
    alerts: tuple[StoryAlert, ...]
    related: tuple[sqlite3.Row, ...]
    edit_times: dict[int, list[datetime]]


async def story_page(datasette: Any, request: Any) -> Response:
    """Show a story; the number of one that was joined with another leads there."""
    frame = await find_frame(datasette, request)
    asked = int(request.url_vars["story"])
    row = await read(datasette, find_story, asked)
    if row is None:
        raise NotFound("no such story")
    if row["id"] != asked:
        return Response.redirect(datasette.urls.path(f"/stories/{row['id']}"), 301)
    stated = request.args.get("compare") or ""
    compared = int(stated) if stated.isdecimal() and len(stated) < 19 else 0
    found: _Story = await read(datasette, _read, asked, frame, compared)
    if found.card is None:
        return await show(
            datasette,
            request,
            "oops.html",
            status=404,
            code=404,
            title="This story was withdrawn",
            sentence="Its pages turned out to be a login or a notice, and no article.",
        )
    return await show(
        datasette,
        request,
        "story.html",
        page="today" if frame.visitor.sees_alerts else "search",
        story=found.card,
        found=found,
        story_size=row["article_count"],
        compared=compared,
        most_shown=_MOST_SHOWN,
        lede=_write_lede(found.tellings, found.card, frame),
        lanes=_draw_lanes(found, frame) if len(found.tellings) > 1 else "",
        later=_write_later(found.tellings),
        citations=cite(found.tellings[0], frame),
        rejectable=_group_alerts(found.alerts),
    )


def _read(db: sqlite3.Connection, story_id: int, frame: Frame, compared: int) -> _Story:
    cards = list_cards(db, [story_id], reader=frame.visitor.name)
    tellings = list_tellings(db, story_id, limit=_MOST_TELLINGS)
    edits = list_story_edits(db, story_id, limit=_MOST_EDITS)
    times: dict[int, list[datetime]] = {}
    for edit in edits:
        times.setdefault(edit.article_id, []).append(edit.seen_at)
    seen: set[int] = set()
    related = [
        row
        for row in list_related(db, story_id)
        if row["story_id"] not in seen and not seen.add(row["story_id"])  # type: ignore[func-returns-value]
    ]
    sees_alerts = frame.visitor.sees_alerts
    return _Story(
        card=cards[0] if cards else None,
        tellings=tellings,
        diffs=_compare(db, tellings, compared),
        edits=edits,
        alerts=list_story_alerts(db, story_id, limit=_MOST_ALERTS) if sees_alerts else (),
        related=tuple(related[:_MOST_RELATED]),
        edit_times=times,
    )


def _compare(db: sqlite3.Connection, tellings: Sequence[Telling], asked: int) -> dict[int, str]:
    """Return what later tellings in the same language add and drop against the first: of the first few that are short enough,
    and of the one that was asked for."""
    if not tellings:
        return {}
    first = tellings[0]
    others = [one for one in tellings[1:] if one.language == first.language]
    wanted = {one.article_id for one in others[:_MOST_DIFFS]}
    wanted |= {one.article_id for one in others if one.article_id == asked}
    bodies = map_bodies(db, [first.article_id, *wanted])
    own = bodies[first.article_id]
    return {
        one: diff_words(own, bodies[one])
        for one in wanted
        if one == asked or max(len(own), len(bodies[one])) <= _MOST_SIGNS
    }


def _write_lede(tellings: Sequence[Telling], card: Card, frame: Frame) -> str:
    first = tellings[0]
    when = frame.published(first.published)
    begin = (
        f"was first, {when.text}" if card.outlet_count > 1 else f"has it alone so far, {when.text}"
    )
    parts = [f"{begin}."]
    if card.outlet_count > 1:
        next_one = next((one for one in tellings if one.source != first.source), None)
        if next_one is not None and next_one.told_at > first.told_at:
            parts = [f"{begin}, {write_span(next_one.told_at - first.told_at)} before the next."]
        several = (
            f" in {write_count(len(card.languages), 'language')}" if len(card.languages) > 1 else ""
        )
        parts.append(
            f"{write_count(card.outlet_count, 'outlet tells', 'outlets tell')} it{several}."
        )
    changed = sum(1 for one in tellings if one.edit_count)
    if changed:
        parts.append(f"{write_count(changed, 'article was', 'articles were')} changed since.")
    return " ".join(parts)


def _write_later(tellings: Sequence[Telling]) -> dict[int, str]:
    """Return for each telling how much later than the first it came."""
    first = tellings[0].told_at
    return {
        one.article_id: "first" if place == 0 else f"{write_span(one.told_at - first)} later"
        for place, one in enumerate(tellings)
    }


def _draw_lanes(found: _Story, frame: Frame) -> Markup:
    shown = found.tellings[:_MOST_LANES]
    moments = [one.told_at for one in shown]
    moments += [at for one in shown for at in found.edit_times.get(one.article_id, ())]
    begin, end = min(moments), max(moments)
    end = max(end, begin + _LEAST_SPAN)

    def place(at: datetime) -> float:
        return (at - begin) / (end - begin)

    lanes = [
        (
            one.source,
            place(one.told_at),
            [place(at) for at in found.edit_times.get(one.article_id, ())],
        )
        for one in shown
    ]
    step = next((one for one in _STEPS if (end - begin) / one <= _MOST_TICKS), _STEPS[-1])
    ticks = []
    at = begin.astimezone(frame.zone).replace(minute=0, second=0, microsecond=0)
    if step >= timedelta(days=1):
        at = at.replace(hour=0)
    while at <= end:
        if at >= begin:
            label = frame.time(at) if step < timedelta(days=1) else frame.short_day(at)
            ticks.append((place(at), label))
        at += step
    told = ", ".join(f"{one.source} {frame.recent(one.told_at)}" for one in shown)
    return draw_lanes(lanes, ticks=ticks, title=f"Who told it when: {told}")


def cite(one: Telling, frame: Frame) -> list[tuple[str, str]]:
    """Return the citations of an article, each with its name."""
    published = one.published
    is_exact = published.at is not None and published.precision == "minute"
    cited = Cited(
        headline=one.headline,
        source=one.source,
        byline=one.byline,
        url=one.url,
        day=frame.stated_day(published),
        time=f"{frame.time(published.at)} {frame.zone_name}" if is_exact and published.at else "",
        iso_day=frame.published(published).iso[:10] if published.at else "",
        read_day=frame.day(published.seen_at),
    )
    return [
        ("Plain", cite_plainly(cited)),
        ("Markdown", cite_in_markdown(cited)),
        ("BibTeX", cite_in_bibtex(cited)),
    ]


def _group_alerts(alerts: Sequence[StoryAlert]) -> dict[str, str]:
    """Return the numbers of each watch's alerts, as the form that rejects them sends them."""
    grouped: dict[str, list[str]] = {}
    for alert in alerts:
        grouped.setdefault(alert.watch, []).append(str(alert.alert_id))
    return {watch: ",".join(ids) for watch, ids in grouped.items()}


ROUTES = [(r"^/stories/(?P<story>[0-9]{1,18})$", story_page)]
