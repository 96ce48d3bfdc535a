"""Alerts pending for a recipient, and the messages they become."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.model.mail.status_report import RefusedEdit, SourceEvent, StatusReport
from crawler.model.watch import Snippet


class AlertKind(StrEnum):
    """Why an alert was raised.

    new       the story has the watch's words for the first time
    update    a later copy or revision has them in text that no alert had before
    headline  an article that alerted somebody has another headline now
    gone      an article that alerted somebody is no longer there
    """

    NEW = "new"
    UPDATE = "update"
    HEADLINE = "headline"
    GONE = "gone"


# alerts that bring a text; the others say that one has another headline or is gone
OF_TEXT = (AlertKind.NEW, AlertKind.UPDATE)


class DeliveryKind(StrEnum):
    """What a delivery brings: one alert, several, a status report alone, or a notice to the admin."""

    ALERT = "alert"
    DIGEST = "digest"
    STATUS_REPORT = "status_report"
    NOTICE = "notice"


# the period of `[mail] per_hour`
FLOOD_PERIOD = timedelta(hours=1)
# the series of alerts that would leave at once but are gathered: too many in an hour, or found by looking back
HELD = "held"
_GROUP = "group "


def name_series(watch_name: str, group: str) -> str:
    """Return the series a watch's digests belong to: that of its group, or its own."""
    return f"{_GROUP}{group}" if group else f"watch {watch_name}"


def group_of(series: str) -> str:
    """Return the group of a series of digests; empty for any other series."""
    return series.removeprefix(_GROUP) if series.startswith(_GROUP) else ""


def channel_of(recipient: str) -> str | None:
    """Return the channel that a recipient names, None for a mail address."""
    return None if "@" in recipient else recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One source's copy of a story, for the list in a mail.

    published_or_seen_at  when it was published, if that is known to the hour, otherwise when we first saw it
    is_stated whether that is the outlet's own statement
    """

    source_name: str
    headline: str
    url: str
    published_or_seen_at: datetime
    is_stated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert with everything a message about it needs.

    precision        of ``published_at``: minute, hour or day; None with it
    published_zone   zone it was stated in, an IANA name or an offset; a bare day is a day in this zone
    outlets          the first known copies of the story, in the order they published it; includes the matched one
    outlet_count     how many outlets have it, ``copy_count`` in how many articles; 0 where ``outlets`` holds them all
    raised_at        when the match was stored
    diff             marked words: the change against the text its readers were alerted to before, else against the
                     article's last one; empty for a first text
    headline_before  the headline until then, where it changed
    is_last_today    the daily limit lets no further one about the story through
    gone_status      404 or 410 where the page is no longer there
    from_feed        why the text is the feed's own and not the page's; empty if the page was read
    score            how much the article is about the watch's words
    thread_name      the watch's first name, by which mail programs thread messages; empty if it never changed
    story_id         the story it was raised for; ``current_story_id`` the one that story was merged into, or itself
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
    published_at: datetime | None = None
    precision: str | None = None
    published_zone: str | None = None
    byline: str | None = None
    article_id: int = 0
    story_id: int = 0
    current_story_id: int = 0
    diff: str = field(default="", repr=False)
    headline_before: str = ""
    gone_status: int | None = None
    from_feed: str = ""
    score: float = 0.0
    thread_name: str = ""
    outlets: tuple[Outlet, ...] = ()
    outlet_count: int = 0
    copy_count: int = 0
    is_last_today: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An alert of a digest, shown in it or not: enough to count the stories of each watch."""

    alert_id: int
    watch_name: str
    story_id: int
    kind: AlertKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient.

    recipient   a mail address, or the name of a channel
    message_id  stored before the first attempt and the same in every attempt
    written_at  when it was sealed: nothing joins it after that
    alerts      those it shows, the highest score first
    entries     all alerts it is about, in the same order; empty where ``alerts`` holds them all
    more_count  further alerts there was no room for
    held_limit  the limit of mails an hour that made single alerts one message; 0 if there was another reason
    events, refused_edit  of a notice: changes of sources, an edit that is not in force
    thread      Message-IDs of earlier messages to this recipient about the same story
    zone, locale  in which its reader is shown instants, dates and numbers
    is_admin    its reader runs Watchword, so commands and settings may be shown
    contact     whom other readers write to
    is_test     somebody tests whether messages arrive
    """

    delivery_id: int
    kind: DeliveryKind
    series: str
    recipient: str
    message_id: str
    written_at: datetime
    zone: str
    locale: str = "en_GB"
    alerts: tuple[Alert, ...] = ()
    entries: tuple[Entry, ...] = ()
    more_count: int = 0
    held_limit: int = 0
    status_report: StatusReport | None = None
    events: tuple[SourceEvent, ...] = ()
    refused_edit: RefusedEdit | None = None
    thread: tuple[str, ...] = ()
    is_admin: bool = False
    contact: str = ""
    is_test: bool = False
