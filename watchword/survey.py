"""Visit several sources once without keeping anything, and say in a line what each one is."""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.storage.crawl.endpoints import list_endpoint_rows
from crawler.storage.crawl.sources import find_source_row
from crawler.storage.file.database import open_for_reading
from crawler.storage.probe_reading import count_entries_of_endpoint
from crawler.text.counts import write_count
from crawler.text.instants import write_span
from scheduler.one_crawl import run_crawl

# ten years: whatever a feed lists is counted, with its dates
_ALL = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What a visit of a source showed.

    kinds      of the endpoints it has, such as ("feed", "sitemap"), and their addresses
    newest_at  the newest date an entry states, None if none states one
    failure    why it could not be read; None if it could
    """

    name: str
    url: str
    kinds: tuple[str, ...] = ()
    endpoint_urls: tuple[str, ...] = ()
    entry_count: int = 0
    newest_at: datetime | None = None
    failure: str | None = None


async def survey_sources(
    sources: Sequence[SourceSettings],
    config: Config,
    *,
    on_tick: Callable[[int], object] = lambda _done_count: None,
) -> tuple[Surveyed, ...]:
    """Visit sources once, as the daemon would, on a temporary database; fetch no article.

    config   for everything but the sources, such as a proxy and the pauses between requests
    on_tick  called a few times a second with the number of sources that were visited or have failed
    """
    with tempfile.TemporaryDirectory(prefix="watchword-survey-") as folder:
        scratch = config.model_copy(
            update={
                "store": config.store.model_copy(update={"path": Path(folder) / "survey.db"}),
                "sources": tuple(
                    one.model_copy(update={"backfill": _ALL, "paused": False}) for one in sources
                ),
                "watches": (),
            }
        )
        names = tuple(one.name for one in sources)
        await run_crawl(
            Config.model_validate(scratch.model_dump(by_alias=True)),
            names,
            on_tick=lambda connection: on_tick(_count_done(connection, names)),
            max_pages=0,
        )
        with closing(open_for_reading(scratch.store.path)) as connection:
            return tuple(_read(connection, one) for one in sources)


def _count_done(connection: sqlite3.Connection, names: Sequence[str]) -> int:
    rows = (find_source_row(connection, name) for name in names)
    return sum(bool(row and (row["visited_at"] or row["failure_count"])) for row in rows)


def _read(connection: sqlite3.Connection, settings: SourceSettings) -> Surveyed:
    row = find_source_row(connection, settings.name)
    if row is None or row["visited_at"] is None:
        reason = (row["last_failure"] if row else None) or "the visit did not end"
        return Surveyed(name=settings.name, url=settings.url, failure=reason)
    endpoints = list_endpoint_rows(connection, row["id"])
    counts = [count_entries_of_endpoint(connection, endpoint["id"]) for endpoint in endpoints]
    newest = [count.newest_at for count in counts if count.newest_at is not None]
    return Surveyed(
        name=settings.name,
        url=settings.url,
        kinds=tuple(dict.fromkeys(str(endpoint["kind"]) for endpoint in endpoints)),
        endpoint_urls=tuple(
            str(endpoint["url"]) for endpoint in endpoints if endpoint["is_active"]
        ),
        entry_count=sum(count.entry_count for count in counts),
        newest_at=max(newest, default=None),
    )


def describe_survey(found: Surveyed, *, now: datetime | None = None) -> str:
    """Return what a source is, such as ``feed, 40 entries, newest 12 minutes ago``, or why it could not be read."""
    if found.failure is not None:
        return found.failure
    parts = [", ".join(found.kinds), write_count(found.entry_count, "entry", "entries")]
    if found.newest_at is not None and now is not None:
        parts.append(f"newest {_write_age(now - found.newest_at)}")
    return ", ".join(part for part in parts if part)


def _write_age(age: timedelta) -> str:
    # a publisher's clock may be ahead of ours
    return "just now" if age < timedelta(minutes=1) else f"{write_span(age)} ago"
