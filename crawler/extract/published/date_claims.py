"""Reading all dates that a page states for its article: in its data, its elements, its words, and in its feed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.body.visible import Visible
from crawler.extract.claims import Claim
from crawler.extract.dates.relative_dates import find_relative_date
from crawler.extract.dates.stated_dates import parse_stated_date
from crawler.extract.dates.written_dates import find_labelled_dates, read_written_date
from crawler.extract.dates.zones import find_zone, name_zone
from crawler.extract.metadata.declared import Metadata
from crawler.extract.metadata.language import guess_language
from crawler.extract.published.time_elements import UPDATED, walk_times
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
# of those that are marked: a list of articles has one for each
_MOST_MARKED = 3
_OUTSIDE_QUOTES = etree.XPath(
    "(//body|self::*[not(//body)])[1]/descendant::text()[not(ancestor::blockquote or ancestor::q or ancestor::figcaption"
    " or parent::script or parent::style or parent::noscript or parent::template)]"
)
_QUOTED = etree.XPath("//blockquote/descendant::text()|//q/descendant::text()", smart_strings=False)
_TEXT = etree.XPath("string()", smart_strings=False)
# characters of one text, and of its paragraph, in which a labelled date is looked for; longer ones are prose
_MOST_CHARACTERS = 150
_MOST_PARAGRAPH = 200
# lines above and below the headline in which a date is looked for; farther away it may be another article's
_NEAR_LINES = 8
# characters: a longer line is a sentence
_MOST_LINE = 90
# characters beside a date in its line: with more, it is part of a caption or a sentence
_MOST_BESIDE = 30
# the languages of dateparser in which most news is written; a code that it does not have makes it raise ValueError
_KNOWN_LANGUAGES = frozenset({
    "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl", "he",
    "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "ko", "lt", "lv", "mk", "ms", "nb", "nl", "no", "pl",
    "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "zh",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DatedPage:
    """What the dates of a page are read from.

    tree      not pruned yet, because meta tags are in the head
    headline  as shown: dates near it are the likeliest
    """

    tree: HtmlElement
    metadata: Metadata
    page: Page
    headline: str
    visible: Visible

    @cached_property
    def zone(self) -> tzinfo:
        """Return the civil zone of the source."""
        return ZoneInfo(self.page.settings.timezone)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Return the codes of the languages of the dates: the page's (claimed or guessed), the source's, and English."""
        claimed = find_code(self.tree.get("lang") or "")
        codes = (claimed or guess_language(self.headline), self.page.settings.language or "", "en")
        return tuple(dict.fromkeys(code for code in codes if code in _KNOWN_LANGUAGES))


def walk_claims(dated: DatedPage) -> Iterator[Claim[PublicationDate]]:
    """Yield the claim of each place that may state a date, the most trustworthy first; later ones cost more."""
    yield from _walk_data(dated)
    yield from _walk_elements(dated)
    yield from _walk_words(dated)


def _walk_data(dated: DatedPage) -> Iterator[Claim[PublicationDate]]:
    if stated := dated.metadata.stated("datePublished"):
        yield _read(dated, "json-ld", "JSON-LD datePublished", stated)
    marked = dict.fromkeys(str(stated) for stated in _MARKED(dated.tree)[:_MOST_MARKED])
    microdata = [_read(dated, "microdata", "microdata datePublished", text) for text in marked]
    # several that differ are those of other articles, too, and the page's own tags go before them
    is_one = len({claim.value and day_of(claim.value) for claim in microdata}) == 1
    yield from microdata if is_one else ()
    for name in _METAS:
        if stated := dated.metadata.meta(name):
            yield _read(dated, "meta", f"meta tag {name}", stated)
    yield from () if is_one else microdata


def _walk_elements(dated: DatedPage) -> Iterator[Claim[PublicationDate]]:
    for time, reason in walk_times(dated.tree, dated.headline, dated.page.url):
        text = str(time.get("datetime"))
        claim = _read(dated, "time", "<time>", text)
        yield replace(claim, value=None, reason=reason) if reason else claim


