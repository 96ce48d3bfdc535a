"""CSV that spreadsheets do not run: stands in for the ``csv`` module where Datasette writes CSV.

A cell that begins with one of ``= + - @``, also full-width, a tab, a return or a line feed is a formula to Excel and others, and
headlines come from the web (OWASP, "CSV injection"). Such a text gets an apostrophe, which spreadsheets do not show; numbers stay as they are.
"""

import csv
from collections.abc import Iterable
from typing import Any

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def make_harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(_STARTS_FORMULA):
        return f"'{cell}"
    return cell


class _Writer:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def writerow(self, row: Iterable[object]) -> object:
        """Write a row, as ``csv.writer`` does."""
        return self._inner.writerow([make_harmless(cell) for cell in row])


def writer(*args: Any, **kwargs: Any) -> _Writer:
    """Return a writer, as ``csv.writer`` does."""
    return _Writer(csv.writer(*args, **kwargs))
