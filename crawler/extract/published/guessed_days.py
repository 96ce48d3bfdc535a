"""Guessing the day of an article from a page's markup, by htmldate, where nothing states it."""

from copy import deepcopy
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import htmldate
from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.dates.zones import name_zone
from crawler.extract.published.time_elements import walk_times
from crawler.model.article import Confidence, Page, Precision, PublicationDate


def guess_date(tree: HtmlElement, page: Page, headline: str) -> PublicationDate | None:
    """Return the day that htmldate finds in markup and address; None if it finds none.

    Without its extensive search: on a page with a clock in its footer that returned the clock, and without the clock
    1 January of the copyright year.
    """
    found: str | None = None
    day: date | None = None
    try:
        found = htmldate.find_date(
            _without_foreign_times(tree, headline, page.url),
            extensive_search=False,
            original_date=True,
            url=page.url,
            max_date=page.fetched_at.date().isoformat(),
        )
        day = date.fromisoformat(found) if found else None
    except (ValueError, TypeError, AttributeError, etree.LxmlError):
        return None
    if not found or day is None or (day.month, day.day) == (1, 1):  # htmldate's day for a bare year
        return None
    zone = ZoneInfo(page.settings.timezone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return PublicationDate(
        published_at=midnight.astimezone(UTC),
        precision=Precision.DAY,
        zone=name_zone(midnight, zone),
        evidence=found,
        origin="guess",
        confidence=Confidence.GUESSED,
    )


def _without_foreign_times(tree: HtmlElement, headline: str, url: str) -> HtmlElement:
    """Return the tree, or a copy without its <time> of other articles, of which htmldate takes the first."""
    if not any(reason for _, reason in walk_times(tree, headline, url)):
        return tree
    other = deepcopy(tree)
    for time, reason in list(walk_times(other, headline, url)):
        if reason:
            time.drop_tree()
    return other
