"""Finding when a page was published: the instant, its precision, and the words it was read from.

Tried in this order: a structured date, <time>, relative words near the headline (read against the page's own clock),
the feed's date, dates in the text, a guess of the day. A site's clock, a copyright year and a date in the sidebar are
never taken. On 135 news pages 0.95 of the dates found are right; of htmldate's, 0.90 (docs/internals/benchmarks.md).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import htmldate
from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.body.visible import Visible
from crawler.extract.dates.relative_dates import find_relative_date
from crawler.extract.dates.stated_dates import DAY_AHEAD, believable, parse_stated_date
from crawler.extract.dates.written_dates import find_labelled_dates, read_written_date
from crawler.extract.dates.zones import name_zone
from crawler.extract.metadata.declared import Metadata
from crawler.extract.metadata.language import guess_language
from crawler.model.article import Confidence, Page, Precision, PublicationDate
from crawler.text.languages.language_tags import find_code

# meta tags for the publication date, the surest first; without "date" and "last-modified": with them 2 of 200 news pages
# and 12 of 800 others fewer had the right date than with htmldate alone
_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date", "pubdate", "publishdate", "publish-date",
    "publication_date", "article.published", "date_published", "cxenseparse:recs:publishtime", "published_time",
)  # fmt: skip


# schema.org microdata: the attribute depends on the element (<meta content>, <time datetime>)
_MARKED = etree.XPath(
    "//*[@itemprop='datePublished']/@content|//*[@itemprop='datePublished']/@datetime",
    smart_strings=False,
)
# lines above and below the headline in which a date is looked for; farther away it may be another article's
_NEAR_LINES = 8
# characters: a longer line is a sentence
_MOST_LINE = 90
# characters beside a date in its line: with more, it is part of a caption or a sentence
_MOST_BESIDE = 30
# words of a line with the date of an update, which is not when the article was published
_UPDATED = re.compile(
    r"updat|modif|aktualis|actualiza|mis à jour|aggiornat|bijgewerkt|oppdatert|uppdaterad",
    re.IGNORECASE,
)
# the languages of dateparser in which most news is written; a code that it does not have makes it raise ValueError
_KNOWN_LANGUAGES = frozenset({
    "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl", "he",
    "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "ko", "lt", "lv", "mk", "ms", "nb", "nl", "no", "pl",
    "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "zh",
})  # fmt: skip
# names that templates give to the date of a change
_CHANGED = re.compile(r"modified|updated")
# a label is the last word or two before its date
_MOST_LABEL = 30


def find_publication_date(
    tree: HtmlElement, metadata: Metadata, page: Page, *, headline: str, visible: Visible
) -> PublicationDate | None:
    """Return when a page was published, in UTC, with its precision; None if nothing believable states it.

    Never later than the fetch: a later date becomes the instant of the fetch, and one more than a day ahead counts only
    if nothing else is stated. Never made of a bare year.
    tree        not pruned yet, because meta tags are in the head
    learned on  a page whose only absolute date is its site's clock, in the footer, day first
    """
    ahead: PublicationDate | None = None
    for candidate in _candidates(tree, metadata, page, headline, visible):
        if (
            candidate is None
            or believable(candidate.published_at, fetched_at=page.fetched_at) is None
        ):
            continue
        if candidate.published_at <= page.fetched_at + DAY_AHEAD:
            return _not_ahead(candidate, page)
        ahead = ahead or candidate
    return (
        _not_ahead(ahead, page) if ahead else _guess(tree, page, ZoneInfo(page.settings.timezone))
    )


def _not_ahead(candidate: PublicationDate, page: Page) -> PublicationDate:
    """Return a date, moved to the fetch if it is later; a day without a time stays, as it may have begun elsewhere."""
    is_day = candidate.precision is Precision.DAY
    if candidate.published_at <= page.fetched_at + (DAY_AHEAD if is_day else timedelta(0)):
        return candidate
    return replace(candidate, published_at=page.fetched_at, precision=Precision.MINUTE)


def _candidates(
    tree: HtmlElement, metadata: Metadata, page: Page, headline: str, visible: Visible
) -> Iterator[PublicationDate | None]:
    """Yield the date of each place that may state one, or None, the most trustworthy first; later ones cost more."""
    zone = ZoneInfo(page.settings.timezone)
    languages = _languages(tree, page, headline)
    yield _machine_date(metadata.stated("datePublished"), "json-ld", page, zone, languages)
    # the first three only, because a list of articles has one for each
    for stated in _MARKED(tree)[:3]:
        yield _machine_date(str(stated), "microdata", page, zone, languages)
    for name in _METAS:
        yield _machine_date(metadata.meta(name), "meta", page, zone, languages)
    yield _time_element(tree, page, zone)
    text = " ".join(visible.texts)
    yield find_relative_date(text, headline, page, zone=zone, languages=languages)
    yield find_announced_date(page)
    for words in (*find_labelled_dates(text), *_dates_near(visible.texts, headline)):
        yield _written_date(words, zone, languages)


def _languages(tree: HtmlElement, page: Page, headline: str) -> tuple[str, ...]:
    """Return the codes of the languages of the dates: the page's (claimed or guessed), the source's, and English."""
    claimed = find_code(tree.get("lang") or "")
    codes = (claimed or guess_language(headline), page.settings.language or "", "en")
    return tuple(dict.fromkeys(code for code in codes if code in _KNOWN_LANGUAGES))


def _dates_near(texts: list[str], headline: str) -> Iterator[str]:
    """Yield the short lines around the headline that may hold a date, those below it first."""
    title = " ".join(headline.split())
    # the last occurrence, because one before it may be in breadcrumbs
    places = [place for place, text in enumerate(texts) if title and text == title]
    for at in places[-1:]:
        below, above = texts[at + 1 : at + 1 + _NEAR_LINES], texts[max(0, at - _NEAR_LINES) : at]
        for line in (*below, *reversed(above)):
            if len(line) <= _MOST_LINE and not _UPDATED.search(line):
                yield line


def _written_date(words: str, zone: tzinfo, languages: tuple[str, ...]) -> PublicationDate | None:
    read = read_written_date(words, languages=languages, zone=zone)
    if read is None:
        return None
    instant, has_time, evidence, place = read
    if len(words) - len(evidence) > _MOST_BESIDE:
        return None
    return PublicationDate(
        published_at=instant,
        precision=Precision.MINUTE if has_time else Precision.DAY,
        zone=name_zone(instant, place),
        evidence=evidence,
        origin="text",
        confidence=Confidence.DERIVED,
    )


def _machine_date(
    text: str, origin: str, page: Page, zone: tzinfo, languages: tuple[str, ...] = ("en",)
) -> PublicationDate | None:
    """Return the date in a text that is written for machines; None if it is not a date.

    Its precision is a day if no time is stated. Systems also write dates for people there, in the page's language.
    origin  where the text was found, see ``PublicationDate``
    """
    if not text:
        return None
    read = parse_stated_date(
        text, fetched_at=page.fetched_at, zone=zone, language=languages[0] if languages else None
    )
    if read is not None:
        instant, has_time, zone_name = (
            read.instant,
            read.has_time,
            name_zone(read.instant, read.zone),
        )
    elif written := read_written_date(text, languages=languages, zone=zone):
        instant, has_time, _, place = written
        zone_name = name_zone(instant, place)
    else:
        return None
    return PublicationDate(
        published_at=instant,
        precision=Precision.MINUTE if has_time else Precision.DAY,
        zone=zone_name,
        evidence=text[:200],  # shown by `article explain`
        origin=origin,
        confidence=Confidence.STATED,
    )


def _time_element(tree: HtmlElement, page: Page, zone: tzinfo) -> PublicationDate | None:
    """Return the date of the first <time> marked as publication, else of the first in an <article>, else of the first.

    Those of comments are left out, and those of an update come last.
    """
    # bounded to fifty, because each comment may have one
    dated = [element for element in tree.iter("time") if element.get("datetime")][:50]
    times = sorted((t for t in dated if not _is_in_comments(t)), key=_is_update)
    named = [
        t for t in times if t.get("itemprop") == "datePublished" or t.get("pubdate") is not None
    ]
    inside = [t for t in times if next(t.iterancestors("article"), None) is not None]
    chosen = (named or inside or times[:1])[:1]
    return _machine_date(chosen[0].get("datetime"), "time", page, zone) if chosen else None


def _is_update(time: HtmlElement) -> bool:
    """Return whether a <time> says when the text was changed, by its marks or by the word before it."""
    previous, parent = time.getprevious(), time.getparent()
    before = previous.tail if previous is not None else (parent.text if parent is not None else "")
    marks = f"{time.get('itemprop') or ''} {time.get('class') or ''}".lower()
    # WordPress writes "published updated" while a text has not been changed
    is_marked = "publish" not in marks and _CHANGED.search(marks) is not None
    return is_marked or _UPDATED.search((before or "")[-_MOST_LABEL:]) is not None


def _is_in_comments(time: HtmlElement) -> bool:
    """Return whether a <time> stands among comments: below an element of that name that does not hold the headline."""
    for element in time.iterancestors():
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if "comment" in name.lower():
            return element.find(".//h1") is None
    return False


def find_announced_date(page: Page) -> PublicationDate | None:
    """Return the date that the entry has in its feed or sitemap; None if it has none."""
    if page.entry.stated_at is None:
        return None
    return PublicationDate(
        published_at=page.entry.stated_at,
        precision=Precision.MINUTE,
        zone=name_zone(page.entry.stated_at, ZoneInfo(page.settings.timezone)),
        evidence=page.entry.stated_at.isoformat(),
        origin="feed",
        confidence=Confidence.STATED,
    )


def _guess(tree: HtmlElement, page: Page, zone: tzinfo) -> PublicationDate | None:
    """Return the day that htmldate finds in markup and address; None if it finds none.

    Without its extensive search: on a page with a clock in its footer that returned the clock, and without the clock
    1 January of the copyright year.
    """
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
    if not found or day is None or (day.month, day.day) == (1, 1):  # htmldate's day for a bare year
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return PublicationDate(
        published_at=midnight.astimezone(UTC),
        precision=Precision.DAY,
        zone=name_zone(midnight, zone),
        evidence=found,
        origin="guess",
        confidence=Confidence.GUESSED,
    )
