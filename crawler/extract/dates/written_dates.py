"""Reading dates that a page shows to people: "17 de marzo de 2020", "il y a 3 heures", in the page's language.

dateparser reads what our own reader cannot. The languages are always passed to it, because otherwise it loads and tries
two hundred of them, which takes about 3 s the first time.
"""

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from crawler.extract.dates.stated_dates import parse_stated_date
from crawler.extract.dates.zones import find_zone

# 2540 to 2599 are years of the Thai Buddhist calendar, from 1997 on
_YEAR = r"(?:(?:19|20)\d\d|25[4-9]\d)"
# with the vowel signs of Indic and Thai scripts, which Python does not count as letters, and the dots of Thai abbreviations
_MONTH = r"(?:[^\W\d_](?:[^\W\d_]|[\u0900-\u0dff\u0e30-\u0e4e]){2,13}\.?|[\u0e01-\u0e4e.]{3,7})"
# zero of the Arabic, Persian, Devanagari, Bengali, Thai and full-width digits
_DIGITS = {
    zero + value: str(value)
    for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10)
    for value in range(10)
}
# Arabic papers write a month in its Levantine and its Egyptian name; the second is kept
_TWO_MONTHS = re.compile(
    r"[\u0600-\u06ff]{2,9}(?:\ [\u0600-\u06ff]{3,6})?\ ?/(?=\ ?[\u0600-\u06ff]{3,9}\ )"
)
# what may be a date in a text; nothing else is passed to dateparser, whose calls are slow
_DATE = re.compile(
    rf"""
    \b\d{{1,2}}(?:st|nd|rd|th|\.|\u00ba|er)?[ ,/-]+(?:de\ |di\ |of\ |d['\u2019])?{_MONTH}[ ,/-]+(?:de\ |del\ )?{_YEAR}\b
    |\b{_MONTH}\ \d{{1,2}}(?:st|nd|rd|th)?,?\ {_YEAR}\b
    |\b\d{{1,2}}[./-]\d{{1,2}}[./-]{_YEAR}\b
    |\b{_YEAR}[./-]\d{{1,2}}[./-]\d{{1,2}}\b
    |{_YEAR}\ ?\u5e74\ ?\d{{1,2}}\ ?\u6708\ ?\d{{1,2}}\ ?\u65e5
    |\b1[34]\d\d[/-]\d{{1,2}}[/-]\d{{1,2}}\b
    |\b\d{{1,2}}\ {{1,2}}[\u0600-\u06ff]{{2,9}}\ {{1,2}}1[34]\d\d\b
    |{_YEAR}\ ?\ub144\ ?\d{{1,2}}\ ?\uc6d4\ ?\d{{1,2}}\ ?\uc77c
    """,
    re.VERBOSE,
)
# a time after a date, with the word for "at" between them, a.m. or p.m., and its zone
_TIME = re.compile(
    r"[^\w+-]{0,4}(?:(?:at|um|kl\.?|alle|ore|a\ las|\u00e0|hour|time|klo)[\s:]*)?"
    r"(?P<time>\d{1,2}[:.h]\d{2})(?::\d{2})?(?P<half>\s?[ap]\.?m\b\.?)?(?P<zone>\s*(?:[A-Z]{2,5})?\s*(?:[+-]\d{1,2}(?::?\d{2})?)?)",
    re.IGNORECASE,
)
# words for "published" before a date, so that a date in the text of an article does not count as its own
_LABEL = re.compile(
    r"\b(?:datum|date|dated|published(?:\ on)?|posted(?:\ on)?|first\ published|publi\u00e9e?(?:\ le)?|publicado(?:\ el|\ em)?"
    r"|pubblicato(?:\ il)?|ver\u00f6ffentlicht(?:\ am)?|erschienen(?:\ am)?|gepubliceerd(?:\ op)?|publisert|publicerad|udgivet"
    r"|opublikowano|yay\u0131nlanma|\u0434\u0430\u0442\u0430|\u043e\u043f\u0443\u0431\u043b\u0438\u043a\u043e\u0432\u0430\u043d\u043e)\b[\s:|]*",
    re.IGNORECASE,
)
# characters of a text that are read; a line with a date has fewer
_MOST_CHARACTERS = 120
# candidates of one text; each costs a call of dateparser
_MOST_TRIES = 4
# characters between a label and the end of its date; farther away the date belongs to something else
_MOST_AHEAD_CHARACTERS = 45


