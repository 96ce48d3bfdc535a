"""The status report, which makes an empty inbox believable: what was read, what was not, and what is pending."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """The standing of an active source at an instant; each source is in exactly one class, the first that applies.

    never read  no visit has ever read it: its visits failed, or it has been due for longer than an hour
    cut off     its last visit was cut off, and the next has not begun
    new         its first visit, or the first since it was resumed, is still to come or under way
    failing     its last visits failed, three or more in a row
    retrying    its last visit failed, or the last two
    throttled   its host asked to be left alone for now
    late        it has been due for longer than an hour and was not read
    degraded    it is read, but its pages hold no articles or all the same text
    quiet       it is read, and has been silent for longer than ever before
    on time     it was read at its last visit, and no visit has been due since, or only within the hour
    """

    NEVER_READ = "never read"
    FAILING = "failing"
    CUT_OFF = "cut off"
    LATE = "late"
    RETRYING = "retrying"
    THROTTLED = "throttled"
    DEGRADED = "degraded"
    QUIET = "quiet"
    NEW = "new"
    ON_TIME = "on time"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source that a report names: its standing, since when, and why.

    read_at      last time it was read, or None
    next_at      when it is tried again, where that is useful to know
    """

    name: str
    standing: Standing
    since: datetime | None = None
    reason: str = ""
    read_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A source that failed and was read again within the period: from its last visit to the next."""

    name: str
    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A source that somebody paused or removed; ``since`` is not known for rows of earlier releases."""

    name: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """The standing of the sources.

    counts         active sources by standing; they add up to ``active_count``
    not_due_count  those on time that were not due in the period: they are visited less often
    named          those of every class except new and on time, at most ten each, longest first
    paused         in the configuration, and not visited
    removed        left the configuration within the period
    outages        failed and were read again within the period
    """

    active_count: int = 0
    counts: Mapping[Standing, int] = field(default_factory=dict)
    not_due_count: int = 0
    named: tuple[SourceState, ...] = ()
    paused: tuple[Rest, ...] = ()
    removed: tuple[Rest, ...] = ()
    outages: tuple[Outage, ...] = ()

    def count(self, standing: Standing) -> int:
        """Return how many sources have a standing."""
        return self.counts.get(standing, 0)

    @property
    def needs_look(self) -> bool:
        """Whether a source is not as it should be, or was not within the period, or there are no sources."""
        fine = self.count(Standing.ON_TIME) + self.count(Standing.NEW)
        return bool(fine < self.active_count or not self.active_count or self.outages)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What was done with pages within the period, and which still wait.

    checked_count  pages that were read and understood: of visits that ended in the period, and of visits under way those
                   that no earlier report counted
    refused_count  pages that held no article; failed_count  fetches of pages that failed
    skipped_count  entries that were there before a first visit and were marked as seen
    waiting_count  announced pages that are still to be fetched, the oldest announced at ``waiting_since``
    retried_count  how many of these could not be read so far
    """

    checked_count: int = 0
    refused_count: int = 0
    failed_count: int = 0
    match_count: int = 0
    skipped_count: int = 0
    waiting_count: int = 0
    waiting_since: datetime | None = None
    retried_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """Messages that have not left; the one that carries the report is not counted.

    pending_count   messages that should have left, the oldest at ``pending_since``, with ``alert_count`` alerts
    later_count     alerts gathered for a later moment, the first at ``later_at``
    dead_count      messages given up within the period
    others_pending_count, others_dead_count   the same for all other recipients
    """

    pending_count: int = 0
    pending_since: datetime | None = None
    alert_count: int = 0
    later_count: int = 0
    later_at: datetime | None = None
    dead_count: int = 0
    others_pending_count: int = 0
    others_dead_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """A watch that sends its reader no alerts, or not all.

    until     until when, None for good
    by_reader it is muted for this reader alone
    is_kept   its matches are only kept in the database: ``alert = "none"``
    story_count, source_count  how many of its stories and sources are muted; both 0: all of it is
    """

    name: str
    until: datetime | None = None
    by_reader: bool = False
    is_kept: bool = False
    story_count: int = 0
    source_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMark:
    """How far a report counted, so that the next one goes on from there.

    finish_no    the last visit that had ended: visits are counted in the order they end, as a clock may be set back
    open_counts  counts of visits under way, by visit: checked, refused, failed, matches
    """

    finish_no: int = 0
    open_counts: Mapping[int, tuple[int, int, int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What was read and sent up to an instant; facts only; ``alerting.messages.status_report`` writes the sentences.

    since        start of the period: the last report that reached its reader, or the first visit; None before any
    is_first     its reader has had none so far
    watch_count  watches that alert its reader, or all of them
    downtimes    when nothing ran, or nothing could be written, as (from, until)
    free_bytes   room left on the disk of the database, where that is little; None if there is enough
    """

    since: datetime | None
    until: datetime
    is_first: bool = False
    sources: SourceFacts = SourceFacts()
    pages: PageFacts = PageFacts()
    mail: MailFacts = MailFacts()
    watch_count: int = 0
    muted: tuple[WatchState, ...] = ()
    downtimes: tuple[tuple[datetime, datetime], ...] = ()
    free_bytes: int | None = None
    mark: ReportMark = ReportMark()

    @property
    def needs_look(self) -> bool:
        """Whether something is not as it should be."""
        mail = self.mail
        return bool(
            self.sources.needs_look
            or not self.watch_count
            or self.downtimes
            or self.has_old_pages
            or mail.pending_count
            or mail.dead_count
            or mail.others_pending_count
            or mail.others_dead_count
            or self.free_bytes is not None
        )

    @property
    def has_old_pages(self) -> bool:
        """Whether pages have waited for longer than a visit takes."""
        since = self.pages.waiting_since
        return since is not None and (self.until - since).total_seconds() > 3600

    @property
    def is_well(self) -> bool:
        """Whether "all is well" may be said: all was read, all was sent, nothing is held back."""
        sources = self.sources
        is_calm = not (self.muted or sources.paused or sources.removed)
        return is_calm and not self.needs_look and not sources.count(Standing.NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEvent:
    """A change of a source's health; ``read_at`` is the last time it was read, or None."""

    source_name: str
    health: str
    health_before: str
    reason: str
    happened_at: datetime
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEdit:
    """An edit of the configuration that is not in force, and why; ``ended_at`` once it is in force or was taken back."""

    note: str
    refused_at: datetime
    ended_at: datetime | None = None
