"""What an empty inbox is believed by: what was read, what was not, and what is still owed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source that needs a look, since when and why."""

    name: str
    health: str
    since: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvent:
    """A source changed its state."""

    source_name: str
    health: str
    health_before: str
    reason: str
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How the watching went between two instants.

    source_count   sources that are to be visited
    on_time_count  of these, the ones read when they were due
    late_count     due for longer than an hour and not read
    unread_count   never read yet
    failing, quiet, degraded  those that need a look, longest first
    checked_count  pages that were read and understood
    refused_count  pages that held no article
    match_count    matches found
    owed_count     alerts that were to have left and have not; ``dead_count`` those given up
    absences       when nothing ran, as (from, until)
    """

    since: datetime
    until: datetime
    source_count: int
    on_time_count: int
    late_count: int
    unread_count: int
    failing: tuple[SourceState, ...]
    quiet: tuple[SourceState, ...]
    degraded: tuple[SourceState, ...]
    checked_count: int
    refused_count: int
    match_count: int
    owed_count: int
    dead_count: int
    absences: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing needs a look."""
        return self.on_time_count == self.source_count and not (
            self.quiet or self.degraded or self.owed_count or self.dead_count or self.absences
        )