def read_written_date(
    text: str, *, languages: tuple[str, ...], zone: tzinfo
) -> tuple[datetime, bool, str, tzinfo] | None:
    """Return the first date in a short text, read day first.

    languages  ISO 639-1 codes of the languages it may be in, the likeliest first
    zone       used if the text names none
    returns    aware UTC, whether a time of day was stated, the words, and the zone; None if there is no date
    """
    # each character is replaced by one, so that places in both texts are the same
    digits = text[:_MOST_CHARACTERS].translate(_DIGITS)
    digits = _TWO_MONTHS.sub(lambda found: " " * len(found[0]), digits)
    for found in islice(_DATE.finditer(digits), _MOST_TRIES):
        # room for the word for "at", the time and its zone
        time = _TIME.match(digits[found.end() : found.end() + 30])
        place = zone
        words = found[0]
        if time is not None:
            words = (
                f"{found[0]} {time['time'].replace('h', ':').replace('.', ':')}{time['half'] or ''}"
            )
            # an abbreviation of a zone may be a word in another language: "est" in French
            language = languages[0] if languages else None
            place = find_zone(time["zone"].strip(), language=language) or zone
        read = _parse(words, languages=languages)
        if read is None:
            continue
        evidence = text[found.start() : found.end() + (time.end() if time else 0)].strip()
        return read.replace(tzinfo=place).astimezone(UTC), time is not None, evidence, place
    return None


def find_labelled_dates(text: str) -> Iterator[str]:
    """Yield the dates after a label such as "Published", with the 30 characters after each, for its time.

    text  its first 200,000 characters are searched
    """
    # a date farther down is not the article's
    for label in _LABEL.finditer(text[:200_000]):
        behind = text[label.end() : label.end() + 2 * _MOST_AHEAD_CHARACTERS].translate(_DIGITS)
        found = _DATE.search(behind, 0, _MOST_AHEAD_CHARACTERS)
        # one word between them is a day of the week; more are a sentence
        if found is not None and len(behind[: found.start()].split()) <= 1:
            yield behind[found.start() : found.end() + 30]


def read_relative(text: str, *, languages: tuple[str, ...], now: datetime) -> datetime | None:
    """Return the instant of "hace 3 horas" in UTC; None if the text is not such a phrase.

    now  aware UTC; an instant later than this, or over 400 days (a year and some days) earlier, does not count
    """
    read = _parse(text, languages=languages, relative_to=now)
    is_past = read is not None and now - timedelta(days=400) < read.replace(tzinfo=UTC) <= now
    return read.replace(tzinfo=UTC) if read is not None and is_past else None


def _parse(
    words: str, *, languages: tuple[str, ...], relative_to: datetime | None = None
) -> datetime | None:
    # our own reader first, so that a date means the same as in a feed; dateparser is slow to load
    if relative_to is None:
        ours = parse_stated_date(words, language=languages[0] if languages else None)
        if ours is not None:
            return ours.instant.replace(tzinfo=None)
    import dateparser  # noqa: PLC0415  # slow to import, and most pages state their date for machines

    settings: dict[str, object] = {
        "DATE_ORDER": "DMY",
        "PREFER_LOCALE_DATE_ORDER": False,
        "REQUIRE_PARTS": ["day", "month", "year"],
    }
    if relative_to is not None:
        naive = relative_to.astimezone(UTC).replace(tzinfo=None)
        settings = {"RELATIVE_BASE": naive, "PARSERS": ["relative-time"], "TIMEZONE": "UTC"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = dateparser.parse(words, languages=list(languages), settings=settings)
    except (ValueError, OverflowError, TypeError, KeyError, re.error):
        return None
    return None if read is None else read.replace(tzinfo=None)
