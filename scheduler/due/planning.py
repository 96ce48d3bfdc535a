"""Plan the next visit of every source whose visit ended, and store the plan with the source's health.

All arithmetic is done before the transaction, which only writes: 300 first visits with 100 entries each took 8.8 s of
processor time in one transaction, and no other process may wait that long.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.writer import Writer
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.crawl_queue import count_open_visits
from crawler.storage.crawl.entries.entries import list_announced_instants
from crawler.storage.crawl.plans import (
    FinishedVisit,
    list_due_times,
    list_finished_visits,
    mark_planned,
    move_due_times,
    plan_visit,
    take_over_findings,
)
from crawler.storage.crawl.source_health import PageSample, sample_pages, save_health
from crawler.storage.file.database import transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.deliveries import release_deliveries
from scheduler.due.cadence import Plan, next_cron_moment, plan_next_visit, read_bounds
from scheduler.due.publishing_profile import (
    PublishingProfile,
    learn,
    read_profile,
    start_profile,
    write_profile,
)
from scheduler.due.source_health import HealthFinding, judge_health

_RNG = random.Random()  # noqa: S311  # jitter, not a secret
# up to this many overdue sources are visited at once; more are spread out
_NO_BUNCH = 50
# after a long sleep, ten sources a second, though never spread over more than half an hour: news has waited enough. Half of what
# the crawl process reads in that time (decision 055), so that what becomes due meanwhile is read as well
_SPREAD_EACH_SECONDS = 0.1
_LONGEST_SPREAD = timedelta(minutes=30)
# a host's Retry-After of a day, and active hours that begin the next day
_LONGEST_SILENCE = timedelta(hours=25)
# visits planned in one transaction, which then takes a few hundredths of a second
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Facts:
    """What planning needs to know of one visit.

    instants  when the articles it announced were published
    pages     the source's last pages, None if the visit fetched none
    """

    finished: FinishedVisit
    instants: tuple[datetime, ...]
    pages: PageSample | None


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is stored for one visit; ``plan`` is None if the source's due time stays as it is."""

    finished: FinishedVisit
    plan: Plan | None = None
    publishing_profile: str = ""
    finding: HealthFinding | None = None


async def plan_finished(writer: Writer, config: Config, *, now: datetime) -> int:
    """Plan the next visit of every source that has none, a few in each transaction; return how many."""
    count = 0
    while facts := await writer.run(_gather_facts):
        decisions = await asyncio.to_thread(_decide_all, facts, config, now)
        await writer.run(_write_down, decisions, now=now)
        count += len(decisions)
        if len(facts) < _AT_ONCE:
            break
    return count


