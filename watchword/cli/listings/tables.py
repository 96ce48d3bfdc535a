"""Listings: tables for people at a terminal, tab-separated lines in a pipe, JSON for programs."""

# rich takes a fifth of the time of a command that only lists
# ruff: noqa: PLC0415
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.text.counts import write_number
from crawler.text.instants import write_recent, write_wait
from crawler.text.lines import clean_line
from watchword.cells import wrap
from watchword.cli.listings.layout import Column, lay_out
from watchword.cli.listings.machine import Json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Row = Mapping[str, object]
Columns = Mapping[str, "Column | str"]

_NUMBER = click.IntRange(1, 100_000)
limit_option = click.option("--limit", default=50, show_default=True, type=_NUMBER, help="Maximum number of rows.")  # fmt: skip
# for what a person wrote and wants to see whole, such as sources: a failing one must not be left out unasked
all_or_limit_option = click.option("--limit", type=_NUMBER, help="Maximum number of rows; all without it.")  # fmt: skip
# as wide as "Note: "
_BELOW_NOTE = 6
# a cell is one line whatever a page put into it; this bounds the work, terminals are narrower
_LONGEST_CELL = 4000


def print_rows(
    rows: Sequence[Row],
    columns: Columns,
    *,
    as_json: Json | None,
    empty: str,
    total: int | None = None,
) -> None:
    """Print a listing.

    rows     machine values; JSON has them whole
    columns  key -> column of the table, in order; a plain text is its heading
    empty    the sentence printed in place of an empty table
    total    how many rows there are, if some were left out
    """
    if as_json is not None:
        as_json.print(list(rows))
    else:
        _print_table(rows, columns, empty=empty)
    if total is not None:
        say_limit(len(rows), total)


def say_limit(count: int, total: int) -> None:
    """Say that rows were left out, if they were; on stderr, where it is no record."""
    if total > count:
        shown = f"showing {write_number(count)} of {write_number(total)}"
        click.echo(f"{shown}; --limit shows more", err=True)


def print_note(sentence: str) -> None:
    """Print what a person should know beside the result: on stderr, at a terminal broken between words."""
    text = f"Note: {sentence}"
    if sys.stderr.isatty() and "\n" not in text:
        first, *rest = wrap(text, width=shutil.get_terminal_size().columns, indent=0)
        below = wrap(" ".join(rest), width=shutil.get_terminal_size().columns, indent=_BELOW_NOTE)
        text = "\n".join([first, *below])
    click.echo(text, err=True)


def _print_table(rows: Sequence[Row], columns: Columns, *, empty: str) -> None:
    stated = [
        column if isinstance(column, Column) else Column(heading=column)
        for column in columns.values()
    ]
    cells = [
        [_write(row, key, column) for key, column in zip(columns, stated, strict=True)]
        for row in rows
    ]
    if not sys.stdout.isatty():
        click.echo("\t".join(column.heading for column in stated))
        for row in cells:
            click.echo("\t".join(row))
    if not rows:
        # in a pipe, the sentence would be read as a record
        click.echo(empty, err=not sys.stdout.isatty())
    elif sys.stdout.isatty():
        for line in lay_out(stated, cells, width=shutil.get_terminal_size().columns):
            click.echo(line)


def _write(row: Row, key: str, column: Column) -> str:
    value = column.write(row) if column.write else row[key]
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, int) and not isinstance(value, bool) and sys.stdout.isatty():
        return write_number(value) if key != "id" else str(value)
    # an empty last cell would leave a tab at the end of the line
    return clean_line(str(value), max_characters=_LONGEST_CELL) or "-"


def make_console() -> "Console":
    """Return a console for results that are no table."""
    from rich.console import Console

    return Console(highlight=False)


def print_line(console: "Console", line: "Text", *, indent: int = 0) -> None:
    """Print a line; in a terminal it is broken between words, what follows indented by so many cells.

    In a pipe it stays one line, for programs that read lines.
    """
    from rich.text import Text

    if not console.is_terminal:
        console.print(line, soft_wrap=True)
        return
    head, body = line[:indent], line[indent:]
    for part in body.wrap(console, max(1, console.width - 1 - indent)):
        part.rstrip()
        console.print(head + part, soft_wrap=True)
        head = Text(" " * indent)


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
