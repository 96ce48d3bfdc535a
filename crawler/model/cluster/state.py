"""The cluster in a few numbers: part of each beat of the crawl process, of ``/metrics`` and of what people are shown."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

# of a beat: a line of it has a bound, and nobody reads more
_MOST_WORKERS = 200
# characters of what others wrote: a worker's name and release, an error of PostgreSQL
_LONGEST_WORD, _LONGEST_TROUBLE = 100, 500
_COUNTS = ("workers", "busy", "places", "waiting", "running", "notes", "isolated", "deaths")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """One worker; ``busy`` of its ``places`` have a bundle. One that does not beat any more is not alive.

    trouble  why it can beat, and neither fetch bundles nor give notes; empty if it can
    """

    name: str
    version: str
    places: int
    busy: int
    beat_at: datetime
    is_alive: bool = True
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterState:
    """What the home knows of its workers.

    workers         how many beat; ``busy`` of their ``places`` have a bundle
    waiting, running  bundles that no worker has yet, and that one has
    notes           messages with notes that wait for the home, the oldest for ``oldest_seconds``
    isolated        domains that are handed out no more
    deaths          workers that died with a bundle since the crawl process started
    is_drained      nothing is handed out, because a person said so
    rest            why nothing is handed out for a moment, for a person; empty while it is
    rests_until     when that ends, None if that is not known yet
    trouble         why PostgreSQL cannot be asked now, for a person; empty while it can. The numbers are then the last known
    each            the workers, those that stopped within a day too
    home_share      of one core that the crawl process used within the last minute; 1 is all of it
    since           since when there is trouble or no worker; the daemon fills these two in
    is_known        whether PostgreSQL was asked at all since the crawl process started; the numbers mean nothing before
    """

    workers: int = 0
    busy: int = 0
    places: int = 0
    waiting: int = 0
    running: int = 0
    notes: int = 0
    oldest_seconds: int = 0
    isolated: int = 0
    deaths: int = 0
    is_drained: bool = False
    rest: str = ""
    rests_until: datetime | None = None
    trouble: str = ""
    each: tuple[WorkerFacts, ...] = ()
    home_share: float = 0.0
    since: datetime | None = None
    is_known: bool = True

    @property
    def needs_look(self) -> bool:
        """Return whether no visit can be made: PostgreSQL is away, or there is no worker."""
        return bool(self.trouble) or (self.is_known and not self.workers)

    def list_stuck(self) -> tuple[WorkerFacts, ...]:
        """Return the workers that beat and can exchange nothing else."""
        return tuple(worker for worker in self.each if worker.trouble)

    def count_rest_seconds(self, now: datetime) -> int:
        """Return for how long nothing is handed out yet, 0 if it is, or if that is not known."""
        return (
            max(0, math.ceil((self.rests_until - now).total_seconds())) if self.rests_until else 0
        )

    def as_json(self) -> dict[str, Any]:
        """Return the state as JSON values; ``from_json`` reads them."""
        workers = [
            {
                **asdict(worker),
                "name": worker.name[:_LONGEST_WORD],
                "version": worker.version[:_LONGEST_WORD],
                "beat_at": worker.beat_at.isoformat(),
                "trouble": worker.trouble[:_LONGEST_TROUBLE],
            }
            for worker in self.each[:_MOST_WORKERS]
        ]
        return {
            **asdict(self),
            "each": workers,
            "since": self.since and self.since.isoformat(),
            "rests_until": self.rests_until and self.rests_until.isoformat(),
            "trouble": self.trouble[:_LONGEST_TROUBLE],
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """Return the state in some JSON values; raises ValueError if it is none."""
        each = facts.get("each", [])
        if not isinstance(each, list):
            raise ValueError("each is not a list")  # noqa: TRY004  # one error, whatever is wrong
        return cls(
            **{name: _count(facts, name) for name in _COUNTS},
            oldest_seconds=max(0, round(_number(facts, "oldest_seconds"))),
            is_drained=facts.get("is_drained") is True,
            rest=_text(facts, "rest", _LONGEST_TROUBLE),
            rests_until=_instant_or_none(facts, "rests_until"),
            trouble=_text(facts, "trouble", _LONGEST_TROUBLE),
            each=tuple(map(_read_worker, each[:_MOST_WORKERS])),
            home_share=max(0.0, _number(facts, "home_share")),
            since=_instant_or_none(facts, "since"),
            is_known=facts.get("is_known") is not False,
        )


def _read_worker(facts: Any) -> WorkerFacts:
    if not isinstance(facts, dict):
        raise ValueError("a worker is not an object")  # noqa: TRY004
    return WorkerFacts(
        name=_text(facts, "name", _LONGEST_WORD),
        version=_text(facts, "version", _LONGEST_WORD),
        places=_count(facts, "places"),
        busy=_count(facts, "busy"),
        beat_at=_instant(facts.get("beat_at")),
        is_alive=facts.get("is_alive") is True,
        trouble=_text(facts, "trouble", _LONGEST_TROUBLE),
    )


def _count(facts: Mapping[str, Any], name: str) -> int:
    value = facts.get(name, 0)
    if type(value) is not int or value < 0:  # a bool is an int to isinstance
        raise ValueError(f"{name} is not a count")
    return value


def _number(facts: Mapping[str, Any], name: str) -> float:
    value = facts.get(name, 0.0)
    if type(value) not in {int, float} or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _text(facts: Mapping[str, Any], name: str, longest: int) -> str:
    value = facts.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004
    return value[:longest]


def _instant_or_none(facts: Mapping[str, Any], name: str) -> datetime | None:
    value = facts.get(name)
    return None if value is None else _instant(value)


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    if instant is None or instant.tzinfo is None:
        raise ValueError("an instant is missing, or has no zone")
    return instant
