"""How polite the requests of a week were, measured at the server. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.week.server import Asked

# two requests at once, by the log
_SLACK_SECONDS = 0.06


@dataclass(slots=True, kw_only=True)
class Manners:
    """What was impolite, one line each.

    unconditional  feeds asked for in full although the server had named a version, beyond the one a day
    """

    requests: int = 0
    too_soon: list[str] = field(default_factory=list)
    at_once: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    impatient: list[str] = field(default_factory=list)
    unconditional: list[str] = field(default_factory=list)

    @property
    def impolite(self) -> int:
        """Return how many requests were impolite in any way."""
        lists = (self.too_soon, self.at_once, self.forbidden, self.unasked, self.impatient, self.unconditional)  # fmt: skip
        return sum(map(len, lists))


def judge_manners(
    asked: Sequence[Asked], *, delay: float, forbidden: Mapping[str, str], restarts: int = 0
) -> Manners:
    """Judge what was asked of each host.

    delay      the configured pause between two requests to one domain
    forbidden  host -> beginning of paths its robots.txt forbids
    restarts   so many times what a process remembered of pauses was lost
    """
    found = Manners(requests=len(asked))
    by_host: dict[str, list[Asked]] = defaultdict(list)
    for one in sorted(asked, key=lambda each: each.began):
        by_host[one.host].append(one)
    for host, requests in by_host.items():
        _judge_pace(found, requests, delay)
        prefix = forbidden.get(host)
        for one in requests:
            if prefix and one.path.startswith(prefix):
                found.forbidden.append(_tell(one))
        if requests[0].path != "/robots.txt":
            found.unasked.append(_tell(requests[0]))
        _judge_patience(found, requests)
        _judge_conditions(found, requests, restarts)
    return found


def _judge_pace(found: Manners, requests: Sequence[Asked], delay: float) -> None:
    for before, after in pairwise(requests):
        if before.status == 0 and before.path == after.path:
            continue  # a kept connection was closed, and what was asked on it is asked once more: RFC 9110, 9.2.2
        # a pause begins with the end of an answer, so whatever is slow on the way makes this longer
        gap = after.began - before.began
        if gap < delay:
            found.too_soon.append(f"{_tell(after)} {gap:.2f} s after {before.path}")
        if after.began < before.ended - _SLACK_SECONDS:
            found.at_once.append(_tell(after))


def _judge_patience(found: Manners, requests: Sequence[Asked]) -> None:
    until = 0.0
    for one in requests:
        if one.began < until:
            found.impatient.append(_tell(one))
        if one.status == 429:
            until = max(until, one.ended + 7 - 0.2)


def _judge_conditions(found: Manners, requests: Sequence[Asked], restarts: int) -> None:
    answered: Counter[str] = Counter()
    for one in requests:
        if answered[one.path] > restarts and "if-none-match" not in one.headers:
            found.unconditional.append(_tell(one))
        answered[one.path] += one.has_version


def _tell(one: Asked) -> str:
    return f"{one.at:%H:%M:%S.%f} {one.host}{one.path}"
