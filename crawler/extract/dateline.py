"""When it was published, how exactly that is known, and from which words.

Structured date -> <time> -> relative words near the headline, read against the page's own clock -> the feed's
date -> a guess of the day. A site's clock, a copyright year and a date in the rail are never the publication.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import htmldate
from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.dates import find_zone, name_zone, parse_day_first, parse_iso
from crawler.extract.metadata import Metadata
from crawler.extract.visible import Visible
from crawler.model.article import Confidence, Dateline, Page, Precision

_MOST_AHEAD = timedelta(hours=24)
_OLDEST_YEAR = 1990
_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date", "pubdate", "publishdate", "publish-date",
    "publication_date", "article.published", "date_published", "cxenseparse:recs:publishtime", "published_time",
)  # fmt: skip
_UNITS = {
    "second": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86_400, "week": 604_800,
    "sekunde": 1, "minuten": 60, "minute(n)": 60, "stunde": 3600, "stunden": 3600, "tag": 86_400, "tagen": 86_400,
    "heure": 3600, "jour": 86_400, "hora": 3600, "minuto": 60, "d\u00eda": 86_400,
}  # fmt: skip
_UNIT_WORDS = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_COUNT = r"(?P<count>\d{1,3}|an?|one|eine[rmn]?|une?|una?)"
_RELATIVE = re.compile(
    rf"\b(?:{_COUNT}\s+(?P<unit>{_UNIT_WORDS})s?\s+ago"
    rf"|(?:vor|il y a|hace)\s+{_COUNT.replace('count', 'count2')}\s+(?P<unit2>{_UNIT_WORDS})s?)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?:last updated?|site time|current time)\b.{0,30}?\d{1,2}:\d{2}(?:\s+[A-Z][\w+:-]*(?:\s+tim(?:e|ing))?)?",
    re.IGNORECASE,
)
# how far from the headline a relative time still speaks of this article and not of one in the rail
_NEAR_CHARACTERS = 300


def resolve_dateline(
    tree: HtmlElement, metadata: Metadata, page: Page, *, headline: str, visible: Visible
) -> Dateline | None:
    """Work out when a page was published; None if nothing believable says so.

    Never later than 24 h after the fetch, never a bare year.
    learned on  a page whose only absolute date is its site's clock, in the footer, day first
    """
    latest = page.fetched_at + _MOST_AHEAD
    for candidate in _candidates(tree, metadata, page, headline, visible):
        if (
            candidate
            and candidate.published_at <= latest
            and candidate.published_at.year >= _OLDEST_YEAR
        ):
            return candidate
    return _guess(tree, page, ZoneInfo(page.timezone))


def _candidates(
    tree: HtmlElement, metadata: Metadata, page: Page, headline: str, visible: Visible
) -> Iterator[Dateline | None]:
    """Give what each place says, the most trustworthy first; later ones are looked at only if earlier ones fail."""
    zone = ZoneInfo(page.timezone)
    yield _machine_date(metadata.stated("datePublished"), "json-ld", zone)
    yield from (_machine_date(metadata.meta(name), "meta", zone) for name in _METAS)
    yield _time_element(tree, zone)
    yield _relative_date(" ".join(visible.texts), headline, page, zone)
    yield _feed_date(page, zone)


def _machine_date(text: str, origin: str, zone: tzinfo) -> Dateline | None:
    """Read a date written for machines; one without a time of day is a day."""
    stated = parse_iso(text, zone=zone)
    if stated is not None:
        instant, has_time, zone_name = stated
    else:
        day_first = parse_day_first(text, zone=zone)
        if day_first is None:
            return None
        instant, has_time, zone_name = day_first, ":" in text, name_zone(day_first, zone)
    return Dateline(
        published_at=instant,
        precision=Precision.MINUTE if has_time else Precision.DAY,
        zone=zone_name,
        evidence=text[:200],
        origin=origin,
        confidence=Confidence.STATED,
    )


def _time_element(tree: HtmlElement, zone: tzinfo) -> Dateline | None:
    """Read the first <time> that calls itself the publication, else the first inside an <article>."""
    times = [element for element in tree.iter("time") if element.get("datetime")][:50]
    named = [
        t for t in times if t.get("itemprop") == "datePublished" or t.get("pubdate") is not None
    ]
    inside = [t for t in times if next(t.iterancestors("article"), None) is not None]
    chosen = (named or inside or times[:1])[:1]
    return _machine_date(chosen[0].get("datetime"), "time", zone) if chosen else None


def _relative_date(text: str, headline: str, page: Page, zone: tzinfo) -> Dateline | None:
    """Read "9 hours ago" near the headline against the page's own clock, else against the fetch."""
    at = text.find(re.sub(r"\s+", " ", headline)) if headline else -1
    if at < 0:
        return None
    near = text[at : at + 2 * len(headline) + _NEAR_CHARACTERS]
    found = _RELATIVE.search(near)
    if found is None:
        return None
    unit = _UNITS[(found["unit"] or found["unit2"]).lower()]
    counted = found["count"] or found["count2"]
    count = int(counted) if counted.isdecimal() else 1
    anchor, anchor_words, stated_zone = _page_clock(text, page, zone)
    is_fine = unit < _UNITS["hour"]
    is_day = unit >= _UNITS["day"]
    precision = Precision.MINUTE if is_fine else Precision.DAY if is_day else Precision.HOUR
    instant = anchor - timedelta(seconds=unit * count)
    local_midnight = instant.astimezone(stated_zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return Dateline(
        published_at=local_midnight.astimezone(UTC) if is_day else instant,
        precision=precision,
        zone=name_zone(instant, stated_zone),
        evidence=f"{found[0]}, read against {anchor_words}",
        origin="relative",
        confidence=Confidence.DERIVED,
    )


def _page_clock(text: str, page: Page, zone: tzinfo) -> tuple[datetime, str, tzinfo]:
    """Give the clock a page was rendered by: what it states itself, if that is near the fetch or before it."""
    from_words = _CLOCK.findall(text)
    for words in from_words[-3:]:
        stated = parse_day_first(words, zone=zone)
        if stated is not None and ":" in words and stated <= page.fetched_at + _MOST_AHEAD:
            return stated, f"the page's clock ({words.strip()})", find_zone_or(words, zone)
    return page.fetched_at, "the time of the fetch", zone


def find_zone_or(words: str, zone: tzinfo) -> tzinfo:
    """Give the zone that words name after their time of day, else ``zone``."""
    tail = re.split(r"\d{1,2}:\d{2}", words)[-1]
    return find_zone(tail) or zone


def _feed_date(page: Page, zone: tzinfo) -> Dateline | None:
    if page.stated_at is None:
        return None
    return Dateline(
        published_at=page.stated_at,
        precision=Precision.MINUTE,
        zone=name_zone(page.stated_at, zone),
        evidence=page.stated_at.isoformat(),
        origin="feed",
        confidence=Confidence.STATED,
    )


def _guess(tree: HtmlElement, page: Page, zone: tzinfo) -> Dateline | None:
    """Let htmldate look at markup and address for a day; it never learns of the footer's clock."""
    found: str | None = None
    day: date | None = None
    try:
        found = htmldate.find_date(
            tree,
            extensive_search=False,
            original_date=True,
            url=page.url,
            max_date=page.fetched_at.date().isoformat(),
        )
        day = date.fromisoformat(found) if found else None
    except (ValueError, TypeError, AttributeError, etree.LxmlError):
        return None
    if not found or day is None or (day.month, day.day) == (1, 1):  # what a bare year becomes
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return Dateline(
        published_at=midnight.astimezone(UTC),
        precision=Precision.DAY,
        zone=name_zone(midnight, zone),
        evidence=found,
        origin="guess",
        confidence=Confidence.GUESSED,
    )
