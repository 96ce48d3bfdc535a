"""Try out a source without keeping anything: a real first visit, on a temporary database."""

import re
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.extract.navigation.robots import read_robots
from crawler.flows.crawl.fetch_results import UNDATED
from crawler.storage.crawl.endpoints import list_endpoint_rows
from crawler.storage.crawl.sources import find_source_row
from crawler.storage.crawl.visits import list_visits
from crawler.storage.file.database import open_for_reading
from crawler.storage.probe_reading import (
    count_entries_of_endpoint,
    find_any_article,
    find_any_refusal,
    find_first_robots,
)
from crawler.text.counts import write_count
from crawler.text.web.urls import origin_of
from scheduler.due.publishing_profile import hourly_rates, read_profile
from scheduler.one_crawl import run_crawl

# ten years: whatever a feed lists is shown
_ALL = timedelta(days=3650)
_OF_ENTRIES = re.compile(r"\bentr(?:y|ies)\b")
# one article is enough, but the first page may be a gallery or a live ticker
_PAGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFound:
    """An endpoint that was found: how many entries it lists, how many have a date, and the hours these dates span."""

    kind: str
    url: str
    origin: str
    entry_count: int
    dated_count: int
    span_hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One article as Watchword understands it; ``refusal`` says why the page is none."""

    url: str
    headline: str = ""
    published_at: str | None = None
    published_evidence: str | None = None
    published_zone: str | None = None
    published_precision: str | None = None
    byline: str | None = None
    language: str | None = None
    word_count: int = 0
    opening: str = ""
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The result of a trial visit.

    failure    why nothing was found, None if something was
    shortfall  why none of the listed entries can be taken; None if one can, or nothing is listed
    per_day    articles a day by the dates, None if there are too few
    robots     one line on robots.txt
    warnings   what a person should know before adding the source
    """

    url: str
    failure: str | None
    shortfall: str | None = None
    endpoints: tuple[EndpointFound, ...] = ()
    per_day: float | None = None
    robots: str = ""
    sample: Sample | None = None
    warnings: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the result as JSON values."""
        return asdict(self)


async def probe_source(
    settings: SourceSettings, config: Config, *, on_tick: Callable[[], object] = lambda: None
) -> Probe:
    """Visit a source once, as the daemon would, fetch at most three pages, and return what was found."""
    with tempfile.TemporaryDirectory(prefix="watchword-probe-") as folder:
        scratch = config.model_copy(
            update={
                "store": config.store.model_copy(update={"path": Path(folder) / "probe.db"}),
                "sources": (settings.model_copy(update={"backfill": _ALL, "paused": False}),),
                "watches": (),
            }
        )
        await run_crawl(
            Config.model_validate(scratch.model_dump(by_alias=True)),
            (settings.name,),
            on_tick=lambda _connection: on_tick(),
            max_pages=_PAGES,
        )
        with closing(open_for_reading(scratch.store.path)) as connection:
            return _read(connection, settings, config)


def _read(connection: sqlite3.Connection, settings: SourceSettings, config: Config) -> Probe:
    row = find_source_row(connection, settings.name)
    if row is None or row["visited_at"] is None:
        reason = (row["last_failure"] if row else None) or "the visit did not end"
        return Probe(
            url=settings.url, failure=reason, robots=_describe_robots(connection, settings, config)
        )
    endpoints = tuple(
        _endpoint(connection, endpoint) for endpoint in list_endpoint_rows(connection, row["id"])
    )
    dated = sum(endpoint.dated_count for endpoint in endpoints)
    profile = read_profile(row["publishing_profile"]) if row["publishing_profile"] else None
    sample = _sample(connection)
    visit = list_visits(connection, row["id"], limit=1)[0]
    # the trial looks back over everything, so the note that a look back needs dates says nothing about the source
    note = "; ".join(part for part in (visit["note"] or "").split("; ") if UNDATED not in part)
    return Probe(
        url=settings.url,
        failure=None,
        shortfall=find_shortfall(visit["found_count"], note),
        endpoints=endpoints,
        per_day=sum(hourly_rates(profile)) / 7 if profile and dated >= 3 else None,
        robots=_describe_robots(connection, settings, config),
        sample=sample,
        warnings=(*([note] if note else ()), *_warn(endpoints, sample, settings)),
    )


def find_shortfall(found_count: int, note: str) -> str | None:
    """Return why none of a source's entries can be taken; None if one can, or nothing is listed.

    note  the note of the visit, which counts the entries listed but not taken
    """
    if found_count or not _OF_ENTRIES.search(note):
        return None
    return f"it lists entries, but none of them can be used: {note}"


def _endpoint(connection: sqlite3.Connection, endpoint: sqlite3.Row) -> EndpointFound:
    counts = count_entries_of_endpoint(connection, endpoint["id"])
    span = None
    if counts.oldest_at and counts.newest_at and counts.dated_count > 1:
        span = counts.newest_at - counts.oldest_at
    return EndpointFound(
        kind=endpoint["kind"],
        url=endpoint["url"],
        origin=endpoint["origin"],
        # an entry counts for the endpoint that announced it first; the seen keys (8 bytes each) count them all
        entry_count=max(counts.entry_count, len(endpoint["seen_keys"]) // 8),
        dated_count=counts.dated_count,
        span_hours=None if span is None else round(span / timedelta(hours=1), 1),
    )


def _sample(connection: sqlite3.Connection) -> Sample | None:
    article = find_any_article(connection)
    if article is not None:
        names = ("url", "headline", "published_at", "published_evidence", "published_zone")
        more = ("published_precision", "byline", "language", "word_count")
        facts = {name: article[name] for name in (*names, *more)}
        return Sample(**facts, opening=article["body"].partition("\n")[0])
    entry = find_any_refusal(connection)
    if entry is None:
        return None
    return Sample(url=entry["announced_url"], headline=entry["title"], refusal=entry["reason"])


def _describe_robots(
    connection: sqlite3.Connection, settings: SourceSettings, config: Config
) -> str:
    row = find_first_robots(connection)
    if row is None:
        return "not asked"
    if row["refusal"]:
        return str(row["refusal"])
    robots = read_robots(row["body"], origin=row["origin"], agent=config.fetch.agent_name)
    delay = f"{robots.crawl_delay.total_seconds():g} s" if robots.crawl_delay else "no"
    there = "read" if row["body"] else _describe_missing(row["http_status"])
    named = f", names {write_count(len(robots.sitemaps), 'sitemap')}" if robots.sitemaps else ""
    rules = f"{there}, {delay} crawl-delay{named}"
    if row["origin"] != origin_of(settings.url) or robots.allows(settings.url):
        return rules
    leave = ", which is read with your permission" if settings.robots == "ignore" else ""
    return f"{rules}; it does not allow robots at this address{leave}"


def _describe_missing(http_status: int | None) -> str:
    if http_status is None:
        return "none (it redirects endlessly), everything is allowed"
    is_there = 200 <= http_status < 300
    return (
        "empty, everything is allowed"
        if is_there
        else f"none (HTTP {http_status}), everything is allowed"
    )


def _warn(
    endpoints: tuple[EndpointFound, ...], sample: Sample | None, settings: SourceSettings
) -> list[str]:
    warnings = []
    helpers = [endpoint.kind for endpoint in endpoints if endpoint.kind != "feed"]
    for endpoint in endpoints:
        if endpoint.kind == "feed" and endpoint.span_hours is not None and endpoint.span_hours < 24:
            repair = (
                f"filled from the {helpers[0]}" if helpers else "lost, because there is no sitemap"
            )
            warnings.append(
                f"the feed shows {write_count(endpoint.entry_count, 'entry', 'entries')}, about {endpoint.span_hours:.0f} hours: what a longer outage "
                f"misses is {repair}"
            )
        if endpoint.kind == "feed" and endpoint.entry_count and not endpoint.dated_count:
            warnings.append("the feed states no dates that can be read")
    if sample is not None and sample.refusal:
        warnings.append(f"none of the pages tried is an article: {sample.refusal}")
    elif sample is not None:
        if sample.published_at is None:
            warnings.append("the sample page states no date; the time it is first seen counts")
        if settings.language and sample.language != settings.language:
            warnings.append(f"the sample is in {sample.language}, not {settings.language}")
    return warnings
