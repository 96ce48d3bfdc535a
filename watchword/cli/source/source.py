"""The group ``watchword source`` and its commands that show sources; those that change them are in source_edit.py."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.clock import utc_now
from crawler.storage.crawl.sources import list_sources
from scheduler.due.publishing_profile import hourly_rates, read_profile
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    Row,
    all_or_limit_option,
    format_time,
    format_wait,
    print_rows,
)
from watchword.cli.terminal.context import Context, pass_context, reader_zone
from watchword.cli.terminal.lazy import DeferredGroup

if TYPE_CHECKING:
    from crawler.config.schema import Config


# name -> module:function
_PLACES = {
    "show": "watchword.cli.source.source_show:show",
    "add": "watchword.cli.source.source_edit:add",
    "test": "watchword.cli.source.source_edit:test",
    "pause": "watchword.cli.source.source_edit:pause",
    "resume": "watchword.cli.source.source_edit:resume",
    "remove": "watchword.cli.source.source_edit:remove",
    "import": "watchword.cli.source.source_opml:import_",
    "export": "watchword.cli.source.source_opml:export",
    "backfill": "watchword.cli.source.source_edit:backfill",
    "rename": "watchword.cli.terminal.rename:rename_source",
    "boilerplate": "watchword.cli.source.source_boilerplate:boilerplate",
    "catalogue": "watchword.cli.source.source_catalogue:catalogue",
}


@click.group(cls=DeferredGroup, places=_PLACES)
def source() -> None:
    """Sources: the sites, feeds and pages that are visited.

    \b
    Examples:
      watchword source test https://www.example.org/     visits it on trial
      watchword source add https://www.example.org/ --tag world
      watchword source list
      watchword source show example
      watchword source import feeds.opml
      watchword source catalogue --lang de               feeds to start from
    """


_COLUMNS: Columns = {
    "name": "source",
    "state": "state",
    "cadence": Column(heading="cadence", rank=2),
    "last_read": Column(heading="last read"),
    "next_visit": Column(heading="next visit", rank=1),
    "article_count": number("articles"),
    "reason": Column(heading="reason", is_below=True),
}
# what people read in place of the values that JSON has
_DISPLAYED = ("cadence", "last_read", "next_visit")


# what --json prints
FIELDS = (
    "name url kind tags state health per_day every_seconds last_success_at next_due_at "
    "article_count waiting_count failed_page_count failure_count last_failure last_failure_at "
    "throttled_until reason"
)


@source.command("list")
@json_option(FIELDS)
@all_or_limit_option
@click.option("--tag", help="Only sources with this tag.")
@click.option(
    "--state",
    type=click.Choice(["new", "ok", "retrying", "failing", "quiet", "degraded", "paused"]),
    help="Only sources in this state.",
)
@pass_context
def list_(
    context: Context,
    *,
    as_json: Json | None,
    limit: int | None,
    tag: str | None,
    state: str | None,
) -> None:
    """List the sources with state, next visit and problems.

    The queries of watches are not read for it, so a fault in one is no hindrance; `watchword check` finds it.

    \b
    States:
      new       never read yet
      ok        the last visit was fine
      retrying  the last visit failed
      failing   three or more visits in a row failed
      quiet     longer without news than ever before
      degraded  its pages hold no articles, or are all alike
      paused    not visited until it is resumed
    """
    config = context.config_for_listing
    with closing(context.open_database()) as connection:
        now = utc_now()
        rows = [
            show_source(row, config, zone=reader_zone(config), now=now)
            for row in list_sources(connection)
        ]
    wanted = [
        row
        for row in rows
        if (state is None or str(row["state"]).startswith(state))
        and (tag is None or tag in json.loads(json.dumps(row["tags"])))
    ]
    if as_json is not None:
        wanted = [for_machine(row) for row in wanted]
    print_rows(
        wanted[:limit], _COLUMNS, as_json=as_json, empty="No source matches.", total=len(wanted)
    )


def show_source(row: sqlite3.Row, config: "Config", *, zone: ZoneInfo, now: datetime) -> Row:
    """Return what is shown of a source: machine values, and beside them what people read."""
    is_throttled = (
        row["throttled_until"] is not None and datetime.fromisoformat(row["throttled_until"]) > now
    )
    return {
        "name": row["name"],
        "url": row["url"],
        "kind": row["kind"],
        "tags": json.loads(row["tags"]),
        "state": describe_state(row, config, zone=zone, now=now),
        "health": row["health"],
        "cadence": describe_pace(row),
        "per_day": _per_day(row),
        "every_seconds": row["every_seconds"],
        "last_read": format_time(row["last_success_at"], zone, now=now),
        "last_success_at": row["last_success_at"],
        "next_visit": format_wait(row["next_due_at"], now=now) if row["is_active"] else "-",
        "next_due_at": row["next_due_at"],
        "article_count": row["article_count"],
        "waiting_count": row["waiting_entry_count"],
        "failed_page_count": row["failed_entry_count"],
        "failure_count": row["failure_count"],
        "last_failure": row["last_failure"] if row["failure_count"] else None,
        "last_failure_at": row["last_failure_at"],
        "throttled_until": row["throttled_until"] if is_throttled else None,
        "reason": _reason(row, is_throttled=is_throttled),
    }


def for_machine(row: Row) -> dict[str, object]:
    """Return a source for JSON: its state is one word."""
    facts = {key: value for key, value in row.items() if key not in _DISPLAYED}
    return {**facts, "state": str(row["state"]).split(" ", maxsplit=1)[0]}


def _reason(row: sqlite3.Row, *, is_throttled: bool) -> str | None:
    if row["failure_count"]:
        return str(row["last_failure"])
    if is_throttled:
        return str(row["throttle_reason"])
    return row["health_reason"]  # type: ignore[no-any-return]  # text or None


def _per_day(row: sqlite3.Row) -> float | None:
    if row["publishing_profile"] is None:
        return None
    profile = read_profile(row["publishing_profile"])
    # of one or two articles no rate can be learned
    return round(sum(hourly_rates(profile)) / 7, 2) if profile.article_count >= 3 else None


def describe_pace(row: sqlite3.Row) -> str:
    """Return how often a source publishes, if that is known, and how often it is visited; "-" before the first visit."""
    per_day, every = _per_day(row), row["every_seconds"]
    if every is None:
        return "-"
    # in minutes up to an hour and a half, which would be rounded to 2 h
    pace = f"every {every / 60:.0f} min" if every < 5400 else f"every {every / 3600:.0f} h"
    if per_day is None:
        return pace
    return f"{per_day:.0f} a day, {pace}" if per_day >= 1 else f"{per_day * 7:.1f} a week, {pace}"


def describe_state(row: sqlite3.Row, config: "Config", *, zone: ZoneInfo, now: datetime) -> str:
    """Return the state of a source in a few words: ``ok``, ``retrying (2)``, ``quiet since 3 Nov 10:31``."""
    if not row["is_active"]:
        return "paused" if config.source_named(row["name"]) else "removed"
    if row["health"] in {"failing", "quiet", "degraded"}:
        return f"{row['health']} since {format_time(row['health_since'], zone, now=now)}"
    if row["failure_count"]:
        return f"retrying ({row['failure_count']})"
    return "ok" if row["last_success_at"] else "new"


# what --json prints
