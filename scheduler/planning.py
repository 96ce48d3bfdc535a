"""Writing plans down: every source whose visit ended gets its next moment."""

import random
import sqlite3
from datetime import datetime

from crawler.config.schema import Config
from crawler.flows.configure import apply_config
from crawler.storage.crawl_queue import list_finished_visits, plan_visit, release_visits
from crawler.storage.database import transaction
from crawler.storage.outbox import release_deliveries
from crawler.storage.schema import migrate
from scheduler.cadence import plan_next_visit

_RNG = random.Random()  # noqa: S311  # jitter, not a secret


def plan_finished_visits(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Plan the next visit of every source that has none; gives how many."""
    finished_visits = list_finished_visits(connection)
    if not finished_visits:
        return 0
    with transaction(connection):
        for finished in finished_visits:
            plan = plan_next_visit(
                finished,
                settings=config.source_named(finished.source_name),
                config=config,
                now=now,
                rng=_RNG,
            )
            plan_visit(
                connection,
                finished,
                next_due_at=plan.next_due_at,
                every_seconds=plan.every.total_seconds(),
            )
    return len(finished_visits)


def take_over(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Make the database ours: schema, configuration, and whatever a dead predecessor had in hand.

    Only for the one who holds the instance lock. Gives how many visits were left open.
    """
    migrate(connection)
    apply_config(connection, config, now=now)
    with transaction(connection):
        release_deliveries(connection)
        return release_visits(connection, now=now)
