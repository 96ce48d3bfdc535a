"""A watch, and its meeting with a revision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertMode(StrEnum):
    """When a watch's alerts leave the house."""

    NOW = "now"
    NONE = "none"


class OnRevision(StrEnum):
    """Whether a changed article alerts again."""

    NEVER = "never"
    NEW_MATCH = "new-match"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A saved interest with recipients.

    query       an expression of the watch language
    sources     names or tags of sources it looks at; empty means all
    recipients  mail addresses
    mute_until  no alert is queued before this instant; matches are still kept
    """

    id: int
    name: str
    query: str
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    title_only: bool = False
    alert: AlertMode = AlertMode.NOW
    on_revision: OnRevision = OnRevision.NEW_MATCH
    recipients: tuple[str, ...] = ()
    mute_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The sentence that proves a match.

    text   plain text, one line, at most 280 characters
    marks  (start, end) pairs of matched terms in ``text``, in order, never overlapping
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A watch met a revision.

    terms        distinct words or phrases of the query that were found, as written in the query
    hit_count    occurrences in headline and body together
    in_headline  True if at least one stands in the headline
    passages     the sentences of the body in which something was found
    """

    watch_id: int
    terms: tuple[str, ...]
    hit_count: int
    in_headline: bool
    snippet: Snippet
    passages: tuple[str, ...] = ()
