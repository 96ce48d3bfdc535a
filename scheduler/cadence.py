"""When a source is visited next: pure arithmetic on what the last visit found."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.config.schema import Config, SourceSettings
from crawler.model.run import RunOutcome
from crawler.storage.crawl_queue import FinishedVisit

# news found: come back sooner; nothing found: wait a little longer. The product of both is below one, so a
# source that publishes at every second visit settles near its own rhythm.
_SOONER = 0.7
_LATER = 1.25
_FIRST_RETRY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A source's next moment and the rhythm it follows from."""

    next_due_at: datetime
    every: timedelta


def plan_next_visit(
    finished: FinishedVisit,
    *,
    settings: SourceSettings | None,
    config: Config,
    now: datetime,
    rng: random.Random,
) -> Plan:
    """Plan the visit after this one.

    A failure waits twice as long as the one before, up to ``[schedule] max_backoff``, for ever: no source is given
    up. A page that waits to be tried again pulls the visit forward. Jitter keeps sources from marching in step.
    """
    every = _adapt(finished, settings, config)
    wait = every
    if finished.outcome is RunOutcome.FAILED:
        doubled = _FIRST_RETRY * 2 ** min(finished.failure_count - 1, 20)
        wait = min(doubled, config.schedule.max_backoff, max(every, _FIRST_RETRY))
    share = config.schedule.jitter
    due_at = now + wait * rng.uniform(1 - share, 1 + share)
    if finished.next_try_at is not None and finished.outcome is not RunOutcome.FAILED:
        due_at = min(due_at, max(finished.next_try_at, now))
    return Plan(next_due_at=due_at, every=every)


def _adapt(finished: FinishedVisit, settings: SourceSettings | None, config: Config) -> timedelta:
    """Give the rhythm from here on: the stated one, or the last one moved by what was found."""
    if settings is not None and settings.every is not None:
        return settings.every
    fetch = config.fetch
    if finished.every_seconds is None:
        return fetch.every
    every = timedelta(seconds=finished.every_seconds)
    if finished.outcome in {RunOutcome.OK, RunOutcome.UNCHANGED}:
        every *= _SOONER if finished.announced_count else _LATER
    return min(max(every, fetch.min_every), fetch.max_every)
