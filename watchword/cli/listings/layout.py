"""Laying out a table in a given number of character cells: which columns fit, where a text is cut or wrapped.

Widths are counted in cells, as terminals do: a Chinese character takes two, a combining mark none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from watchword.cells import cut, wrap

_GAP = 2
# a row's long texts stand below it, indented so that the eye finds the rows
_INDENT = 4
# a column that is not the free one is cut beyond this: one long name must not push out what is read
_WIDEST = 30
# less is no headline; columns of a higher rank give way first
_FREE_LEAST = 24
_LEAST = 6
# Hebrew, Arabic and their presentation forms: terminals that order such text would reorder the columns beside it
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LEFT_TO_RIGHT_MARK = "\u200e"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a listing.

    write      what people read in it, from the row; None for the value itself
    is_number  written to the right
    is_free    takes the width that is left, and is cut between words
    is_below   a long text, on lines of its own below the row
    rank       in a narrow terminal, the column of the highest rank is left out first; 0 is never left out
    """

    heading: str
    write: Callable[[Mapping[str, object]], object] | None = None
    is_number: bool = False
    is_free: bool = False
    is_below: bool = False
    rank: int = 0


@dataclass(slots=True)
class _Shown:
    """A column that is shown, with its place in the rows and its width."""

    column: Column
    place: int
    width: int

    @property
    def least(self) -> int:
        return min(self.width, _FREE_LEAST if self.column.is_free else self.width)


def lay_out(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int
) -> tuple[str, ...]:
    """Return the lines of a table: heading, rule, and rows with their long texts below them.

    rows   a cell for each column; each is one line
    width  of the terminal, in cells; no line is wider
    """
    shown = _fit(columns, rows, width=width)
    below = [place for place, column in enumerate(columns) if column.is_below]
    lines = [
        _write_row(shown, [column.heading for column in columns]),
        _write_row(shown, {one.place: "-" * one.width for one in shown}),
    ]
    for row in rows:
        lines.append(_write_row(shown, row))
        for place in below:
            label = f"{columns[place].heading}: " if len(below) > 1 else ""
            if row[place] not in {"", "-"}:
                lines += wrap(label + row[place], width=width, indent=_INDENT)
    return tuple(lines)


def _fit(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int) -> list[_Shown]:
    """Return the columns that fit, with their widths."""
    shown = []
    for place, column in enumerate(columns):
        if not column.is_below:
            widest = max(cell_len(text) for text in (column.heading, *(row[place] for row in rows)))
            widest = widest if column.is_free else min(widest, _WIDEST)
            shown.append(_Shown(column, place, widest))
    room = width - 1  # a terminal may wrap after a character in its last cell
    while _sum(shown) > room and (last := max(shown, key=lambda one: one.column.rank)).column.rank:
        shown.remove(last)
    while _sum(shown) > room and (widest_one := max(shown, key=lambda one: one.least)).least > _LEAST:  # fmt: skip
        widest_one.width = widest_one.least - 1
    free = next((one for one in shown if one.column.is_free), None)
    if free is not None:
        free.width = min(free.width, room - _sum(shown) + free.least)
    return shown


def _sum(shown: Sequence[_Shown]) -> int:
    return sum(one.least for one in shown) + _GAP * (len(shown) - 1)


def _write_row(shown: Sequence[_Shown], cells: Sequence[str] | Mapping[int, str]) -> str:
    written = []
    for one in shown:
        text = cut(cells[one.place], width=one.width)
        blanks = " " * (one.width - cell_len(text))
        text += _LEFT_TO_RIGHT_MARK if _RIGHT_TO_LEFT.search(text) else ""
        written.append(blanks + text if one.column.is_number else text + blanks)
    return (" " * _GAP).join(written).rstrip()


def number(heading: str, *, rank: int = 0) -> Column:
    """Return a column of numbers."""
    return Column(heading=heading, is_number=True, rank=rank)
