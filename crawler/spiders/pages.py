"""Making the page record of an entry and its answer, and judging answers that are no page."""

from dataclasses import replace
from datetime import datetime, timedelta

from scrapy.http import Response

from crawler.errors import HostThrottled, ProxyFailed
from crawler.model.article import Page
from crawler.model.visit import PageFailure, WaitingEntry
from crawler.spiders.fetcher import explain_refusal, header_of
from crawler.spiders.visits.open_visits import OpenVisit

# 410 is final; 404 may be a page that was announced too early; 429 and 503 are about the host
_GONE = 410
_MISSING = frozenset({404, _GONE})
_BUSY = frozenset({429, 503})
# a proxy that is down says nothing about the page, which waits this long, and no attempt is counted (decision 028)
_PROXY_PAUSE = timedelta(minutes=5)


def make_page(
    opened: OpenVisit, entry: WaitingEntry, response: Response | None = None, *, now: datetime
) -> Page:
    """Return an entry's page; without an answer it holds only what the feed says."""
    page = entry.make_page(opened.visit, opened.source, is_baseline=opened.is_baseline, now=now)
    if response is None:
        return page
    content_type = header_of(response, "Content-Type") or ""
    return replace(page, url=response.url, body=response.body, content_type=content_type)


def find_wait(error: Exception, *, now: datetime) -> HostThrottled | None:
    """Return why and until when a page waits whose host or proxy kept it from being requested; None if it was requested."""
    if isinstance(error, HostThrottled):
        return error
    if isinstance(error, ProxyFailed) and error.is_down:
        return HostThrottled(error.reason, until=now + _PROXY_PAUSE)
    return None


def explain_failure(response: Response, *, throttled_until: datetime | None) -> PageFailure | None:
    """Return why an answer cannot be read as a page, None if it can.

    throttled_until  until when its host, or this page alone, is throttled; None if it is not
    """
    reason = explain_refusal(response, is_conditional=False)
    if reason is None:
        return None
    status = response.status
    return PageFailure(
        reason=reason,
        # feeds announce a page minutes before all servers of a CDN have it: a 404 is tried again, a 410 is meant
        is_final=status == _GONE,
        gone_status=status if status in _MISSING else None,
        held_until=throttled_until if status in _BUSY else None,
    )


def needs_no_page(entry: WaitingEntry) -> bool:
    """Return whether an entry is judged by its feed alone: it has no page, or shares one and has a text of its own."""
    return not entry.url or (entry.is_shared and bool(entry.text))
