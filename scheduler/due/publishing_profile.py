"""When a source publishes: a rate for each hour of the week, learned from what it announced. Pure arithmetic.

The rate of an hour of the week is drawn towards that of the hour of the day, and this towards the overall rate: the less
has been seen, the more. Old weeks fade with a half-life of four weeks. The articles of the last hours count on top, as
news comes in bursts. Decision 009 gives the reasons, bench/cadence.py the measurements.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from crawler.text.instants import write_iso

# hours of the week, because weekends and nights differ from working hours in nearly all newsrooms (decision 009)
_HOURS_OF_WEEK = 168
# a change of habits counts as much as the old ones after a month; bench/cadence.py simulates eight weeks with it
_HALF_LIFE_WEEKS = 4.0
# weight of the broader rate, as if it had been seen for this many hours. In bench.cadence (15 sources) visits times delay
# is 118 with 2, 119 with 0.5 and 126 with 8: the exact number hardly matters
_LEAN = 2.0
# how fast a burst fades; of what it is above the usual rate, this share is expected to go on. In bench.cadence (15 sources)
# the mean delay is 11.7 min with it and 13.1 without, for 17 % more visits, which fall into the bursts
_BURST = timedelta(hours=2)
_BURST_SHARE = 0.7
# source_health takes their 99th percentile, which needs a hundred
_MOST_GAPS = 100
# a feed that lists years, or dates an old article anew, must not change the profile of today
_LONGEST_LOOK = timedelta(days=28)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingProfile:
    """What is known of when a source publishes.

    since       aware UTC: its articles are known from here on
    learned_at  aware UTC: its articles are known up to here
    weeks       weeks observed, old ones faded
    counts      articles in each hour of the week (Monday 00:00 UTC first), faded likewise
    recent      articles an hour lately, on top of the above
    last_at     when its newest article was published, or None
    gaps        the last pauses between articles, counted in articles expected meanwhile: 1 is an ordinary pause
    """

    since: datetime
    learned_at: datetime
    weeks: float = 0.0
    counts: tuple[float, ...] = (0.0,) * _HOURS_OF_WEEK
    recent: float = 0.0
    last_at: datetime | None = None
    gaps: tuple[float, ...] = ()

    @property
    def article_count(self) -> float:
        """Articles seen, old ones faded."""
        return sum(self.counts)


def start_profile(instants: Iterable[datetime], *, now: datetime) -> PublishingProfile:
    """Return a profile from the first visit: the entries of a feed show the days before it."""
    known = sorted(instant for instant in instants if now - _LONGEST_LOOK <= instant <= now)
    # the feed goes back to some moment before its oldest article: add one mean pause
    span = now - known[0] if known else timedelta(0)
    since = now - span * (1 + 1 / len(known)) if known else now
    return learn(PublishingProfile(since=since, learned_at=since), known, now=now)


def learn(
    profile: PublishingProfile, instants: Iterable[datetime], *, now: datetime
) -> PublishingProfile:
    """Return the profile with newly announced articles; late ones of the last 28 days count as well."""
    passed = max(now - profile.learned_at, timedelta(0))
    weeks = passed / timedelta(weeks=1)
    fade = 0.5 ** (weeks / _HALF_LIFE_WEEKS)
    counts = [count * fade for count in profile.counts]
    recent = profile.recent * math.exp(-passed / _BURST)
    news = sorted(min(instant, now) for instant in instants if instant > now - _LONGEST_LOOK)
    for instant in news:
        counts[_hour_of_week(instant)] += 1
        recent += math.exp(-(now - instant) / _BURST) / (_BURST / _HOUR)
    learned = replace(
        profile,
        # never back, also if the clock was set back: hours would count twice
        learned_at=max(now, profile.learned_at),
        weeks=profile.weeks * fade + weeks,
        counts=tuple(counts),
        recent=recent,
    )
    return _learn_gaps(learned, news)


def _learn_gaps(profile: PublishingProfile, news: list[datetime]) -> PublishingProfile:
    gaps, last = list(profile.gaps), profile.last_at
    # once for all of them: computed for each of 100 articles this took 32 ms, now 1.4 ms
    rates = hourly_rates(profile) if news else ()
    for instant in news:
        if last is not None and instant > last:
            gaps.append(round(_sum_rates(rates, last, instant), 2))
        last = instant if last is None else max(last, instant)
    return replace(profile, gaps=tuple(gaps[-_MOST_GAPS:]), last_at=last)


def _hour_of_week(instant: datetime) -> int:
    moment = instant.astimezone(UTC)
    return moment.weekday() * 24 + moment.hour


def hourly_rates(profile: PublishingProfile) -> tuple[float, ...]:
    """Return the expected articles an hour, for each hour of the week."""
    covered = _covered_hours(profile)
    hours = sum(covered)
    # as if two more hours with an article each had been seen, so that a new source is visited soon
    overall = (profile.article_count + 2) / (hours + 2)
    by_day = []
    for hour in range(24):
        count = sum(profile.counts[hour::24])
        by_day.append((count + overall * _LEAN * 2) / (sum(covered[hour::24]) + _LEAN * 2))
    return tuple(
        (profile.counts[place] + by_day[place % 24] * _LEAN) / (covered[place] + _LEAN)
        for place in range(_HOURS_OF_WEEK)
    )


def _covered_hours(profile: PublishingProfile) -> list[float]:
    """Return how many hours each hour of the week has been observed, old weeks faded."""
    if profile.weeks >= 1:
        return [profile.weeks] * _HOURS_OF_WEEK
    covered = [0.0] * _HOURS_OF_WEEK
    moment = profile.since
    while moment < profile.learned_at:
        end = min(_next_hour(moment), profile.learned_at)
        covered[_hour_of_week(moment)] += (end - moment) / _HOUR
        moment = end
    return covered


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + _HOUR


def rate_at(profile: PublishingProfile, rates: tuple[float, ...], moment: datetime) -> float:
    """Return the expected articles an hour at a coming moment, with what is left of a burst by then.

    rates  from ``hourly_rates``, computed once
    """
    base = rates[_hour_of_week(moment)]
    usual = rates[_hour_of_week(profile.learned_at)]
    left = math.exp(-max(moment - profile.learned_at, timedelta(0)) / _BURST)
    return base + max(profile.recent - usual, 0.0) * left * _BURST_SHARE


def expect(profile: PublishingProfile, begin: datetime, end: datetime) -> float:
    """Return how many articles are expected between two moments; of a longer time the last 60 days count."""
    return _sum_rates(hourly_rates(profile), begin, end)


def _sum_rates(rates: Sequence[float], begin: datetime, end: datetime) -> float:
    # one step for each hour: a source that was silent for years would take long to add up
    moment, total = max(begin, end - timedelta(days=60)), 0.0
    while moment < end:
        until = min(_next_hour(moment), end)
        total += rates[_hour_of_week(moment)] * ((until - moment) / _HOUR)
        moment = until
    return total


def write_profile(profile: PublishingProfile) -> str:
    """Return a profile as JSON, about a kilobyte."""
    return json.dumps(
        {
            "since": write_iso(profile.since),
            "learned_at": write_iso(profile.learned_at),
            "weeks": round(profile.weeks, 5),
            "counts": [round(count, 3) or 0 for count in profile.counts],
            "recent": round(profile.recent, 4),
            "last_at": write_iso(profile.last_at) if profile.last_at else None,
            "gaps": profile.gaps,
        },
        separators=(",", ":"),
    )


def read_profile(text: str) -> PublishingProfile:
    """Return the profile that ``write_profile`` wrote."""
    stored = json.loads(text)
    return PublishingProfile(
        since=datetime.fromisoformat(stored["since"]),
        learned_at=datetime.fromisoformat(stored["learned_at"]),
        weeks=stored["weeks"],
        counts=tuple(stored["counts"]),
        recent=stored["recent"],
        last_at=datetime.fromisoformat(stored["last_at"]) if stored["last_at"] else None,
        gaps=tuple(stored["gaps"]),
    )
