"""Reading relative dates ("9 hours ago") against the clock by which the page was rendered."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from crawler.extract.dates.stated_dates import DAY_AHEAD, parse_stated_date
from crawler.extract.dates.written_dates import read_relative
from crawler.extract.dates.zones import name_zone
from crawler.model.article import Confidence, Page, Precision, PublicationDate

# unit -> its seconds; languages that are not here are read by dateparser, which is slower
_UNITS = {
    "second": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86_400, "week": 604_800,
    "sekunde": 1, "minuten": 60, "minute(n)": 60, "stunde": 3600, "stunden": 3600, "tag": 86_400, "tagen": 86_400,
    "heure": 3600, "jour": 86_400, "hora": 3600, "minuto": 60, "d\u00eda": 86_400,
}  # fmt: skip
# the longest first, because a shorter one may be its beginning
_UNIT_WORDS = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_COUNT = r"(?P<count>\d{1,3}|an?|one|eine[rmn]?|une?|una?)"
_RELATIVE = re.compile(
    rf"\b(?:{_COUNT}\s+(?P<unit>{_UNIT_WORDS})s?\s+ago"
    rf"|(?:vor|il y a|hace)\s+{_COUNT.replace('count', 'count2')}\s+(?P<unit2>{_UNIT_WORDS})s?)\b",
    re.IGNORECASE,
)
# clocks that some sites print on each page: a page may be cached, so "9 hours ago" counts from this clock, not from the
# fetch
_CLOCK = re.compile(
    r"(?:last updated?|site time|current time)\b.{0,30}?\d{1,2}:\d{2}(?:\s+[A-Z][\w+:-]*(?:\s+tim(?:e|ing))?)?",
    re.IGNORECASE,
)
# characters after the headline in which a relative time is looked for; farther away it may belong to another article
_NEAR_CHARACTERS = 300
# words of that text in which a number is looked for
_MOST_WORDS = 60
# words for "ago" in many languages: "3 minutes" without one is how long it takes to read
_AGO = re.compile(
    r"\b(?:ago|vor|il y a|hace|h\u00e1|atr\u00e1s|fa|geleden|sedan|siden|temu|p\u0159ed|pred|prije|fa|enne|sitten|lalu|acum|n\u00ebp\u00ebr"
    r"|\u043d\u0430\u0437\u0430\u0434|\u0442\u043e\u043c\u0443|\u043f\u0440\u0435\u0434\u0438|\u03c0\u03c1\u03b9\u03bd|\u00f6nce|\u0642\u0628\u0644|\u0645\u0646\u0630|\u067e\u06cc\u0634|\u05dc\u05e4\u05e0\u05d9|\u092a\u0939\u0932\u0947"
    r"|tr\u01b0\u1edbc)\b|\u524d|\uc804|\u0e17\u0e35\u0e48\u0e41\u0e25\u0e49\u0e27",
    re.IGNORECASE,
)
# a number of one to three digits, which may be joined to its unit as in 3時間前
_COUNTED = re.compile(r"\d{1,3}(?:\D|$)")


def find_relative_date(
    text: str, headline: str, page: Page, *, zone: tzinfo, languages: tuple[str, ...]
) -> PublicationDate | None:
    """Return the date of "9 hours ago" near the headline, read against the page's own clock, else against the fetch.

    text       the page's visible text
    zone       civil zone of the source, used if the clock names none
    languages  ISO 639-1 codes of the languages that the page may be in
    returns    precision minute, hour or day, by the unit; None if there is no such phrase, or no headline in the text
    """
    at = text.find(re.sub(r"\s+", " ", headline)) if headline else -1
    if at < 0:
        return None
    # the headline may be repeated, so twice its length
    near = text[at : at + 2 * len(headline) + _NEAR_CHARACTERS]
    anchor, anchor_words, place = _page_clock(text, page, zone)
    found = _RELATIVE.search(near)
    read = _read_match(found, anchor) if found else _read_phrase(near, anchor, languages)
    if read is None:
        return None
    instant, precision, words = read
    # "2 days ago" has no hour, so the result is that day's midnight in the zone of the clock
    if precision is Precision.DAY:
        local = instant.astimezone(place)
        instant = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    return PublicationDate(
        published_at=instant,
        precision=precision,
        zone=name_zone(instant, place),
        evidence=f"{words}, read against {anchor_words}",
        origin="relative",
        confidence=Confidence.DERIVED,
    )


def _read_match(found: re.Match[str], anchor: datetime) -> tuple[datetime, Precision, str]:
    unit = _UNITS[(found["unit"] or found["unit2"]).lower()]
    counted = found["count"] or found["count2"]
    wait = timedelta(seconds=unit * (int(counted) if counted.isdecimal() else 1))
    return anchor - wait, _precision_of(timedelta(seconds=unit)), found[0]


def _read_phrase(
    near: str, anchor: datetime, languages: tuple[str, ...]
) -> tuple[datetime, Precision, str] | None:
    """Return instant, precision and words of the first relative phrase in one of the languages; None if there is none.

    Each number is tried with one word after it and up to two before it ("hace 3 horas"), then with up to two after it
    ("3 timer siden").
    """
    words = near.split()
    for place, word in enumerate(words[:_MOST_WORDS]):
        if not _COUNTED.match(word):
            continue
        for first, last in ((-2, 2), (-1, 2), (0, 3), (0, 2), (0, 1)):
            phrase = " ".join(words[max(0, place + first) : place + last])
            if not _AGO.search(phrase):
                continue
            instant = read_relative(phrase, languages=languages, now=anchor)
            if instant is not None:
                return instant, _precision_of(anchor - instant), phrase
    return None


def _precision_of(unit: timedelta) -> Precision:
    if unit < timedelta(hours=1):
        return Precision.MINUTE
    return Precision.HOUR if unit < timedelta(days=1) else Precision.DAY


def _page_clock(text: str, page: Page, zone: tzinfo) -> tuple[datetime, str, tzinfo]:
    """Return the instant when a page was rendered, words for its source, and its zone: as stated, else of the fetch.

    A stated clock that is more than a day ahead of the fetch does not count.
    """
    # the last three, because such clocks are in the footer
    from_words = _CLOCK.findall(text)
    for words in from_words[-3:]:
        stated = parse_stated_date(words, fetched_at=page.fetched_at, zone=zone)
        if stated and stated.has_time and stated.instant <= page.fetched_at + DAY_AHEAD:
            return stated.instant, f"the page's clock ({words.strip()})", stated.zone
    return page.fetched_at, "the time of the fetch", zone
