"""The starter catalogue: feeds of known publishers that ship with Watchword, in seeds/catalogue/feeds.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFeed:
    """A feed of the catalogue.

    language, country  codes of ISO 639-1 and ISO 3166-1: the language of the feed, the country of the publisher
    timezone           where the publisher is, for dates that state no zone
    lists              the public lists of feeds that name this address
    note               whose voice it is, where a state runs, owns or censors the publisher
    """

    name: str
    publisher: str
    url: str
    language: str
    country: str
    subject: str
    timezone: str
    lists: tuple[str, ...]
    note: str = ""

    def as_source(self) -> dict[str, object]:
        """Return the settings of a source that reads this feed."""
        return {
            "name": self.name,
            "url": self.url,
            "kind": "feed",
            "tags": [self.subject],
            "timezone": self.timezone,
            "language": self.language,
        }


@cache
def read_catalogue() -> tuple[CatalogueFeed, ...]:
    """Return all feeds of the catalogue, by language, then by name."""
    text = (files("seeds") / "catalogue" / "feeds.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)["feed"]
    return tuple(CatalogueFeed(**{**table, "lists": tuple(table["lists"])}) for table in tables)


def find_feed(name: str) -> CatalogueFeed | None:
    """Return the feed of this name, None if the catalogue has none."""
    return next((feed for feed in read_catalogue() if feed.name == name), None)


def list_languages() -> tuple[str, ...]:
    """Return the languages of the catalogue."""
    return tuple(sorted({feed.language for feed in read_catalogue()}))


def list_subjects() -> tuple[str, ...]:
    """Return the subjects of the catalogue."""
    return tuple(sorted({feed.subject for feed in read_catalogue()}))


def pick_feeds(
    languages: Sequence[str] = (), subjects: Sequence[str] = ()
) -> tuple[CatalogueFeed, ...]:
    """Return the feeds in these languages on these subjects; all, if none are stated."""
    return tuple(
        feed
        for feed in read_catalogue()
        if (not languages or feed.language in languages)
        and (not subjects or feed.subject in subjects)
    )


def read_pick(text: str) -> tuple[CatalogueFeed, ...]:
    """Return the feeds of ``LANG`` or ``LANG:SUBJECT``, such as ``en:defence``; ``:SUBJECT`` is in all languages.

    raises  ValueError, which says what there is
    """
    language, _, subject = text.strip().lower().partition(":")
    for word, known, what in (
        (language, list_languages(), "language"),
        (subject, list_subjects(), "subject"),
    ):
        if word and word not in known:
            close = get_close_matches(word, known, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"it has {', '.join(known)}"
            raise ValueError(f'the catalogue has no {what} "{word}"; {hint}')
    found = pick_feeds([language] if language else [], [subject] if subject else [])
    if not found:
        subjects = sorted({feed.subject for feed in pick_feeds([language])})
        raise ValueError(
            f'in the language "{language}" the catalogue has only {", ".join(subjects)}'
        )
    return found
