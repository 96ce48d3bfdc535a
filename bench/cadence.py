"""Detection delay and requests of the adaptive cadence against polling at a fixed pace, by simulation.

    python -m bench.cadence [--days 56] [--warm-up 28] [--seed 1] [--data FILE]

The sources are synthetic, and differ as news sources do: their rates are spread log-normally over three orders of
magnitude, they keep office hours or publish at night, in bursts, or once a day. Each strategy sees the very same
articles; a visit finds what was published since the one before. The adaptive cadence starts knowing nothing, and its
one knob (``[fetch] every``) is set so that it makes at most as many requests as the fixed pace it is compared with.

--data FILE  JSON lines {"source": ..., "published_at": ISO} instead of the synthetic sources
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import mean, median

from scheduler.due.cadence import Bounds, find_next_moment
from scheduler.due.publishing_profile import PublishingProfile, learn, start_profile

START = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = ("steady", "office hours", "nightly", "bursty", "punctual")
# the defaults of [fetch] min_every and max_every
LEAST, MOST = timedelta(minutes=10), timedelta(hours=24)


@dataclass(frozen=True)
class Site:
    """One source: what kind it is, and when it published."""

    kind: str
    instants: tuple[datetime, ...]


@dataclass(frozen=True)
class Outcome:
    """The result of a strategy: visits made, and each article's delay in minutes."""

    visits: int
    delays: list[float]


def make_sites(days: int, rng: random.Random, *, per_kind: int = 12) -> list[Site]:
    """Return synthetic sources."""
    sites = []
    for kind in KINDS:
        for _ in range(per_kind):
            per_day = math.exp(rng.gauss(math.log(6), 1.6))
            sites.append(Site(kind, tuple(_publish(kind, min(per_day, 300), days, rng))))
    return sites


