"""Writing plans down: every source whose visit ended gets its next moment, and its state."""

import random
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.flows.configure import apply_config
from crawler.model.run import RunOutcome
from crawler.storage.crawl_queue import (
    FinishedVisit,
    list_due_times,
    list_finished_visits,
    move_due_times,
    plan_visit,
    release_visits,
)
from crawler.storage.database import transaction
from crawler.storage.deliveries import release_deliveries
from crawler.storage.entries import list_announced_instants
from crawler.storage.schema import migrate
from crawler.storage.source_health import sample_pages, save_health
from scheduler.cadence import next_cron_moment, plan_next_visit, read_bounds
from scheduler.rhythm import Rhythm, learn, read_rhythm, start_rhythm, write_rhythm
from scheduler.source_health import judge_health

_RNG = random.Random()  # noqa: S311  # jitter, not a secret
# so many overdue sources can all be visited at once; more than these are spread out
_NO_BUNCH = 50
_SPREAD_EACH_SECONDS = 0.2
_LONGEST_SPREAD = timedelta(minutes=30)


def plan_finished_visits(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Plan the next visit of every source that has none; gives how many."""
    finished_visits = list_finished_visits(connection)
    if not finished_visits:
        return 0
    with transaction(connection):
        for finished in finished_visits:
            _plan(connection, finished, config, now=now)
    return len(finished_visits)


def _plan(
    connection: sqlite3.Connection, finished: FinishedVisit, config: Config, *, now: datetime
) -> None:
    settings = config.source_named(finished.source_name)
    rhythm = _learn(connection, finished, now=now)
    plan = plan_next_visit(finished, rhythm, settings=settings, config=config, now=now, rng=_RNG)
    plan_visit(
        connection,
        finished,
        next_due_at=plan.next_due_at,
        every_seconds=plan.every.total_seconds(),
        rhythm=write_rhythm(rhythm),
    )
    if finished.outcome is RunOutcome.INTERRUPTED:
        return
    finding = judge_health(
        finished,
        rhythm,
        sample_pages(connection, finished.source_id) if finished.page_count else None,
        settings=settings,
        failure=finished.note,
        now=now,
    )
    if finding.health is not finished.health or finding.reason:
        save_health(
            connection,
            finished.source_id,
            finding.health,
            finding.reason,
            before=finished.health,
            now=now,
        )


def _learn(connection: sqlite3.Connection, finished: FinishedVisit, *, now: datetime) -> Rhythm:
    """Learn from a visit that read the source; while it cannot be read, time does not pass for its rhythm."""
    instants: tuple[datetime, ...] = ()
    if finished.announced_count:
        instants = list_announced_instants(
            connection,
            finished.source_id,
            since=finished.started_at,
            is_first=finished.rhythm is None,
        )
    if finished.rhythm is None:
        return start_rhythm(instants, now=now)
    rhythm = read_rhythm(finished.rhythm)
    is_read = finished.outcome in {RunOutcome.OK, RunOutcome.UNCHANGED}
    return learn(rhythm, instants, now=now) if is_read else rhythm


def take_over(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Make the database ours: schema, configuration, and whatever a dead predecessor had in hand.

    Only for the one who holds the instance lock. Gives how many visits were left open.
    """
    migrate(connection)
    apply_config(connection, config, now=now)
    with transaction(connection):
        release_deliveries(connection)
        count = release_visits(connection, now=now)
    mend_due_times(connection, config, now=now)
    return count


def mend_due_times(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Put right what a long sleep or a moved clock did to due times; gives how many were moved.

    Many sources overdue at once are spread out in their order; moments further away than any rhythm allows, which a
    clock set back leaves behind, are drawn near.
    """
    due_times = list_due_times(connection)
    overdue = [(source_id, due_at) for source_id, _, due_at in due_times if due_at <= now]
    moves = _spread(overdue, now=now) if len(overdue) > _NO_BUNCH else []
    latest = _latest_moments(config, now=now)
    for source_id, name, due_at in due_times:
        if due_at > now + config.fetch.min_every and due_at > latest(name):
            moves.append((source_id, now + _RNG.random() * (latest(name) - now)))
    if moves:
        with transaction(connection):
            move_due_times(connection, moves)
    return len(moves)


def _spread(overdue: list[tuple[int, datetime]], *, now: datetime) -> list[tuple[int, datetime]]:
    """Give overdue sources moments from now on, the longest overdue first."""
    step = min(timedelta(seconds=_SPREAD_EACH_SECONDS), _LONGEST_SPREAD / len(overdue))
    return [(source_id, now + step * place) for place, (source_id, _) in enumerate(overdue)]


def _latest_moments(config: Config, *, now: datetime) -> Callable[[str], datetime]:
    """Give a function that tells the latest moment a source may sensibly be due."""
    slack = 1 + config.schedule.jitter
    longest_silence = timedelta(hours=25)  # a domain's Retry-After, and active hours over night

    def latest(name: str) -> datetime:
        settings = config.source_named(name)
        if settings is not None and isinstance(settings.every, str):
            return next_cron_moment(settings.every, config, now=now) + longest_silence
        fixed = settings.every if settings is not None else None
        most = fixed if isinstance(fixed, timedelta) else read_bounds(settings, config).most
        return now + max(most * slack, config.schedule.max_backoff * slack) + longest_silence

    return latest
