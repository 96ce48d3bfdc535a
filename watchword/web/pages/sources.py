"""Sources: whether each is read, when it publishes, and how good what it brings is."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound, Response
from markupsafe import Markup

from crawler.storage.crawl.source_health import list_source_events
from crawler.storage.file.database import to_instant
from crawler.storage.news.boilerplate import FEWEST_URLS
from crawler.storage.web_reading.sources import (
    Quality,
    find_source_page,
    list_endpoints_of,
    list_last_articles,
    list_last_visits,
    list_lines_of,
    list_source_rows,
    measure_quality,
)
from crawler.text.counts import write_count
from crawler.text.instants import write_span
from scheduler.due.publishing_profile import read_profile
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read
from watchword.web.shown.plots import draw_share, draw_week

_MOST_ROWS = 200
_MOST_VISITS, _MOST_EVENTS, _MOST_ARTICLES = 12, 12, 8
_STATES = {
    "failing": ("bad", "fails"),
    "never": ("bad", "never read"),
    "late": ("warn", "late"),
    "quiet": ("warn", "quiet or thin"),
    "new": ("", "about to be read"),
    "ok": ("good", "on time"),
    "paused": ("", "paused"),
}
# words of ``source_events`` and ``sources.health``
_HEALTH = {
    "new": "new",
    "ok": "on time",
    "failing": "failing",
    "quiet": "unusually quiet",
    "degraded": "answers without articles",
}
_KINDS = {"feed": "feed", "sitemap": "sitemap", "section": "section page", "page": "watched page"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What was read for the page of a source."""

    row: sqlite3.Row
    visits: tuple[sqlite3.Row, ...]
    endpoints: tuple[sqlite3.Row, ...]
    events: Sequence[sqlite3.Row]
    quality: Quality
    lines: tuple[sqlite3.Row, ...]
    articles: tuple[sqlite3.Row, ...]


async def sources_page(datasette: Any, request: Any) -> Response:
    """Show all sources, those that need a look first."""
    frame = await find_frame(datasette, request)
    state, tag = request.args.get("state") or "", request.args.get("tag") or ""
    asked = "failing,never,late" if state == "failing" else state
    rows = await read(datasette, list_source_rows, now=frame.now)
    shown = [
        row
        for row in rows
        if (not asked or row["state"] in asked.split(","))
        and (not tag or tag in json.loads(row["tags"]))
    ]
    page = frame.read_page(request)
    begin = (page - 1) * _MOST_ROWS
    tags = Counter(name for row in rows for name in json.loads(row["tags"]))
    return await show(
        datasette,
        request,
        "sources.html",
        page="sources",
        rows=shown[begin : begin + _MOST_ROWS],
        counts=Counter(row["state"] for row in rows),
        total=len(rows),
        shown_count=len(shown),
        state=state,
        tag=tag,
        tags=[name for name, _ in tags.most_common(20)],
        states=_STATES,
        next_page=page + 1 if begin + _MOST_ROWS < len(shown) else 0,
        is_new=bool(request.args.get("new")) and frame.visitor.may_write,
    )


async def source_page(datasette: Any, request: Any) -> Response:
    """Show a source."""
    frame = await find_frame(datasette, request)
    name = tilde_decode(request.url_vars["source"])
    found: _Source | None = await read(datasette, _read, name, frame)
    if found is None:
        raise NotFound("no such source")
    settings = frame.config.source_named(name) if frame.config else None
    return await show(
        datasette,
        request,
        "source.html",
        page="sources",
        source=found.row,
        found=found,
        health=_describe_health(found.row, frame),
        week=_draw_week(found.row["publishing_profile"], frame),
        shares=_list_shares(found.quality),
        outcome=_describe_visit,
        every=_write_every(found.row["every_seconds"]),
        health_words=_HEALTH,
        kinds=_KINDS,
        tags=json.loads(found.row["tags"]),
        is_paused=bool(settings and settings.paused),
        is_configured=settings is not None,
        fewest=FEWEST_URLS,
    )


def _read(db: sqlite3.Connection, name: str, frame: Frame) -> _Source | None:
    row = find_source_page(db, name, now=frame.now)
    if row is None:
        return None
    source_id = row["id"]
    return _Source(
        row=row,
        visits=list_last_visits(db, source_id, limit=_MOST_VISITS),
        endpoints=list_endpoints_of(db, source_id),
        events=list_source_events(db, source_id=source_id, limit=_MOST_EVENTS),
        quality=measure_quality(db, source_id),
        lines=list_lines_of(db, source_id),
        articles=list_last_articles(db, source_id, limit=_MOST_ARTICLES),
    )


