"""Sentences of messages, from one file for each language, with dates and numbers as in the reader's country.

A translation is a further file in ``languages/``, named by the language's code, with the keys of ``en.toml``. A key that
it lacks, or a sentence that cannot be filled, is taken from English: no message is lost over a translation.
"""

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from markupsafe import escape

from crawler.config.sections.recipients import Reader
from crawler.log import log_event
from crawler.model.mail.alert import Message
from crawler.text.counts import write_number
from crawler.text.instants import (
    name_zone,
    write_calendar_day,
    write_day,
    write_month,
    write_short_day,
    write_time,
)

# a sentence, or its forms by CLDR plural category ("one", "few", "other", ...)
Phrase = str | Mapping[str, str]
# beside this file, so that the wheel has it and a translation is one more file
FOLDER = Path(__file__).with_name("languages")
# the only complete file: every other one may lack sentences
_FALLBACK = "en"
# what str.format raises for a placeholder without a value, or a malformed one
_UNFILLABLE = (KeyError, IndexError, ValueError, TypeError, AttributeError)
_log = logging.getLogger("watchword.messages")


@dataclass(frozen=True)
class Phrases:
    """Writes sentences, dates and numbers for one reader.

    locale  such as ``en_GB`` or ``de-AT``: the language and the country's dates and numbers
    zone    IANA time zone in which instants are shown
    """

    locale: str
    zone: str

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its placeholders filled; raises KeyError for a key that no file has."""
        return self._fill(key, "", values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return a sentence in the plural form for a number, which is its placeholder ``{n}``."""
        return self._fill(
            key, self._locale.plural_form(number), values | {"n": self.number(number)}
        )

    @cached_property
    def language(self) -> str:
        """Return the code of the sentences' language, for HTML; English if there is no translation."""
        return self._languages[0].replace("_", "-")

    @cached_property
    def direction(self) -> str:
        """Return ``ltr`` or ``rtl``, the direction of the sentences' script."""
        return Locale.parse(self._languages[0]).text_direction

    def language_name(self, code: str) -> str:
        """Return a language's name in the language of the sentences: ``English`` for ``en``; the code if it has no name."""
        return str(Locale.parse(self._languages[0]).languages.get(code, code))

    def number(self, number: int) -> str:
        """Return a number as in the reader's country, such as ``1,234``."""
        return write_number(number, self._locale)

    def day(self, instant: datetime) -> str:
        """Return ``23 Nov 2026`` in the reader's zone."""
        return write_day(instant, self._zone, self._locale)

    def calendar_day(self, day: date) -> str:
        """Return ``23 Nov 2026`` for a calendar day, which is the same in every zone."""
        return write_calendar_day(day, self._locale)

    def is_same_day(self, one: datetime, other: datetime) -> bool:
        """Return whether two instants are on the same day in the reader's zone."""
        return self._local(one).date() == self._local(other).date()

    def is_same_year(self, one: datetime, other: datetime) -> bool:
        """Return whether two instants are in the same year in the reader's zone."""
        return self._local(one).year == self._local(other).year

    def short_day(self, instant: datetime) -> str:
        """Return ``23 Nov``, without the year."""
        return write_short_day(instant, self._zone, self._locale)

    def month(self, instant: datetime) -> str:
        """Return ``Nov 2026``."""
        return write_month(instant, self._zone, self._locale)

    def time(self, instant: datetime) -> str:
        """Return ``08:00`` in the reader's zone."""
        return write_time(instant, self._zone, self._locale)

    def instant(self, instant: datetime) -> str:
        """Return ``23 Nov 2026, 08:00 CET``."""
        parts = {"day": self.day(instant), "time": self.time(instant)}
        return self.say("span.instant", zone=self.zone_name(instant), **parts)

    def short_instant(self, instant: datetime) -> str:
        """Return ``23 Nov 08:00``, for a list whose zone and year are known."""
        return f"{self.short_day(instant)} {self.time(instant)}"

    def zone_name(self, instant: datetime) -> str:
        """Return the zone's short name at an instant, such as ``CET``; ``UTC+05:45`` if it has none."""
        return name_zone(self._local(instant))

    def span(self, length: timedelta) -> str:
        """Return a duration in its two largest units: ``3 days 4 h``, ``2 h 5 min``, ``12 min``."""
        hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
        # up to two days in hours: "30 h" is more exact than "1 day 6 h"
        if hours >= 48:
            return self.count("span.days", hours // 24, hours=hours % 24)
        if hours:
            return self.say("span.hours", hours=hours, minutes=minutes)
        return self.say("span.minutes", minutes=minutes)

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.locale.replace("-", "_"))

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        """Return the files in which sentences are looked up, nearest to the reader first: ``pt_BR``, ``pt``, ``en``."""
        parts = (self._locale.language, self._locale.script, self._locale.territory)
        names = dict.fromkeys((str(self._locale), "_".join(filter(None, parts[:2])), parts[0]))
        return (*(name for name in names if load_phrases(name, folder=FOLDER)), _FALLBACK)

    def _fill(self, key: str, form: str, values: Mapping[str, object]) -> str:
        *own, fallback = self._languages
        for language in own:
            phrase = load_phrases(language, folder=FOLDER).get(key)
            try:
                if phrase is not None:
                    return self._format(_choose(phrase, form), values)
            except _UNFILLABLE as error:
                _log_unfillable(language, key, repr(error))
        return self._format(_choose(load_phrases(fallback, folder=FOLDER)[key], form), values)

    def _format(self, sentence: str, values: Mapping[str, object]) -> str:
        return sentence.format(**values)


class HtmlPhrases(Phrases):
    """The same sentences for HTML: values are escaped, unless they are Markup."""

    def _format(self, sentence: str, values: Mapping[str, object]) -> str:
        return escape(sentence).format(**values)


def phrases_for(reader: Reader) -> Phrases:
    """Return the phrases for a reader."""
    return Phrases(reader.locale, reader.zone)


def phrases_of(message: Message) -> Phrases:
    """Return the phrases for the reader of a message."""
    return Phrases(message.locale, message.zone)


def _choose(phrase: Phrase, form: str) -> str:
    """Return the form of a sentence for a plural category; a sentence without forms is returned as it is."""
    if isinstance(phrase, str):
        return phrase
    if not form:
        raise TypeError("it has plural forms; use count()")
    return phrase.get(form) or phrase["other"]


@lru_cache(maxsize=1000)  # more than en.toml has sentences: each is logged once in each language
def _log_unfillable(language: str, key: str, reason: str) -> None:
    """Log a sentence that could not be filled; once, because every message uses it."""
    log_event(
        _log, logging.WARNING, "English sentence used", language=language, key=key, reason=reason
    )


@lru_cache(maxsize=50)  # files: those of all languages that readers have
def load_phrases(language: str, *, folder: Path) -> Mapping[str, Phrase]:
    """Return the sentences of a language by ``section.key``; empty if there is no such file or it cannot be read.

    raises  what reading raises for the English file, without which nothing can be written
    """
    file = folder / f"{language}.toml"
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        if language == _FALLBACK:
            raise
        _log_unfillable(language, "all", repr(error))
        return {}
    return {
        f"{section}.{key}": phrase
        for section, phrases in sections.items()
        if isinstance(phrases, dict)
        for key, phrase in phrases.items()
    }
