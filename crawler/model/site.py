"""What a site asks of crawlers: its robots.txt, and hosts that asked to be left alone."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """A host that is left alone until a moment, and why; ``domain`` is its key."""

    domain: str
    until: datetime
    reason: str
    refusal_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsFile:
    """An answer for a robots.txt.

    body     its text, empty if there is none
    refusal  why nothing of the site may be fetched for now, None if the file was read
    """

    origin: str
    fetched_at: datetime
    expires_at: datetime
    http_status: int | None
    body: str = field(repr=False)
    refusal: str | None
