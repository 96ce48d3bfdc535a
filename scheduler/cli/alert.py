"""``watchword alert``."""

from contextlib import closing

import click

from crawler.clock import utc_now
from crawler.storage.alerts import list_deliveries
from scheduler.cli.context import Context, pass_context
from scheduler.cli.tables import json_option, limit_option, print_rows, tell_time


@click.group()
def alert() -> None:
    """What was sent, what is owed, and what could not be delivered.

    \b
    Examples:
      watchword alert list
      watchword alert list --state dead
      watchword alert list --json --limit 500
    """


_COLUMNS = {
    "raised": "raised",
    "watch": "watch",
    "state": "state",
    "recipient": "recipient",
    "headline": "headline",
    "answer": "answer",
}


@alert.command("list")
@click.option("--state", type=click.Choice(["owed", "sent", "dead"]), help="Only these.")
@limit_option
@json_option
@pass_context
def list_(context: Context, *, state: str | None, limit: int, as_json: bool) -> None:
    """List deliveries of alerts, the newest first; `dead` ones need a human."""
    zone, now = context.config.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [
            {**dict(row), "raised": tell_time(row["made_at"], zone, now=now)}
            for row in list_deliveries(connection, limit=limit, state=state)
        ]
    empty = f"There are no {state} alerts." if state else "There are no alerts yet."
    print_rows(rows, _COLUMNS, as_json=as_json, empty=empty)
