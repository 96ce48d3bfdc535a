"""A bundle: what the home hands out to a worker on another machine. It holds nothing secret."""

from dataclasses import dataclass, field
from datetime import timedelta

from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import Source
from crawler.model.visit import Visit, WaitingEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTask:
    """A source to be read. Its headers, cookies, logins and proxy stay at home.

    secrets         what of these it needs, by the names of its settings: the worker has them in a configuration of its own
    usual_language  of most of its articles, empty if it has none
    """

    visit: Visit
    source: Source
    secrets: tuple[str, ...] = ()
    usual_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesTask:
    """Pages of one visit to be fetched, all of one domain.

    is_baseline  as in ``OpenVisit``
    known        the entries whose pages were understood as articles before
    """

    visit: Visit
    source: Source
    entries: tuple[WaitingEntry, ...]
    is_baseline: bool = False
    known: frozenset[int] = frozenset()
    secrets: tuple[str, ...] = ()
    usual_language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a domain was asked so far: by any worker, and by this one when it comes home.

    crawl_delay  what its robots.txt asks for; zero without one
    latency_seconds  of its answers, averaged; 0 if it was never asked
    rested_seconds  since its last answer, when the bundle was handed out; None if it was never asked
    """

    domain: str
    crawl_delay: timedelta = timedelta(0)
    latency_seconds: float = 0.0
    rested_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTasks:
    """All that a bundle holds of one domain, which no other worker asks meanwhile."""

    pace: Pace
    sources: tuple[SourceTask, ...] = ()
    pages: tuple[PagesTask, ...] = ()

    @property
    def domain(self) -> str:
        """The registrable domain, or host and port."""
        return self.pace.domain


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Some domains for one worker.

    rules    the key of the rules to be used, which were published
    domains  each is in no other bundle
    robots   the robots.txt files that the home has of their sites, as far as they are not too old
    throttles  the hosts among them that are to be left alone for now
    """

    id: int
    rules: str
    domains: tuple[DomainTasks, ...]
    robots: tuple[RobotsFile, ...] = field(default=(), repr=False)
    throttles: tuple[Throttle, ...] = ()