def plan_finished_visits(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Do the same on a connection, for a caller that has the database to itself; return how many."""
    count = 0
    while facts := _gather_facts(connection):
        _write_down(connection, _decide_all(facts, config, now), now=now)
        count += len(facts)
    return count


def _gather_facts(connection: sqlite3.Connection) -> tuple[_Facts, ...]:
    return tuple(
        _Facts(
            finished,
            _list_instants(connection, finished),
            sample_pages(connection, finished.source_id) if finished.page_count else None,
        )
        for finished in list_finished_visits(connection, limit=_AT_ONCE)
    )


def _list_instants(connection: sqlite3.Connection, finished: FinishedVisit) -> tuple[datetime, ...]:
    if not finished.announced_count:
        return ()
    return list_announced_instants(
        connection,
        finished.source_id,
        since=finished.started_at,
        is_first=finished.publishing_profile is None,
    )


def _decide_all(facts: tuple[_Facts, ...], config: Config, now: datetime) -> tuple[_Decision, ...]:
    return tuple(_decide(each, config, now=now) for each in facts)


def _decide(facts: _Facts, config: Config, *, now: datetime) -> _Decision:
    """Decide when a source is visited next, and its health. An interrupted visit leaves it due."""
    finished = facts.finished
    if finished.is_outdated or finished.outcome is VisitOutcome.INTERRUPTED:
        return _Decision(finished)
    settings = config.source_named(finished.source_name)
    profile = _learn(facts, now=now)
    plan = plan_next_visit(finished, profile, settings=settings, config=config, now=now, rng=_RNG)
    finding = judge_health(
        finished, profile, facts.pages, settings=settings, failure=finished.note, now=now
    )
    return _Decision(finished, plan, write_profile(profile), finding)


def _write_down(
    connection: sqlite3.Connection, decisions: tuple[_Decision, ...], *, now: datetime
) -> None:
    with transaction(connection):
        for decision in decisions:
            _write_one(connection, decision, now=now)
        mark_planned(connection, decisions[-1].finished.finish_no)


def _write_one(connection: sqlite3.Connection, decision: _Decision, *, now: datetime) -> None:
    finished, finding = decision.finished, decision.finding
    if not finished.is_outdated:
        take_over_findings(connection, finished)
    if decision.plan is None or finding is None:
        return
    plan_visit(
        connection,
        finished,
        next_due_at=decision.plan.next_due_at,
        every_seconds=decision.plan.every.total_seconds(),
        publishing_profile=decision.publishing_profile,
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


def _learn(facts: _Facts, *, now: datetime) -> PublishingProfile:
    """Return the profile with what a visit found; if the source could not be read, no time passes for the profile."""
    finished = facts.finished
    if finished.publishing_profile is None:
        return start_profile(facts.instants, now=now)
    profile = read_profile(finished.publishing_profile)
    is_read = finished.outcome in {VisitOutcome.OK, VisitOutcome.UNCHANGED}
    return learn(profile, facts.instants, now=now) if is_read else profile


async def take_over(
    writer: Writer, config: Config, *, now: datetime, is_spreading: bool = True
) -> int:
    """Prepare the database at the start: schema, configuration, and claims of a predecessor that died.

    is_spreading  spread out many overdue sources, as suits a process that keeps running

    Only for a process that holds the instance lock. Returns how many visits were left open: the crawl process closes them.
    """
    await writer.run(migrate)
    await apply_config_in_slices(writer, config, now=now)
    await writer.run(_release)
    await writer.run(repair_schedule, config, now=now, is_spreading=is_spreading)
    return await writer.run(count_open_visits)


def _release(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        release_deliveries(connection)


def repair_schedule(
    connection: sqlite3.Connection,
    config: Config,
    *,
    now: datetime,
    jump: timedelta = timedelta(0),
    is_spreading: bool = True,
) -> int:
    """Correct due times after a long sleep or a moved clock; return how many were moved.

    jump          by how much the clock went ahead of the time that passed; negative if it was set back
    is_spreading  spread out many overdue sources in the order they were due; otherwise they stay due

    Moments planned by a clock that was since set back are moved back with it. Moments further ahead than any cadence
    allows are moved to one that it allows.
    """
    listed = list_due_times(connection)
    due_times = tuple((one, name, _set_back(due_at, now, jump)) for one, name, due_at in listed)
    before = {source_id: due_at for source_id, _, due_at in listed}
    overdue = [(source_id, due_at) for source_id, _, due_at in due_times if due_at <= now]
    is_bunch = is_spreading and len(overdue) > _NO_BUNCH
    moves = _spread(overdue, now=now) if is_bunch else []
    latest = _latest_moments(config, now=now)
    # no source's latest moment is sooner: so most are compared with this alone, of 50,000 too
    soonest = now + max(config.fetch.min_every, _LONGEST_SILENCE)
    for source_id, name, due_at in due_times:
        if due_at > soonest and due_at > latest(name):
            moves.append((source_id, now + _RNG.random() * (latest(name) - now)))
    moved = {source_id: due_at for source_id, _, due_at in due_times} | dict(moves)
    changed = [(one, due_at) for one, due_at in moved.items() if due_at != before[one]]
    if changed:
        with transaction(connection):
            move_due_times(connection, changed)
    return len(changed)


def _set_back(due_at: datetime, now: datetime, jump: timedelta) -> datetime:
    """Return a due time as the present clock would have planned it."""
    return max(now, due_at + jump) if jump < timedelta(0) and due_at > now else due_at


def _spread(overdue: list[tuple[int, datetime]], *, now: datetime) -> list[tuple[int, datetime]]:
    """Return a moment from now on for each overdue source, the longest overdue first."""
    step = min(timedelta(seconds=_SPREAD_EACH_SECONDS), _LONGEST_SPREAD / len(overdue))
    return [(source_id, now + step * place) for place, (source_id, _) in enumerate(overdue)]


def _latest_moments(config: Config, *, now: datetime) -> Callable[[str], datetime]:
    """Return a function from a source's name to the latest moment at which it can be due."""
    # the same jitter that plan_next_visit may have added
    slack = 1 + config.schedule.jitter

    def latest(name: str) -> datetime:
        settings = config.source_named(name)
        if settings is not None and isinstance(settings.every, str):
            return next_cron_moment(settings.every, config, now=now) + _LONGEST_SILENCE
        fixed = settings.every if settings is not None else None
        most = fixed if isinstance(fixed, timedelta) else read_bounds(settings, config).most
        return now + max(most * slack, config.schedule.max_backoff * slack) + _LONGEST_SILENCE

    return latest
