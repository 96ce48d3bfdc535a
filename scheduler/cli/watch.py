"""``watchword watch``."""

import json
from contextlib import closing

import click

from crawler.clock import utc_now
from crawler.storage.watches import list_watches
from scheduler.cli.context import Context, pass_context
from scheduler.cli.tables import json_option, print_rows, tell_time


@click.group()
def watch() -> None:
    """The words that are watched.

    \b
    Examples:
      watchword watch list
      watchword watch list --json
    """


_COLUMNS = {
    "name": "watch",
    "alert": "alert",
    "match_count": "matches",
    "alert_count": "alerts",
    "last_match": "last match",
    "sources": "sources",
    "query": "query",
}


@watch.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List the watches and what they have found so far."""
    zone, now = context.config.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [
            {
                "name": row["name"],
                "query": row["query"],
                "sources": json.loads(row["sources"]) or "all",
                "alert": row["alert"] if row["is_active"] else "removed",
                "match_count": row["match_count"],
                "alert_count": row["alert_count"],
                "last_match": tell_time(row["last_match_at"], zone, now=now),
                "last_match_at": row["last_match_at"],
            }
            for row in list_watches(connection)
        ]
    print_rows(rows, _COLUMNS, as_json=as_json, empty="There are no watches yet.")
