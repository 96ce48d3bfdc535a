"""Listings: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.text.instants import write_recent, write_wait
from crawler.text.lines import plain

Row = Mapping[str, object]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
limit_option = click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="Maximum number of rows.",
)


def print_rows(
    rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, empty: str
) -> None:
    """Print a listing.

    rows     shown whole in JSON; instants as ISO text, lists as lists
    columns  key -> heading of the columns of the table, in order
    empty    the sentence printed in place of an empty table
    """
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(empty)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    last = list(columns)[-1]
    for key, heading in columns.items():
        table.add_column(
            heading, overflow="fold", no_wrap=key not in _WRAPPED, ratio=1 if key == last else None
        )
    for row in rows:
        table.add_row(*(Text(plain(_write(row[key]))) for key in columns))
    make_console().print(table)


# free text: these columns are wrapped, the others are never broken
_WRAPPED = frozenset(
    {
        "headline",
        "query",
        "last_failure",
        "answer",
        "reason",
        "sources",
        "recipient",
        "note",
        "asked_by",
        "what",
    }
)


def make_console() -> Console:
    """Return a console for results: as wide as the terminal, or 120 columns in a pipe.

    rich would take 80 in a pipe, where the tables with a free text have no room for it.
    """
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def _write(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value)


def format_time(text: str | None, zone: ZoneInfo, *, now: datetime) -> str:
    """Return a stored instant as people read it: ``10:31``, ``yesterday 10:31``, ``3 Nov 10:31``; ``-`` for none."""
    if text is None:
        return "-"
    return write_recent(datetime.fromisoformat(text), zone, now=now)


def format_wait(text: str | None, *, now: datetime) -> str:
    """Return how long it is until a stored instant: ``in 12 min``, ``now`` if it has passed; ``-`` for none."""
    if text is None:
        return "-"
    return write_wait(datetime.fromisoformat(text), now=now)
