"""What the home hands out: due sources and waiting pages, packed by domain into bundles.

Four rules keep the carrier quick and sites unharmed: a domain is in one bundle at a time, only what is due is handed out,
little is handed out ahead, and a bundle is expected to take a minute at most.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.config.sections.sources import SourceSettings
from crawler.errors import ConfigFaulty
from crawler.flows.crawl.visit import claim_visits
from crawler.flows.process.rules import Rules
from crawler.model.cluster.bundle import Bundle, DomainTasks, PagesTask, SourceTask
from crawler.model.site import RobotsFile
from crawler.model.source import Source
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl import domains
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.crawl.handing_out import bundles, tasks
from crawler.storage.crawl.handing_out.tasks import Task
from crawler.storage.file.database import transaction
from crawler.storage.news.article_reading import find_usual_language
from crawler.text.web.urls import budget_key, host_key, origin_of

# one job a visit makes a visit seven times as dear, a bundle of sixteen adds two thirds (docs/internals/benchmarks.md)
MOST_DOMAINS = 16
# sources of one domain in a bundle, which share its pace
MOST_SOURCES = 16
# tasks of one domain in a bundle, even of one that is asked without a pause
_MOST_TASKS = 64
_BUNDLE_SECONDS = 60.0
# pages of a backfill among them: news of the domain waits until the bundle is done
_MOST_BACKFILL = 8
# larger files are left at home, and fetched again: most have one or two kilobytes
_MOST_ROBOTS_BYTES = 64_000
# a domain that was in the bundles of so many workers that died is handed out alone; if that one dies too, not any more
MOST_DEATHS = 3


def claim(
    connection: sqlite3.Connection,
    rules: Rules,
    *,
    now: datetime,
    limit: int,
    only: tuple[str, ...] | None = None,
) -> int:
    """Open visits to due sources and have these read by workers; return how many were opened."""
    with transaction(connection):
        isolated = {one.domain: one.reason for one in bundles.list_isolated_domains(connection)}
        claimed = claim_visits(
            connection, rules, now=now, limit=limit, only=only, most_per_domain=MOST_SOURCES
        )
        for visit, source in claimed:
            domain = budget_key(source.url)
            if domain in isolated:
                reason = isolated[domain]
                finish_visit(connection, visit, outcome=VisitOutcome.FAILED, note=reason, now=now)
            else:
                tasks.add_source_task(connection, visit, domain=domain)
    return len(claimed)


def pack(
    connection: sqlite3.Connection, rules: Rules, *, key: str, now: datetime, places: int
) -> tuple[Bundle, ...]:
    """Pack what is ready into bundles, as many as there are places for; each domain's tasks are the bundle's from now on.

    key  of the rules that their workers are to use
    """
    with transaction(connection):
        ready = tasks.list_ready_domains(connection, limit=places * MOST_DOMAINS)
        groups = _divide(connection, ready, places)
        packed = (_pack_one(connection, rules, group, key=key, now=now) for group in groups)
        return tuple(bundle for bundle in packed if bundle is not None)


def _divide(
    connection: sqlite3.Connection, ready: Sequence[str], places: int
) -> Iterator[Sequence[str]]:
    """Yield groups of domains, as even as they can be; a domain whose workers died is alone."""
    suspects = [name for name in ready if bundles.count_deaths(connection, name) >= MOST_DEATHS]
    others = [name for name in ready if name not in suspects]
    yield from ([name] for name in suspects[:places])
    rest = max(0, places - len(suspects))
    if rest and others:
        size = min(MOST_DOMAINS, -(-len(others) // rest))
        yield from (others[at : at + size] for at in range(0, len(others), size))


def _pack_one(
    connection: sqlite3.Connection,
    rules: Rules,
    names: Sequence[str],
    *,
    key: str,
    now: datetime,
) -> Bundle | None:
    """Return a bundle of some domains, None if nothing of them is to be visited any more."""
    bundle_id = bundles.open_bundle(connection, rules=key, now=now)
    filled = [_fill(connection, rules, name, bundle_id, now=now) for name in names]
    full = tuple(one for one in filled if one.sources or one.pages)
    if not full:
        bundles.close_bundle(connection, bundle_id)
        return None
    addresses = tuple(_list_addresses(full))
    hosts = {host_key(address) for address in addresses}
    throttles = domains.list_throttles(connection, now=now)
    return Bundle(
        id=bundle_id,
        rules=key,
        domains=full,
        robots=_list_robots(connection, addresses, now=now),
        throttles=tuple(one for one in throttles if one.domain in hosts),
    )


def _fill(
    connection: sqlite3.Connection, rules: Rules, name: str, bundle_id: int, *, now: datetime
) -> DomainTasks:
    """Put the waiting tasks of a domain into a bundle, as many as a minute allows."""
    pace = bundles.find_pace(connection, name, now=now)
    own = rules.config.fetch.per_domain
    each = max(own.delay, pace.crawl_delay, timedelta(seconds=pace.latency_seconds))
    most = int(_BUNDLE_SECONDS / max(each.total_seconds(), _BUNDLE_SECONDS / _MOST_TASKS))
    waiting = tasks.list_ready_tasks(connection, name, limit=max(1, most))
    news = [one for one in waiting if not one.is_backfill]
    chosen = [*news, *[one for one in waiting if one.is_backfill][:_MOST_BACKFILL]]
    tasks.assign_tasks(connection, bundle_id, chosen)
    found = _Finder(connection, rules, now=now)
    sources = [found.make_source_task(task) for task in chosen if task.entry_id is None]
    pages = _make_pages_tasks(connection, found, [one for one in chosen if one.entry_id])
    return DomainTasks(pace=pace, sources=tuple(one for one in sources if one), pages=tuple(pages))


class _Finder:
    """Finds the visits and sources of tasks; a visit that does not count any more is closed with its tasks."""

    def __init__(self, connection: sqlite3.Connection, rules: Rules, *, now: datetime) -> None:
        self._connection = connection
        self._rules = rules
        self._now = now
        self._known: dict[int, tuple[Visit, Source, SourceSettings] | None] = {}

    def find(self, visit_id: int) -> tuple[Visit, Source, SourceSettings] | None:
        """Return visit, source and settings of an open visit, None if it is over."""
        if visit_id not in self._known:
            self._known[visit_id] = self._find(visit_id)
        return self._known[visit_id]

    def _find(self, visit_id: int) -> tuple[Visit, Source, SourceSettings] | None:
        visit = tasks.find_visit(self._connection, visit_id)
        settings = None if visit is None else self._rules.config.source_named(visit.source_name)
        if visit is not None and settings is not None:
            source = find_source(self._connection, self._rules, visit)
            if source is not None:
                return visit, source, settings
        tasks.delete_tasks(self._connection, visit_id)
        if visit is not None:
            note = "the source was added or removed just now"
            outcome = VisitOutcome.INTERRUPTED
            finish_visit(self._connection, visit, outcome=outcome, note=note, now=self._now)
        return None

    def make_source_task(self, task: Task) -> SourceTask | None:
        """Return what a worker needs to read a source, None if its visit is over."""
        found = self.find(task.visit_id)
        if found is None:
            return None
        visit, source, settings = found
        return SourceTask(
            visit=visit,
            source=without_secrets(source),
            secrets=list_secrets(settings),
            usual_language=self.find_language(source),
        )

    def find_language(self, source: Source) -> str:
        """Return the usual language of a source whose configuration names none."""
        return "" if source.language else find_usual_language(self._connection, source.id)


def _make_pages_tasks(
    connection: sqlite3.Connection, found: _Finder, chosen: Sequence[Task]
) -> Iterator[PagesTask]:
    entries = tasks.list_task_entries(connection, chosen)
    by_visit: dict[int, list[Task]] = {}
    for task in chosen:
        by_visit.setdefault(task.visit_id, []).append(task)
    for visit_id, own in by_visit.items():
        known = found.find(visit_id)
        listed = [entries[task.entry_id] for task in own if task.entry_id in entries]
        if known is None or not listed:
            continue
        visit, source, settings = known
        yield PagesTask(
            visit=visit,
            # what endpoints said last is for reading sources
            source=replace(without_secrets(source), endpoints=()),
            entries=tuple(entry for entry, _ in listed),
            is_baseline=own[0].is_baseline,
            known=frozenset(entry.id for entry, is_known in listed if is_known),
            secrets=list_secrets(settings),
            usual_language=found.find_language(source),
        )


def list_secrets(settings: SourceSettings) -> tuple[str, ...]:
    """Return the settings of a source that are secret, and that a worker must have itself."""
    has_login = settings.username or settings.password or settings.password_file
    stated = {
        "headers": settings.headers,
        "cookies": settings.cookies,
        "username": has_login,
        "proxy": settings.proxy,
    }
    return tuple(name for name, value in stated.items() if value)


def find_source(connection: sqlite3.Connection, rules: Rules, visit: Visit) -> Source | None:
    """Return the source of a visit as it is now, None if it left the configuration or its password cannot be read."""
    try:
        return rules.source(connection, visit.source_id, visit.source_name)
    except ConfigFaulty:
        return None


def without_secrets(source: Source) -> Source:
    """Return a source as it may be handed out."""
    return replace(source, headers={}, proxy=None, is_direct=False)


def _list_addresses(filled: Iterable[DomainTasks]) -> Iterator[str]:
    for one in filled:
        for task in one.sources:
            yield task.source.url
            yield from (endpoint.url for endpoint in task.source.endpoints)
        for pages in one.pages:
            yield from (entry.url for entry in pages.entries if entry.url)


def _list_robots(
    connection: sqlite3.Connection, addresses: Iterable[str], *, now: datetime
) -> tuple[RobotsFile, ...]:
    origins = sorted({origin_of(address) for address in addresses})
    files = (domains.find_robots(connection, origin) for origin in origins)
    return tuple(
        one for one in files if one and one.expires_at > now and len(one.body) <= _MOST_ROBOTS_BYTES
    )
