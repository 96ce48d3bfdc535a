"""The finding about growth: how large the database is, how fast it grows, and when its disk is full."""

import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.storage.file.faults import free_bytes
from crawler.storage.retention.file_room import find_growth, measure_file
from crawler.text.counts import write_count, write_size
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# a week of holidays is no trend
_DAYS = 30
# time enough to buy a disk
_FEWEST_DAYS_LEFT = 60
_MOST_DAYS_TOLD = 3650


def look_at_growth(connection: sqlite3.Connection, config: "Config", *, now: datetime) -> Finding:
    """Return how the database grows, by its size of each day; LOOK if its disk is full within two months."""
    size = measure_file(connection)
    has = (
        f"its rows take {write_size(size.bytes)}, and {write_size(size.free_bytes)} are free in it"
    )
    growth = find_growth(connection, now=now, days=_DAYS)
    if growth is None:
        summary = f"{has}; how fast it grows is known after a day"
        return Finding(subject="growth", verdict=Verdict.OK, summary=summary)
    days = write_count(growth.days, "day")
    if growth.bytes_a_day <= 0:
        summary = f"{has}; it did not grow in the last {days}"
        return Finding(subject="growth", verdict=Verdict.OK, summary=summary)
    grew = f"{has}; it grew by {write_size(round(growth.bytes_a_day))} a day in the last {days}"
    free = free_bytes(config.store.path)
    if free is None:
        summary = f"{grew}; how much is free on its disk is not known"
        return Finding(subject="growth", verdict=Verdict.OK, summary=summary)
    left = (free + size.free_bytes) / growth.bytes_a_day
    until = "in more than ten years" if left > _MOST_DAYS_TOLD else f"in about {_write_days(left)}"
    is_soon = left < _FEWEST_DAYS_LEFT
    return Finding(
        subject="growth",
        verdict=Verdict.LOOK if is_soon else Verdict.OK,
        summary=f"{grew}: its disk is full {until}",
        remedy="`watchword prune --dry-run` shows what the limits in [store] free; lower page_space, set article_retention, or "
        "move the database to a larger disk"
        if is_soon
        else "",
    )


def _write_days(days: float) -> str:
    if days < _FEWEST_DAYS_LEFT:
        return write_count(round(days), "day")
    return (
        write_count(round(days / 30), "month")
        if days < 730
        else write_count(round(days / 365), "year")
    )
