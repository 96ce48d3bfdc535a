"""From an entry and its answer to the record the walk takes."""

from datetime import datetime

from scrapy.http import Response

from crawler.model.article import Page
from crawler.model.source import SourceKind
from crawler.spiders.asking import header_of
from crawler.spiders.visits import OpenVisit
from crawler.storage.entries import WaitingEntry


def make_page(
    opened: OpenVisit, entry: WaitingEntry, response: Response | None = None, *, now: datetime
) -> Page:
    """Return an entry's page; without an answer it is the entry alone, with what its feed says."""
    source = opened.source
    return Page(
        url=response.url if response else entry.url,
        requested_url=entry.url,
        body=response.body if response else b"",
        content_type=(header_of(response, "Content-Type") if response else None) or "",
        fetched_at=now,
        run_id=opened.visit.run_id,
        source_id=source.id,
        entry_id=entry.id,
        timezone=source.timezone,
        language=source.language,
        stated_title=entry.title,
        stated_at=entry.stated_at,
        stated_text=entry.text,
        stated_language=entry.language,
        entry_key=entry.key,
        is_shared=entry.is_shared,
        select=source.select,
        is_watched=source.kind is SourceKind.PAGE,
        is_baseline=opened.is_baseline,
        is_backfill=entry.is_backfill,
        interrupted_count=entry.interrupted_count,
    )


def needs_no_page(entry: WaitingEntry) -> bool:
    """Tell whether an entry is told by its feed alone: it has no page, or one that several share and words of its own."""
    return not entry.url or (entry.is_shared and bool(entry.text))
