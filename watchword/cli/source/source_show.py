"""The command ``watchword source show``."""

import sqlite3
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.storage.crawl.endpoints import list_endpoint_rows
from crawler.storage.crawl.source_health import list_source_events
from crawler.storage.crawl.sources import find_source_row, list_sources
from crawler.storage.crawl.visits import list_visits
from crawler.text.lines import plain
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, format_time, make_console, print_line, print_rows
from watchword.cli.source.source import FIELDS, for_machine, show_source
from watchword.cli.terminal.context import Context, pass_context, reader_zone
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.unknown import refuse_unknown

# what --json prints
_SHOW_FIELDS = FIELDS + " endpoints visits events"


@click.command()
@click.argument("name", type=SOURCE_NAME)
@json_option(_SHOW_FIELDS)
@pass_context
def show(context: Context, name: str, *, as_json: Json | None) -> None:
    """Show a source: endpoints, last visits, changes of state."""
    config, now = context.config, utc_now()
    with closing(context.open_database()) as connection:
        known = {row["name"]: row for row in list_sources(connection)}
        row = known.get(name)
        if row is None or find_source_row(connection, name) is None:
            raise refuse_unknown("source", name, known)
        facts = dict(show_source(row, config, zone=reader_zone(config), now=now))
        facts["endpoints"] = [
            _endpoint(endpoint) for endpoint in list_endpoint_rows(connection, row["id"])
        ]
        facts["visits"] = [dict(visit) for visit in list_visits(connection, row["id"], limit=10)]
        facts["events"] = [
            dict(event) for event in list_source_events(connection, source_id=row["id"], limit=10)
        ]
    if as_json is not None:
        as_json.print(for_machine(facts))
        return
    _print(facts, reader_zone(config), now=now)


def _endpoint(endpoint: sqlite3.Row) -> dict[str, object]:
    names = ("kind", "url", "origin", "is_active", "found_count", "first_count", "failure_count")
    more = ("last_failure", "last_success_at", "due_at", "pattern")
    return {name: endpoint[name] for name in (*names, *more)}


def _print(facts: dict[str, object], zone: ZoneInfo, *, now: datetime) -> None:
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
