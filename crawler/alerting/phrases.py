"""What messages say: our sentences, one file a language, with the dates and numbers of the reader's country.

A translation is one more file in ``languages/``, named by the language's code, with the keys of ``en.toml``; a key it
lacks is said in English.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from crawler.model.alert import Letter

# a sentence, or its forms by CLDR plural category ("one", "few", "other" ...)
Phrase = str | Mapping[str, str]
_FALLBACK = "en"


@dataclass(frozen=True)
class Phrases:
    """How one reader is spoken to.

    locale  such as ``en_GB`` or ``de-AT``: the language, and how dates and numbers are written
    zone    IANA time zone in which instants are shown
    """

    locale: str
    zone: str

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its places filled; raises KeyError for a key no file has."""
        phrase = _find(self._locale.language, key)
        if not isinstance(phrase, str):
            raise TypeError(f"{key} has plural forms; use count()")
        return phrase.format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return a sentence in the form for a number, which stands in it as ``{n}``."""
        phrase = _find(self._locale.language, key)
        if isinstance(phrase, str):
            return phrase.format(n=self.number(number), **values)
        form = phrase.get(self._locale.plural_form(number), phrase["other"])
        return form.format(n=self.number(number), **values)

    def number(self, number: int) -> str:
        """Return ``1,234`` as the reader's country writes it."""
        return str(format_decimal(number, locale=self._locale))

    def day(self, instant: datetime) -> str:
        """Return ``23 Nov 2026`` in the reader's zone."""
        return _plain(format_date(self._local(instant).date(), "medium", locale=self._locale))

    def short_day(self, instant: datetime) -> str:
        """Return ``23 Nov``, without the year."""
        local = self._local(instant)
        return _plain(format_skeleton("MMMd", local, locale=self._locale))

    def month(self, instant: datetime) -> str:
        """Return ``Nov 2026``."""
        local = self._local(instant)
        return _plain(format_skeleton("yMMM", local, locale=self._locale))

    def time(self, instant: datetime) -> str:
        """Return ``08:00`` in the reader's zone."""
        return _plain(format_time(self._local(instant).time(), "short", locale=self._locale))

    def instant(self, instant: datetime) -> str:
        """Return ``23 Nov 2026, 08:00 CET``."""
        return f"{self.day(instant)}, {self.time(instant)} {self.zone_name(instant)}"

    def short_instant(self, instant: datetime) -> str:
        """Return ``23 Nov 08:00``: for a list whose zone and year are clear."""
        return f"{self.short_day(instant)} {self.time(instant)}"

    def zone_name(self, instant: datetime) -> str:
        """Return the zone's short name at an instant, ``CET``; ``UTC+3`` where it has none but an offset."""
        name = self._local(instant).strftime("%Z")
        return f"UTC{name}" if name[:1] in "+-" else name

    def span(self, length: timedelta) -> str:
        """Return a length of time in its two largest units: ``3 days 4 h``, ``2 h 5 min``, ``12 min``."""
        hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
        if hours >= 48:
            return self.count("span.days", hours // 24, hours=hours % 24)
        if hours:
            return self.say("span.hours", hours=hours, minutes=minutes)
        return self.say("span.minutes", minutes=minutes)

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.zone))

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.locale.replace("-", "_"))


def phrases_of(letter: Letter) -> Phrases:
    """Return how the reader of a letter is spoken to."""
    return Phrases(letter.locale, letter.zone)


def _plain(text: str) -> str:
    """Return a date without the narrow spaces that some mail programs show as boxes."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def _find(language: str, key: str) -> Phrase:
    own = load_phrases(language).get(key)
    return load_phrases(_FALLBACK)[key] if own is None else own


@lru_cache(maxsize=50)
def load_phrases(language: str) -> Mapping[str, Phrase]:
    """Return the sentences of a language by ``section.key``; empty where nobody has translated them."""
    file = files("crawler.alerting") / "languages" / f"{language}.toml"
    if not file.is_file():
        return {}
    sections = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        f"{section}.{key}": phrase
        for section, phrases in sections.items()
        for key, phrase in phrases.items()
    }