def _write_every(seconds: float | None) -> str:
    """Return a time between two visits, such as ``20 seconds`` or ``3 h 10 min``; empty if none is known."""
    if not seconds:
        return ""
    if seconds < 60:
        return write_count(round(seconds), "second")
    return write_span(timedelta(seconds=round(seconds / 60) * 60))


def _describe_health(row: sqlite3.Row, frame: Frame) -> tuple[str, str]:  # noqa: PLR0911  # one for each state
    """Return the kind of the line of health, and its sentence."""
    last = row["last_success_at"] and frame.at(to_instant(row["last_success_at"]))
    due = row["next_due_at"] and to_instant(row["next_due_at"])
    coming = (
        f" Next {'now' if due <= frame.now else frame.at(due)}." if due and row["is_active"] else ""
    )
    if not row["is_active"]:
        since = (
            f" since {frame.at(to_instant(row['inactive_since']))}" if row["inactive_since"] else ""
        )
        return "", f"Not visited{since}: it is paused, or no longer in the configuration."
    if not last:
        if not row["failure_count"]:
            return "", f"Not read yet.{coming}"
        tries = write_count(row["failure_count"], "try", "tries")
        return "down", f"Never read: {row['last_failure']} ({tries}).{coming}"
    if row["failure_count"]:
        times = write_count(row["failure_count"], "visit has", "visits have")
        return "down", f"{times} failed in a row: {row['last_failure']}. Last read {last}.{coming}"
    if row["state"] == "late":
        return "", f"Late: last read {last}.{coming}"
    if row["health"] in {"quiet", "degraded"}:
        return "", f"Read {last}, but {_HEALTH[row['health']]}: {row['health_reason']}.{coming}"
    return "ok", f"Read on time: last {last}.{coming}"


def _draw_week(stored: str | None, frame: Frame) -> Markup:
    """Return when a source publishes, by weekday and hour in the visitor's zone; empty before anything is known."""
    profile = read_profile(stored) if stored else None
    if profile is None or not profile.article_count:
        return Markup("")
    shift = round(
        (frame.now.astimezone(frame.zone).utcoffset() or timedelta()).total_seconds() / 3600
    )
    counts = [
        profile.counts[(hour - shift) % len(profile.counts)] for hour in range(len(profile.counts))
    ]
    rows = [counts[day * 24 : (day + 1) * 24] for day in range(7)]
    most = max(range(len(counts)), key=counts.__getitem__)
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    title = f"Articles by weekday and hour; most on {days[most // 24]} at {most % 24:02}:00"
    return draw_week(rows, title=title)


def _list_shares(quality: Quality) -> list[tuple[str, int, Markup, str]]:
    """Return shares of the last articles: what, in per cent, as a bar, and the count behind it."""
    total = quality.article_count
    if not total:
        return []
    whole = total - quality.teaser_count - quality.feed_count
    shares = [
        ("With a full text", whole, total, write_count(total - whole, "article had none", "articles had none")),
        ("With a stated date", total - quality.undated_count, total, write_count(quality.undated_count, "had none", "had none")),
        ("Credited to an agency", quality.agency_count, total, write_count(quality.agency_count, "article")),
    ]  # fmt: skip
    if quality.page_count:
        read_count = quality.page_count - quality.refused_count
        shares.append(("Pages that were articles", read_count, quality.page_count, write_count(quality.refused_count, "was none", "were none")))  # fmt: skip
    return [
        (what, round(100 * part / whole_count), draw_share(part / whole_count), note)
        for what, part, whole_count, note in shares
    ]


def _describe_visit(row: sqlite3.Row) -> tuple[str, str, str]:
    """Return how a visit ended: the class of its sign, the sign, and words."""
    parts = [
        write_count(row["revised_count"], "edit") + " noticed" if row["revised_count"] else "",
        write_count(row["copy_count"], "copy", "copies") if row["copy_count"] else "",
        write_count(row["refused_count"], "page") + " refused" if row["refused_count"] else "",
        write_count(row["failed_count"], "page") + " not to be had" if row["failed_count"] else "",
    ]
    more = ", ".join(filter(None, parts))
    if row["outcome"] == "failed":
        return "bad", "\u2715", f"failed: {row['note'] or 'no reason is known'}"
    if row["outcome"] == "interrupted":
        return "warn", "\u25b2", "cut off; it is made again"
    word = "unchanged" if row["outcome"] == "unchanged" else "read"
    return "good", "\u2713", f"{word}, {more}" if more else word


ROUTES = [
    (r"^/sources$", sources_page),
    (r"^/sources/(?P<source>[^/]{1,400})$", source_page),
]