def _walk_words(dated: DatedPage) -> Iterator[Claim[PublicationDate]]:
    texts, page = dated.visible.texts, dated.page
    text = " ".join(texts)
    relative = find_relative_date(
        text, dated.headline, page, zone=dated.zone, languages=dated.languages
    )
    if relative:
        yield make_claim("words near the headline", relative.evidence, relative)
    if announced := find_announced_date(page):
        yield make_claim("the feed", announced.evidence, announced)
    for words in _labelled_dates(dated.tree, text):
        yield from _written(dated, "a labelled date", words)
    near = list(_dates_near(texts, dated.headline))
    quoted = {" ".join(str(piece).split()) for piece in _QUOTED(dated.tree)} if near else set()
    for words in near:
        if words not in quoted:
            yield from _written(dated, "a line near the headline", words)


def _written(dated: DatedPage, place: str, words: str) -> Iterator[Claim[PublicationDate]]:
    if found := _written_date(words, dated.zone, dated.languages):
        yield make_claim(place, words, found)


def _read(dated: DatedPage, origin: str, place: str, text: str) -> Claim[PublicationDate]:
    return make_claim(place, text, _machine_date(text, origin, dated))


def make_claim(place: str, text: str, found: PublicationDate | None) -> Claim[PublicationDate]:
    """Return the claim of a place, which does not count if no date was found in its text."""
    return Claim(origin=place, text=text, value=found, reason="" if found else "no date")


def day_of(found: PublicationDate) -> date:
    """Return the day of a publication date in the zone it was stated in."""
    return found.published_at.astimezone(find_zone(found.zone) or UTC).date()


def _dates_near(texts: list[str], headline: str) -> Iterator[str]:
    """Yield the short lines around the headline that may hold a date, those below it first."""
    title = " ".join(headline.split())
    # the last occurrence, because one before it may be in breadcrumbs
    places = [place for place, text in enumerate(texts) if title and text == title]
    for at in places[-1:]:
        below, above = texts[at + 1 : at + 1 + _NEAR_LINES], texts[max(0, at - _NEAR_LINES) : at]
        for line in (*below, *reversed(above)):
            updated = UPDATED.search(line)
            # what stands before "updated" may be the first date
            if len(line) <= _MOST_LINE and (line := line[: updated.start()] if updated else line):
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


def _machine_date(text: str, origin: str, dated: DatedPage) -> PublicationDate | None:
    """Return the date in a text that is written for machines; None if it is not a date.

    Its precision is a day if no time is stated. Systems also write dates for people there, in the page's language.
    origin  where the text was found, see ``PublicationDate``
    """
    fetched_at, zone, languages = dated.page.fetched_at, dated.zone, dated.languages
    language = languages[0] if languages else None
    read = parse_stated_date(text, fetched_at=fetched_at, zone=zone, language=language)
    if read is not None:
        instant, has_time, place = read.instant, read.has_time, read.zone
    elif written := read_written_date(text, languages=languages, zone=zone):
        instant, has_time, _, place = written
    else:
        return None
    zone_name = name_zone(instant, place)
    return PublicationDate(
        published_at=instant,
        precision=Precision.MINUTE if has_time else Precision.DAY,
        zone=zone_name,
        evidence=text[:200],  # shown by `article explain`
        origin=origin,
        confidence=Confidence.STATED,
    )


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


def _labelled_dates(tree: HtmlElement, text: str) -> Iterator[str]:
    """Yield the dates after a label such as "Published", outside of paragraphs, quotes and captions.

    text  the page's visible text
    """
    # most pages have none, and walking over the tree takes longer
    if next(find_labelled_dates(text), None) is None:
        return
    pieces = (
        " ".join(str(piece).split())
        for piece in _OUTSIDE_QUOTES(tree)
        if len(piece) <= _MOST_CHARACTERS and not _is_in_prose(piece.getparent())
    )
    yield from find_labelled_dates(" ".join(filter(None, pieces)))


def _is_in_prose(element: HtmlElement | None) -> bool:
    """Return whether a text's element is in a paragraph of more than one line."""
    for block in (
        [] if element is None else [element, *element.iterancestors("p", "li", "dd", "td")]
    ):
        if block.tag in {"p", "li", "dd", "td"}:
            return len(str(_TEXT(block)).strip()) > _MOST_PARAGRAPH
    return False
