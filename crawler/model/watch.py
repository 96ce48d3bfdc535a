"""A watch, and its match with a revision."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AlertMode(StrEnum):
    """When a watch's alerts are sent."""

    NOW = "now"
    DIGEST = "digest"
    NONE = "none"


class OnRevision(StrEnum):
    """When a changed article alerts again."""

    NEVER = "never"
    NEW_MATCH = "new-match"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A saved interest with recipients.

    query         an expression of the watch language
    sources       names or tags of the sources it is limited to; empty means all
    min_mentions  occurrences in an article below which it does not match
    synonyms      sets of words that stand for each other in the query
    digest        when a digest leaves, as written in the configuration, in ``timezone``; watches of a ``group`` share one
    recipients    mail addresses and names of channels
    mute_until    no alert is queued before this instant; matches are still kept
    """

    id: int
    name: str
    query: str
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    title_only: bool = False
    min_mentions: int = 1
    synonyms: tuple[tuple[str, ...], ...] = ()
    alert: AlertMode = AlertMode.NOW
    digest: str = ""
    group: str = ""
    timezone: str = "UTC"
    on_revision: OnRevision = OnRevision.NEW_MATCH
    recipients: tuple[str, ...] = ()
    mute_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The sentence that proves a match.

    text   plain text, one line, at most 280 characters
    marks  (start, end) pairs of matched terms in ``text``, in order, never overlapping
    """

    text: str = field(repr=False)
    marks: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, text: str, marks: str) -> "Snippet":
        """Return a stored snippet; ``marks`` is JSON. Raises ValueError if that cannot be read."""
        return cls(text=text, marks=tuple((start, end) for start, end in json.loads(marks)))

    def cut_at_marks(self) -> Iterator[tuple[str, bool]]:
        """Return the pieces of the text in order, each with whether it is marked."""
        at = 0
        for start, end in self.marks:
            yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        yield self.text[at:], False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A match: a watch met a revision.

    terms        distinct words or phrases of the query that were found, as written in the query
    hit_count    occurrences in headline and body together
    in_headline  True if at least one is in the headline
    passages     the whole sentences of the body in which something was found, with their marks
    score        how much the article is about the query, from 0 upwards; it orders a digest and suppresses nothing
    """

    watch_id: int
    terms: tuple[str, ...]
    hit_count: int
    in_headline: bool
    snippet: Snippet
    passages: tuple[Snippet, ...] = field(default=(), repr=False)
    score: float = 0.0
