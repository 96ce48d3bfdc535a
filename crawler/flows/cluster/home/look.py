"""What the home knows of its own tasks, read at once: it looks twice a second, and each question waits for the database's thread."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.crawl.handing_out import bundles, tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The state of what is handed out.

    handed_out  when each open bundle was handed out, by id
    drained_at  since when a person lets nothing be handed out, None while it is
    is_idle     no task waits or is handed out
    """

    handed_out: Mapping[int, datetime]
    drained_at: datetime | None
    isolated_count: int
    visit_count: int
    is_idle: bool


def look(connection: sqlite3.Connection) -> Look:
    """Return the state of what is handed out."""
    return Look(
        handed_out=bundles.list_open_bundles(connection),
        drained_at=bundles.find_drained_at(connection),
        isolated_count=len(bundles.list_isolated_domains(connection)),
        visit_count=len(tasks.list_visits_with_tasks(connection)),
        is_idle=not any(tasks.count_tasks(connection)),
    )
