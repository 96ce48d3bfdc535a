"""Reading the fields of an entry of any kind of feed or sitemap: texts, and dates as programs write them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crawler.extract.dates.stated_dates import read_stated_instant


def read_text(item: Mapping[str, Any], key: str) -> str:
    """Return a text field of an entry; empty if it has no text of that name."""
    # asked for a missing `updated`, feedparser's `get` returns `published`; `in` does not mix them up
    value = item.get(key) if key in item else None
    return value if isinstance(value, str) else ""


def read_instant(
    item: Mapping[str, Any], keys: Iterable[str], *, fetched_at: datetime
) -> datetime | None:
    """Return the first date under one of these names that can be read, aware UTC; None if there is none.

    keys        names of fields, the best first
    fetched_at  aware UTC; a later date becomes this instant
    """
    # not feedparser's own dates: it reads 13-12-2022 as a day of 2013, and month names only in English
    read = (read_stated_instant(_read_date(item, key), fetched_at=fetched_at) for key in keys)
    return next((instant for instant in read if instant), None)


def _read_date(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key) if key in item else None
    # a few programs write Unix time as a number
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else read_text(item, key)
