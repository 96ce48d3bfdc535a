"""What is owed to a recipient, and the letter it becomes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.model.watch import Snippet


class AlertKind(StrEnum):
    """Why an alert was raised."""

    NEW = "new"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One source's copy of a story, for the list in a mail."""

    source_name: str
    headline: str
    url: str
    published_at: datetime | None
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Everything a mail about one match needs.

    precision   of ``published_at``: minute, hour or day; None with it
    zone        zone in which times are shown to this reader
    outlets     every known copy of the story, first seen first; includes the matched one
    raised_at   when the match was stored
    diff        what the text changed against the one before, as marked words; empty for a first text
    """

    id: int
    kind: AlertKind
    watch_name: str
    query: str
    headline: str
    url: str
    source_name: str
    language: str
    terms: tuple[str, ...]
    hit_count: int
    in_headline: bool
    snippet: Snippet
    raised_at: datetime
    zone: str
    published_at: datetime | None = None
    precision: str | None = None
    byline: str | None = None
    story_id: int = 0
    diff: str = ""
    outlets: tuple[Outlet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Getting one alert to one recipient.

    message_id     stored before the first attempt and the same in every attempt
    attempt_count  attempts made before this one
    """

    id: int
    alert: Alert
    recipient: str
    message_id: str
    attempt_count: int
