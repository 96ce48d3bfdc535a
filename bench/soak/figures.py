"""The figures of a soak: memory by kind of process, alerts that came, and the verdict. Pure functions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles

from bench.soak.daemon import Message
from bench.soak.processes import Process

# growth below this, in MB a minute, counts as none
MOST_GROWTH_MB = 1.0
LEAST_ON_TIME = 0.95
MOST_ABOVE_IDLE_MB = 400.0
# only processes that live as long as the daemon: workers are replaced before they can leak much
_LASTING = ("daemon", "crawl process")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement, at a moment in seconds since the sources were configured."""

    at_seconds: float
    processes: tuple[Process, ...]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The total use of all processes of one kind; ranges are of single processes.

    slope_mb  growth a minute after the warm-up, within single processes: a replaced process does not count as shrinking
    """

    kind: str
    count: int
    warm_mb: float
    end_mb: float
    most_mb: float
    slope_mb: float
    pss_end_mb: float
    descriptors: tuple[int, int]
    threads: tuple[int, int]
    pids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFates:
    """The expected alerts and their fate, each as (recipient, token).

    stray  messages to a recipient that name no article of a good source
    """

    expected: int
    delivered: int
    lost: tuple[tuple[str, str], ...]
    doubled: tuple[tuple[str, str], ...]
    stray: int
    median_seconds: float
    p95_seconds: float


def measure_usage(samples: Sequence[Sample], kind: str, *, warm_up_seconds: float) -> Usage | None:
    """Return the use of the processes of one kind, None if there were none."""
    of_kind = [[p for p in one.processes if p.kind == kind] for one in samples]
    every = [process for processes in of_kind for process in processes]
    if not every:
        return None
    totals = [sum(p.rss_mb for p in processes) for processes in of_kind]
    later = [n for n, one in enumerate(samples) if one.at_seconds >= warm_up_seconds] or [-1]
    points = [(p.pid, samples[n].at_seconds / 60, p.rss_mb) for n in later for p in of_kind[n]]
    return Usage(
        kind=kind,
        count=len(of_kind[-1]),
        warm_mb=totals[later[0]],
        end_mb=totals[-1],
        most_mb=max(totals),
        slope_mb=fit_slope(points),
        pss_end_mb=sum(p.pss_mb for p in of_kind[-1]),
        descriptors=(min(p.descriptors for p in every), max(p.descriptors for p in every)),
        threads=(min(p.threads for p in every), max(p.threads for p in every)),
        pids=len({p.pid for p in every}),
    )


def fit_slope(points: Iterable[tuple[int, float, float]]) -> float:
    """Return the common slope of (process, x, y) by least squares, with an offset for each process."""
    groups: dict[int, list[tuple[float, float]]] = {}
    for pid, x, y in points:
        groups.setdefault(pid, []).append((x, y))
    above, below = 0.0, 0.0
    for group in groups.values():
        mean_x = sum(x for x, _ in group) / len(group)
        mean_y = sum(y for _, y in group) / len(group)
        above += sum((x - mean_x) * (y - mean_y) for x, y in group)
        below += sum((x - mean_x) ** 2 for x, _ in group)
    return above / below if below else 0.0


def compare_alerts(
    expected: Mapping[tuple[str, str], datetime], messages: Sequence[Message]
) -> AlertFates:
    """Return the fate of the expected alerts, (recipient, token) with their publication, by the messages that came."""
    came = Counter((one.recipient, token) for one in messages for token in one.tokens)
    delays = [
        (one.received_at - expected[one.recipient, token]).total_seconds()
        for one in messages
        for token in one.tokens
        if (one.recipient, token) in expected
    ]
    return AlertFates(
        expected=len(expected),
        delivered=sum(key in came for key in expected),
        lost=tuple(sorted(key for key in expected if key not in came)),
        doubled=tuple(sorted(key for key, count in came.items() if count > 1)),
        stray=sum(not one.tokens for one in messages),
        median_seconds=median(delays) if delays else 0.0,
        p95_seconds=quantiles(delays, n=20)[-1] if len(delays) > 1 else 0.0,
    )


def judge(
    usages: Iterable[Usage],
    told: AlertFates,
    *,
    on_time: float,
    traceback_count: int,
    troubles: Sequence[str] = (),
) -> list[str]:
    """Return the reasons for which a soak failed; ``troubles`` are further ones known already."""
    failures = [
        *troubles,
        *(
            f"the {usage.kind} grows by {usage.slope_mb:.1f} MB a minute"
            for usage in usages
            if usage.kind in _LASTING and usage.slope_mb >= MOST_GROWTH_MB
        ),
    ]
    if on_time < LEAST_ON_TIME:
        failures.append(f"good sources were on time {on_time:.1%} of the time")
    if told.lost:
        failures.append(f"{len(told.lost)} alerts were lost")
    if told.doubled:
        failures.append(f"{len(told.doubled)} alerts came more than once")
    if traceback_count:
        failures.append(f"{traceback_count} tracebacks in the log")
    return failures
