"""The politeness of a week's requests, measured at the server. Pure functions."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.week.servers.server import Asked

# by the log, two requests at the same moment
_SLACK_SECONDS = 0.06
# the Retry-After of sites.py, and how far a clock may be off
_RETRY_AFTER_SECONDS = 7 - 0.2


@dataclass(slots=True, kw_only=True)
class Manners:
    """Impolite requests, one line each.

    unconditional  feeds requested in full although the server had named a version, except for one a day
    leaked         secrets of one site that were sent to another
    """

    requests: int = 0
    too_soon: list[str] = field(default_factory=list)
    at_once: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    impatient: list[str] = field(default_factory=list)
    unconditional: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)

    @property
    def by_kind(self) -> dict[str, list[str]]:
        """Return the lines of each kind, by its name in the report."""
        return {
            "too soon": self.too_soon,
            "at the same time": self.at_once,
            "forbidden by robots.txt": self.forbidden,
            "robots.txt not asked for first": self.unasked,
            "within Retry-After": self.impatient,
            "not conditional": self.unconditional,
            "another's secret shown": self.leaked,
        }

    @property
    def impolite(self) -> int:
        """Return how many requests were impolite in any way."""
        return sum(map(len, self.by_kind.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The rules of sites, beyond those that hold for all.

    forbidden  host -> prefix of the paths its robots.txt forbids
    delays     host -> the pause its robots.txt asks for
    unbound    hosts whose robots.txt is ignored by the configuration
    secrets    a header's value -> hosts that may see it
    """

    forbidden: Mapping[str, str] = field(default_factory=dict)
    delays: Mapping[str, float] = field(default_factory=dict)
    unbound: frozenset[str] = frozenset()
    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)


def judge_manners(
    asked: Sequence[Asked], *, delay: float, house: House, restarts: int = 0
) -> Manners:
    """Return the impolite requests among those to each host.

    delay     the configured pause between two requests to one domain
    restarts  how many times a process lost its memory of pauses
    """
    found = Manners(requests=len(asked))
    by_host: dict[str, list[Asked]] = defaultdict(list)
    for one in sorted(asked, key=lambda each: each.began):
        by_host[one.host].append(one)
    for host, requests in by_host.items():
        _judge_pace(found, requests, max(delay, house.delays.get(host, 0.0)))
        prefix = house.forbidden.get(host)
        for one in requests:
            if prefix and one.path.startswith(prefix):
                found.forbidden.append(_describe(one))
        if requests[0].path != "/robots.txt" and host not in house.unbound:
            found.unasked.append(_describe(requests[0]))
        _judge_patience(found, requests)
        _judge_conditions(found, requests, restarts)
        _judge_secrets(found, requests, house.secrets)
    return found


def _judge_pace(found: Manners, requests: Sequence[Asked], delay: float) -> None:
    for before, after in pairwise(requests):
        if before.status == 0 and before.path == after.path:
            continue  # a kept connection was closed, so its request is sent once more: RFC 9110, 9.2.2
        # a pause begins at the end of an answer, so a slow transfer only makes it longer
        gap = after.began - before.began
        if gap < delay:
            found.too_soon.append(f"{_describe(after)} {gap:.2f} s after {before.path}")
        if after.began < before.ended - _SLACK_SECONDS:
            found.at_once.append(_describe(after))


def _judge_patience(found: Manners, requests: Sequence[Asked]) -> None:
    """Record requests that came too early: after 429 to the host, after 503 to that page."""
    until, held = 0.0, dict[str, float]()
    for one in requests:
        if one.began < max(until, held.get(one.path, 0.0)):
            found.impatient.append(_describe(one))
        if one.status == 429:
            until = max(until, one.ended + _RETRY_AFTER_SECONDS)
        if one.status == 503:
            held[one.path] = one.ended + _RETRY_AFTER_SECONDS


def _judge_secrets(
    found: Manners, requests: Sequence[Asked], secrets: Mapping[str, frozenset[str]]
) -> None:
    for one in requests:
        shown = " ".join(one.headers.values())
        if any(value in shown and one.host not in hosts for value, hosts in secrets.items()):
            found.leaked.append(_describe(one))


def _judge_conditions(found: Manners, requests: Sequence[Asked], restarts: int) -> None:
    answered: Counter[str] = Counter()
    for one in requests:
        if answered[one.path] > restarts and "if-none-match" not in one.headers:
            found.unconditional.append(_describe(one))
        answered[one.path] += one.has_version


def _describe(one: Asked) -> str:
    return f"{one.at:%H:%M:%S.%f} {one.host}{one.path}"
