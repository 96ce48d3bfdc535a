"""The group ``watchword source`` and its commands that show sources; those that change them are in source_edit.py."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.clock import utc_now
from crawler.storage.crawl.sources import find_source_row, list_sources
from crawler.text.lines import plain
from scheduler.due.publishing_profile import hourly_rates, read_profile
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    Row,
    format_time,
    format_wait,
    make_console,
    print_line,
    print_rows,
)
from watchword.cli.terminal.context import Context, pass_context, reader_zone
from watchword.cli.terminal.lazy import DeferredGroup
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.unknown import refuse_unknown

if TYPE_CHECKING:
    from crawler.config.schema import Config


# name -> module:function
_PLACES = {
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


@source.command("list")
@json_option
@click.option("--tag", help="Only sources with this tag.")
@click.option(
    "--state",
    type=click.Choice(["new", "ok", "retrying", "failing", "quiet", "degraded", "paused"]),
    help="Only sources in this state.",
)
@pass_context
def list_(context: Context, *, as_json: Json | None, tag: str | None, state: str | None) -> None:
    """List the sources with state, next visit and problems.

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
            _show(row, config, zone=reader_zone(config), now=now)
            for row in list_sources(connection)
        ]
    wanted = [
        row
        for row in rows
        if (state is None or str(row["state"]).startswith(state))
        and (tag is None or tag in json.loads(json.dumps(row["tags"])))
    ]
    if as_json is not None:
        wanted = [_for_machine(row) for row in wanted]
    print_rows(wanted, _COLUMNS, as_json=as_json, empty="No source matches.")


def _show(row: sqlite3.Row, config: "Config", *, zone: ZoneInfo, now: datetime) -> Row:
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


def _for_machine(row: Row) -> dict[str, object]:
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


@source.command()
@click.argument("name", type=SOURCE_NAME)
@json_option
@pass_context
def show(context: Context, name: str, *, as_json: Json | None) -> None:
    """Show a source: endpoints, last visits, changes of state."""
    # `list` must not wait for these
    from crawler.storage.crawl.endpoints import list_endpoint_rows  # noqa: PLC0415
    from crawler.storage.crawl.source_health import list_source_events  # noqa: PLC0415
    from crawler.storage.crawl.visits import list_visits  # noqa: PLC0415

    config, now = context.config, utc_now()
    with closing(context.open_database()) as connection:
        known = {row["name"]: row for row in list_sources(connection)}
        row = known.get(name)
        if row is None or find_source_row(connection, name) is None:
            raise refuse_unknown("source", name, known)
        facts = dict(_show(row, config, zone=reader_zone(config), now=now))
        facts["endpoints"] = [
            _endpoint(endpoint) for endpoint in list_endpoint_rows(connection, row["id"])
        ]
        facts["visits"] = [dict(visit) for visit in list_visits(connection, row["id"], limit=10)]
        facts["events"] = [
            dict(event) for event in list_source_events(connection, source_id=row["id"], limit=10)
        ]
    if as_json is not None:
        as_json.print(_for_machine(facts))
        return
    _print(facts, reader_zone(config), now=now)


def _endpoint(endpoint: sqlite3.Row) -> dict[str, object]:
    names = ("kind", "url", "origin", "is_active", "found_count", "first_count", "failure_count")
    more = ("last_failure", "last_success_at", "due_at", "pattern")
    return {name: endpoint[name] for name in (*names, *more)}


def _print(facts: dict[str, object], zone: ZoneInfo, *, now: datetime) -> None:
    from rich.text import Text  # noqa: PLC0415  # `list` must not wait for it

    console = make_console()
    for key in (
        "name",
        "url",
        "kind",
        "tags",
        "state",
        "cadence",
        "last_read",
        "next_visit",
        "reason",
    ):
        value = facts[key]
        text = ", ".join(value) if isinstance(value, list) else value
        if text:
            line = Text(f"{key.replace('_', ' '):<13}{plain(str(text))}")
            print_line(console, line, indent=13)
    for title, key, columns in (
        ("Endpoints", "endpoints", _ENDPOINT_COLUMNS),
        ("Last visits", "visits", _VISIT_COLUMNS),
        ("Changes of state", "events", _EVENT_COLUMNS),
    ):
        rows = facts[key]
        if isinstance(rows, list) and rows:
            click.echo(f"\n{title}")
            formatted = [{**row, **_format_times(row, zone, now=now)} for row in rows]
            print_rows(formatted, columns, as_json=None, empty="")


_ENDPOINT_COLUMNS: Columns = {
    "kind": "kind", "origin": Column(heading="found by", rank=2), "found_count": number("entries"),
    "first_count": number("first here", rank=1), "last_success_at": "last read", "url": Column(heading="address", is_below=True),
}  # fmt: skip
_VISIT_COLUMNS: Columns = {
    "started_at": "when", "outcome": "outcome", "found_count": number("listed"), "announced_count": number("unknown"),
    "new_count": number("new"), "note": Column(heading="note", is_below=True),
}  # fmt: skip
_EVENT_COLUMNS: Columns = {
    "happened_at": "when",
    "health": "state",
    "reason": Column(heading="reason", is_below=True),
}


def _format_times(row: dict[str, object], zone: ZoneInfo, *, now: datetime) -> dict[str, str]:
    names = ("last_success_at", "started_at", "happened_at")
    return {
        name: format_time(str(row[name]) if row[name] else None, zone, now=now)
        for name in names
        if name in row
    }