def _publish(kind: str, per_day: float, days: int, rng: random.Random) -> list[datetime]:
    if kind == "punctual":
        minute = rng.randrange(1440)
        moments = [timedelta(days=day, minutes=minute + rng.gauss(0, 6)) for day in range(days)]
        return sorted(START + moment for moment in moments)
    weights: Callable[[int, int], float] = {
        "office hours": lambda day, hour: 4.0 if day < 5 and 7 <= hour < 18 else 0.15,
        "nightly": lambda day, hour: 8.0 if 1 <= hour < 4 else 0.05,
    }.get(kind, lambda day, hour: 1.0)
    total = sum(weights(day, hour) for day in range(7) for hour in range(24)) / 7
    found: list[datetime] = []
    for number in range(days * 24):
        day, hour = (number // 24) % 7, number % 24
        expected = per_day * weights(day, hour) / total
        size = 6 if kind == "bursty" else 1
        for _ in range(_poisson(expected / size, rng)):
            begin = START + HOUR * (number + rng.random())
            found += [begin + timedelta(minutes=rng.expovariate(1 / 40)) * k for k in range(size)]
    return sorted(found)


def _poisson(expected: float, rng: random.Random) -> int:
    limit, count, product = math.exp(-expected), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count


Planner = Callable[[list[datetime], datetime], datetime]


def visit(
    site: Site, plan: Planner, *, begin: datetime, end: datetime, judged: datetime
) -> Outcome:
    """Return the outcome of one strategy on one source; only what happens from ``judged`` on counts."""
    now, place, visits, delays = begin, 0, 0, []
    while now < end:
        news = []
        while place < len(site.instants) and site.instants[place] <= now:
            news.append(site.instants[place])
            place += 1
        if now >= judged:
            visits += 1
            delays += [
                (now - instant) / timedelta(minutes=1) for instant in news if instant >= judged
            ]
        now = plan(news, now)
    return Outcome(visits, delays)


def fixed(every: timedelta) -> Callable[[], Planner]:
    """Poll at a fixed pace."""
    return lambda: lambda _news, now: now + every


def simple(every: timedelta) -> Callable[[], Planner]:
    """Poll by the rule of thumb of many readers: sooner after news, later after none."""

    def start() -> Planner:
        pace = [every]

        def plan(news: list[datetime], now: datetime) -> datetime:
            pace[0] = min(max(pace[0] * (0.7 if news else 1.25), LEAST), MOST)
            return now + pace[0]

        return plan

    return start


def adaptive(every: timedelta, *, least: timedelta) -> Callable[[], Planner]:
    """Poll by Watchword's cadence, without jitter."""

    def start() -> Planner:
        known: list[PublishingProfile | None] = [None]

        def plan(news: list[datetime], now: datetime) -> datetime:
            # the first visit finds the last 20 articles, as in a feed
            before = known[0]
            article_seconds = (
                learn(before, news, now=now) if before else start_profile(news[-20:], now=now)
            )
            known[0] = article_seconds
            return find_next_moment(
                article_seconds, Bounds(hourly=every, least=least, most=MOST), now=now
            )

        return plan

    return start


def run(
    sites: Iterable[Site], start: Callable[[], Planner], args: argparse.Namespace
) -> list[Outcome]:
    """Return the outcomes of a strategy on all sources."""
    begin = START + timedelta(days=2)
    judged, end = START + timedelta(days=args.warm_up), START + timedelta(days=args.days)
    return [visit(site, start(), begin=begin, end=end, judged=judged) for site in sites]


def tune(
    sites: list[Site],
    make: Callable[[timedelta], Callable[[], Planner]],
    most: int,
    args: argparse.Namespace,
) -> list[Outcome]:
    """Return the outcomes with the setting that makes at most ``most`` visits, and nearly as many."""
    low, high = 60.0, 86_400.0
    best = None
    for _ in range(8):
        middle = math.sqrt(low * high)
        found = run(sites, make(timedelta(seconds=middle)), args)
        if sum(one.visits for one in found) <= most:
            best, high = found, middle
        else:
            low = middle
    return best or found


def read_sites(file: Path) -> list[Site]:
    """Return sources from a file of publishing times; all are shifted so that the first is at the start of the simulation."""
    by_source: dict[str, list[datetime]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        by_source.setdefault(item["source"], []).append(
            datetime.fromisoformat(item["published_at"])
        )
    first = min(min(instants) for instants in by_source.values())
    return [
        Site("data", tuple(sorted(START + (instant - first) for instant in instants)))
        for instants in by_source.values()
    ]


def describe(name: str, found: list[Outcome], days: float) -> str:
    """Return a row of the table."""
    delays = sorted(delay for one in found for delay in one.delays)
    visits = sum(one.visits for one in found) / days / len(found)
    p90 = delays[int(0.9 * len(delays))]
    return f"| {name} | {visits:.1f} | {mean(delays):.1f} | {median(delays):.1f} | {p90:.1f} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument("--warm-up", type=int, default=28)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-kind", type=int, default=12)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    sites = (
        read_sites(args.data)
        if args.data
        else make_sites(args.days, random.Random(args.seed), per_kind=args.per_kind)
    )
    days = args.days - args.warm_up
    print(
        f"{len(sites)} sources, {sum(len(site.instants) for site in sites)} articles, {args.days} days, the last {days} counted\n"
    )
    print("| strategy | visits a day and source | mean delay (min) | median | p90 |")
    print("| --- | --- | --- | --- | --- |")
    for minutes in (15, 30, 60):
        pace = timedelta(minutes=minutes)
        base = run(sites, fixed(pace), args)
        most = sum(one.visits for one in base)
        print(describe(f"fixed, {minutes} min", base, days), flush=True)
        ours = tune(sites, partial(adaptive, least=timedelta(minutes=1)), most, args)
        print(describe("adaptive, same requests", ours, days), flush=True)
        ratio = mean(d for o in ours for d in o.delays) / mean(d for o in base for d in o.delays)
        print(
            f"| **ratio adaptive : fixed** | {sum(o.visits for o in ours) / most:.2f} | **{ratio:.2f}** | | |",
            flush=True,
        )
    print(
        describe(
            "0.7 / 1.25 rule, 10 min to 24 h", run(sites, simple(timedelta(minutes=30)), args), days
        )
    )
    print(
        "\nBy kind, adaptive as delivered ([fetch] every = 30m, min_every = 10m) against fixed 30 min:\n"
    )
    print("| kind | visits fixed | visits adaptive | mean delay fixed | mean delay adaptive |")
    print("| --- | --- | --- | --- | --- |")
    base = run(sites, fixed(timedelta(minutes=30)), args)
    ours = run(sites, adaptive(timedelta(minutes=30), least=LEAST), args)
    for kind in sorted({site.kind for site in sites}):
        pairs = [
            (one, other)
            for site, one, other in zip(sites, base, ours, strict=True)
            if site.kind == kind
        ]
        visits = [sum(pair[side].visits for pair in pairs) / days / len(pairs) for side in (0, 1)]
        delays = [mean([d for pair in pairs for d in pair[side].delays] or [0]) for side in (0, 1)]
        print(f"| {kind} | {visits[0]:.1f} | {visits[1]:.1f} | {delays[0]:.1f} | {delays[1]:.1f} |")


if __name__ == "__main__":
    main()
