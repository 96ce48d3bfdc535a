"""The fields of an entry, whichever kind of feed it stands in: texts, and dates as programs write them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crawler.extract.dates.stated_dates import read_stated_instant


def read_text(item: Mapping[str, Any], key: str) -> str:
    """Return a text of an entry, empty where it has none of that name."""
    # in, then get: asked for a missing `updated`, feedparser would answer with `published`
    value = item.get(key) if key in item else None
    return value if isinstance(value, str) else ""


def read_instant(
    item: Mapping[str, Any], keys: Iterable[str], *, fetched_at: datetime
) -> datetime | None:
    """Return the first date under one of these names that can be read, aware UTC; None where none can.

    fetched_at  aware UTC; a date after it counts as of then
    """
    # not feedparser's own reading: it takes 13-12-2022 for the year 2013, and knows English alone
    read = (read_stated_instant(_read_date(item, key), fetched_at=fetched_at) for key in keys)
    return next((instant for instant in read if instant), None)


def _read_date(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key) if key in item else None
    # a few programs write seconds since 1970 as a number
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else read_text(item, key)
