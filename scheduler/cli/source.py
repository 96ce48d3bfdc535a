"""``watchword source``."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.clock import utc_now
from crawler.storage.sources import list_sources
from scheduler.cli.context import Context, pass_context
from scheduler.cli.tables import Row, json_option, print_rows, tell_time, tell_wait

if TYPE_CHECKING:
    from crawler.config.schema import Config


@click.group()
def source() -> None:
    """The sites and feeds that are visited.

    \b
    Examples:
      watchword source list
      watchword source list --json
    """


_COLUMNS = {
    "name": "source",
    "state": "state",
    "last_read": "last read",
    "next_visit": "next visit",
    "article_count": "articles",
    "last_failure": "last failure",
}


@source.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List the sources: how each is doing, when it is visited next, what failed."""
    config = context.config
    with closing(context.open_database()) as connection:
        now = utc_now()
        rows = [_show(row, config, zone=config.zone, now=now) for row in list_sources(connection)]
    print_rows(rows, _COLUMNS, as_json=as_json, empty="There are no sources yet.")


def _show(row: sqlite3.Row, config: "Config", *, zone: ZoneInfo, now: datetime) -> Row:
    return {
        "name": row["name"],
        "url": row["url"],
        "kind": row["kind"],
        "tags": json.loads(row["tags"]),
        "state": tell_state(row, config, zone=zone, now=now),
        "last_read": tell_time(row["last_success_at"], zone, now=now),
        "last_success_at": row["last_success_at"],
        "next_visit": tell_wait(row["next_due_at"], now=now) if row["is_active"] else "-",
        "next_due_at": row["next_due_at"],
        "article_count": row["article_count"],
        "failure_count": row["failure_count"],
        "last_failure": row["last_failure"] if row["failure_count"] else None,
        "last_failure_at": row["last_failure_at"],
    }


def tell_state(row: sqlite3.Row, config: "Config", *, zone: ZoneInfo, now: datetime) -> str:
    """Say in a word or two how a source is doing."""
    if not row["is_active"]:
        return "paused" if config.source_named(row["name"]) else "removed"
    if row["failure_count"]:
        since = tell_time(row["last_success_at"], zone, now=now)
        return (
            f"failing ({row['failure_count']} times)" if since == "-" else f"failing since {since}"
        )
    return "ok" if row["last_success_at"] else "new"
