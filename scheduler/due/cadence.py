"""When a source is visited next: pure arithmetic on what its last visits found (decision 009)."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.backoff import Backoff
from crawler.config.cron import list_cron_moments, read_active_hours
from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.plans import FinishedVisit
from scheduler.due.publishing_profile import PublishingProfile, hourly_rates, rate_at

# most failures are a restart or a lost packet, and over by then; it doubles with each further one
_FIRST_RETRY = timedelta(seconds=30)
_HOUR = timedelta(hours=1)
# the sources of a host that was throttled come back one by one, not all in the same second
_THROTTLE_JITTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A source's next due time, and the cadence it follows from."""

    next_due_at: datetime
    every: timedelta


def plan_next_visit(
    finished: FinishedVisit,
    profile: PublishingProfile,
    *,
    settings: SourceSettings | None,
    config: Config,
    now: datetime,
    rng: random.Random,
) -> Plan:
    """Return the plan for the visit after this one.

    After each failure the wait doubles, up to ``[schedule] max_backoff``, and no source is ever given up. A page that
    waits to be tried again moves the visit forward, a throttled host moves it back. Jitter keeps sources from being
    visited all at the same moment.
    """
    every, due_at = _plan_well(finished, profile, settings, config, now=now)
    if finished.outcome is VisitOutcome.FAILED:
        due_at = now + _back_off(finished, config, due_at - now)
    share = config.schedule.jitter
    # a cron expression means its minute: jitter would visit at another
    if not _is_cron(settings) or finished.outcome is VisitOutcome.FAILED:
        due_at = now + (due_at - now) * rng.uniform(1 - share, 1 + share)
    if finished.next_try_at is not None and finished.outcome is not VisitOutcome.FAILED:
        due_at = min(due_at, max(finished.next_try_at, now))
    if settings is not None and settings.active_hours is not None:
        due_at = _into_active_hours(due_at, settings.active_hours, config, rng)
    # last, so that nothing above visits a host before it allows it
    if finished.throttled_until is not None:
        after = finished.throttled_until + timedelta(
            seconds=rng.uniform(0, _THROTTLE_JITTER_SECONDS)
        )
        due_at = max(due_at, after)
    return Plan(next_due_at=due_at, every=every)


def _is_cron(settings: SourceSettings | None) -> bool:
    return settings is not None and isinstance(settings.every, str)


def _plan_well(
    finished: FinishedVisit,
    profile: PublishingProfile,
    settings: SourceSettings | None,
    config: Config,
    *,
    now: datetime,
) -> tuple[timedelta, datetime]:
    """Return the cadence and the next due time as if nothing had gone wrong."""
    if settings is not None and isinstance(settings.every, str):
        due_at = next_cron_moment(settings.every, config, now=now)
        return due_at - now, due_at
    if settings is not None and isinstance(settings.every, timedelta):
        return settings.every, now + settings.every
    bounds = read_bounds(settings, config)
    due_at = find_next_moment(profile, bounds, now=now)
    every = due_at - now
    # entries may have come and gone between two visits: come back in half the time
    if finished.has_rollover:
        due_at = now + max(every / 2, bounds.least)
    if finished.pause_seconds is not None:
        asked = min(timedelta(seconds=finished.pause_seconds), config.fetch.max_feed_ttl)
        due_at = max(due_at, now + min(asked, bounds.most))
    return every, due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits within which a publishing profile sets the time between two visits.

    hourly       that time for a source with one article an hour. For others it goes by the square root of their rate,
                 which gives the least mean delay of an article for a given number of visits (decision 009).
    least, most  the shortest and the longest time
    """

    hourly: timedelta
    least: timedelta
    most: timedelta


def read_bounds(settings: SourceSettings | None, config: Config) -> Bounds:
    """Return a source's bounds: its own, else those of ``[fetch]``."""
    fetch = config.fetch
    least = (settings.min_every if settings else None) or fetch.min_every
    most = (settings.max_every if settings else None) or fetch.max_every
    return Bounds(hourly=fetch.every, least=least, most=max(most, least))


def find_next_moment(profile: PublishingProfile, bounds: Bounds, *, now: datetime) -> datetime:
    """Return the moment at which the expected articles will together have waited as long as a visit is worth.

    With an even rate this is the square-root rule. With an uneven one, hours without expected articles are skipped, and
    the visit comes right after the hours that have some (measured in bench/cadence.py).
    """
    rates, moment = hourly_rates(profile), now + bounds.least
    # r * t**2 / 2 for one article an hour: the hours that articles wait together (decision 009)
    worth = (bounds.hourly / _HOUR) ** 2 / 2
    unseen = rate_at(profile, rates, now) * (bounds.least / _HOUR)
    waited = unseen * (bounds.least / _HOUR) / 2
    latest = now + bounds.most
    while moment < latest and waited < worth:
        rate = rate_at(profile, rates, moment)
        end = min(moment.replace(minute=0, second=0, microsecond=0) + _HOUR, latest)
        hours, wanted = (end - moment) / _HOUR, _solve(unseen, rate, worth - waited)
        if wanted <= hours:
            return moment + wanted * _HOUR
        waited += unseen * hours + rate * hours**2 / 2
        unseen += rate * hours
        moment = end
    return moment


def _solve(unseen: float, rate: float, waiting: float) -> float:
    """Return after how many hours the unseen articles and those that come at a rate have waited ``waiting`` hours together."""
    # less than one article in a hundred thousand years: below, this would be a division by nearly zero
    if rate < 1e-9:
        return waiting / unseen if unseen > 1e-9 else math.inf
    return (math.sqrt(unseen**2 + 2 * rate * waiting) - unseen) / rate


def _back_off(finished: FinishedVisit, config: Config, usual: timedelta) -> timedelta:
    """Return the wait after a failure; the longest one for a refusal, which does not go away soon."""
    if finished.is_refused:
        return config.schedule.max_backoff
    # at most the usual wait: a source that fails is not tried less often than one that is well
    most = min(config.schedule.max_backoff, max(usual, _FIRST_RETRY))
    return Backoff(_FIRST_RETRY, most).wait_after(finished.failure_count)


def next_cron_moment(expression: str, config: Config, *, now: datetime) -> datetime:
    """Return the next moment of a cron expression in the person's zone, aware UTC."""
    moments = list_cron_moments(expression, config.zone, after=now)
    # the expression was checked with the configuration; one that names no day in fifty years is looked at again in a year
    return next(moments, now + timedelta(days=366))


def _into_active_hours(
    due_at: datetime, hours: str, config: Config, rng: random.Random
) -> datetime:
    """Return a moment within the active hours; one outside is moved to at most five minutes after they begin."""
    begin, end = read_active_hours(hours)
    local = due_at.astimezone(config.zone)
    clock = local.time()
    is_active = begin <= clock < end if begin < end else clock >= begin or clock < end
    if is_active:
        return due_at
    opens = local.replace(hour=begin.hour, minute=begin.minute, second=0, microsecond=0, fold=0)
    if clock >= begin:
        # on the wall clock: the same hour of the next day, although the offset may change
        opens += timedelta(days=1)
    # sources with the same hours must not all be visited in the same second
    return opens.astimezone(UTC) + timedelta(seconds=rng.uniform(0, 300))
