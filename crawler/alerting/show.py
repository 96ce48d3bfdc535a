"""What a reader is shown of an alert, word for word the same in every kind of letter and in text and HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from crawler.alerting.links import Links
from crawler.alerting.phrases import Phrases, phrases_of
from crawler.model.alert import Alert, AlertKind, Letter, Outlet
from crawler.text.lines import clean_line
from crawler.text.word_diff import Piece, split_marked

_MOST_CHANGES = 1200
# what was published this long before we first told it is no news, whatever the page says today
OLD_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ShownOutlet:
    """An outlet's line as a reader sees it."""

    name: str
    when: str
    headline: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert in a reader's words, clean lines all of them.

    labels   what sets it apart: ``update``, ``headline changed``, ``gone (404)``, ``old``
    proof    the sentence in pieces, each with whether it is a matched term
    changes  pieces of what changed, each ``same``, ``out`` or ``new``
    summary  ``14 outlets, first: X 12:03``; empty for one outlet
    mute_url signed address to mute it or to reject it; empty where there is no public reading room
    """

    id: int
    story_id: int
    watch_name: str
    query: str
    headline: str
    url: str
    room_url: str
    mute_url: str
    source_name: str
    labels: tuple[str, ...]
    note: str
    proof: tuple[tuple[str, bool], ...]
    changes: tuple[Piece, ...]
    byline: str
    published: str
    language: str
    reason: str
    summary: str
    outlets: tuple[ShownOutlet, ...]


def show_alert(alert: Alert, links: Links, letter: Letter | None = None) -> ShownAlert:
    """Put an alert into words.

    letter  what brings it, whose reader may mute it; None where it is read elsewhere
    """
    is_changed = alert.kind in {AlertKind.UPDATE, AlertKind.HEADLINE}
    return ShownAlert(
        id=alert.id,
        story_id=alert.told_in,
        watch_name=clean_line(alert.watch_name),
        query=clean_line(alert.query),
        headline=clean_line(alert.headline) or "(no headline)",
        url=web_link(alert.url),
        room_url=links.to_article(alert.article_id),
        mute_url=links.to_letter(letter, alert.id) if letter else "",
        source_name=clean_line(alert.source_name),
        labels=_labels(alert),
        note=" ".join(
            filter(None, (_note(alert), _write_origin(alert), _write_limit(alert, letter)))
        ),
        proof=tuple((clean_part(text), is_hit) for text, is_hit in alert.snippet.cut_at_marks()),
        changes=tuple(_changes(alert)) if is_changed else (),
        byline=clean_line(alert.byline or ""),
        published=write_published(alert),
        language=clean_line(alert.language),
        reason=write_reason(alert),
        summary=write_outlets(alert),
        outlets=tuple(_show_outlet(outlet, alert) for outlet in alert.outlets),
    )


def clean_part(text: str) -> str:
    """Clean a part of a line without taking the spaces at its ends."""
    line = clean_line(text)
    before = " " if text[:1].isspace() and line else ""
    return f"{before}{line}{' ' if text[-1:].isspace() else ''}"


def _labels(alert: Alert) -> tuple[str, ...]:
    kinds = {
        AlertKind.NEW: (),
        AlertKind.UPDATE: ("update",),
        AlertKind.HEADLINE: ("headline changed",),
        AlertKind.GONE: (f"gone ({alert.gone_status or 404})",),
    }
    return (*kinds[alert.kind], *(("old",) if is_old(alert) else ()))


def is_old(alert: Alert) -> bool:
    """Tell whether the story was published long before it came to us."""
    return alert.published_at is not None and alert.raised_at - alert.published_at > OLD_AFTER


def _note(alert: Alert) -> str:
    match alert.kind:
        case AlertKind.UPDATE if alert.diff:
            return "This article was changed after we first saw it, and now says the words where it did not."
        case AlertKind.UPDATE:
            return "You had an alert about this story. This outlet says the words in text nobody had before."
        case AlertKind.HEADLINE:
            before = clean_line(alert.headline_before, max_characters=200)
            return f"The headline changed after we mailed you. It was: {before}"
        case AlertKind.GONE:
            return f"The page we mailed you about is gone: it answers {alert.gone_status or 404} now. The text is kept."
        case _:
            return "This is an old story that surfaced only now." if is_old(alert) else ""


def _write_origin(alert: Alert) -> str:
    """Say that the text is the feed's own, and why; empty where the page was read."""
    if not alert.from_feed or alert.kind is AlertKind.GONE:
        return ""
    return f"From the feed; {clean_line(alert.from_feed).rstrip('.')}."


def _write_limit(alert: Alert, letter: Letter | None) -> str:
    """Say that nothing more of the story comes today; empty where something may."""
    if not alert.is_last_today:
        return ""
    phrases = phrases_of(letter) if letter else Phrases("en_GB", alert.zone)
    return phrases.say("alert.last_today")


def _changes(alert: Alert) -> Iterator[Piece]:
    """Give the pieces of what changed that fit into a mail."""
    room = _MOST_CHANGES
    for kind, piece in split_marked(alert.diff):
        text = clean_line(piece)
        if text and room > 0:
            yield kind, text if len(text) <= room else f"{text[:room]}\u2026"
        room -= len(text)


def write_published(alert: Alert) -> str:
    """Say when it was published, no more exactly than is known."""
    if alert.published_at is None:
        return f"not stated; first seen {write_instant(alert.raised_at, alert.zone)}"
    local = alert.published_at.astimezone(ZoneInfo(alert.zone))
    if alert.precision == "day":
        return f"{local:%-d %b %Y} (day only)"
    about = "about " if alert.precision == "hour" else ""
    return f"{local:%-d %b %Y}, {about}{local:%H:%M} {alert.zone}"


def write_instant(instant: datetime, zone: str) -> str:
    """Write ``23 Nov 2026, 08:00 Europe/Berlin``."""
    return f"{instant.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M} {zone}"


def write_reason(alert: Alert) -> str:
    """Say why it matched: the terms found, how often, and whether in the headline."""
    terms = ", ".join(clean_line(term) for term in alert.terms)
    times = "once" if alert.hit_count == 1 else f"{alert.hit_count} times"
    where = ", headline included" if alert.in_headline else ""
    return f"{terms}: found {times}{where}"


def write_outlets(alert: Alert) -> str:
    """Say how many outlets tell it and who was first; empty for a single one."""
    names = tuple(dict.fromkeys(clean_line(outlet.source_name) for outlet in alert.outlets))
    if len(names) < 2:
        return ""
    return f"{len(names)} outlets, first: {names[0]} {_write_when(alert.outlets[0], alert)}"


def _write_when(outlet: Outlet, alert: Alert) -> str:
    """Write an hour of the day of the alert, with the date for any other day."""
    zone = ZoneInfo(alert.zone)
    local, today = outlet.told_at.astimezone(zone), alert.raised_at.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%-d %b %H:%M}" if local.year == today.year else f"{local:%-d %b %Y %H:%M}"


def _show_outlet(outlet: Outlet, alert: Alert) -> ShownOutlet:
    return ShownOutlet(
        name=clean_line(outlet.source_name),
        when=_write_when(outlet, alert) + ("" if outlet.is_stated else " (seen)"),
        headline=clean_line(outlet.headline, max_characters=120),
        url=web_link(outlet.url),
    )


def web_link(url: str) -> str:
    """Give an address that may become a link: http and https only, else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return clean_line(url, max_characters=2000).replace(" ", "%20") if is_web else ""
