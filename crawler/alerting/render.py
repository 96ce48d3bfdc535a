"""What a mail shows, as plain text and as HTML; both say the same."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape

from crawler.model.alert import Alert, AlertKind, Outlet
from crawler.text.lines import clean_line
from crawler.text.word_diff import Piece, mark_piece, split_marked

_WIDTH = 76
_MOST_CHANGES = 1200
_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("crawler.alerting"),
    autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An outlet's line as a reader sees it."""

    name: str
    when: str
    headline: str
    url: str


def render_text(alert: Alert) -> str:
    """Give the plain part, wrapped at 76 columns; marked terms stand between asterisks."""
    marked = "".join(
        f"*{text}*" if is_marked else text for text, is_marked in alert.snippet.cut_at_marks()
    )
    proof = textwrap.fill(clean_line(marked), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    changes = " ".join(mark_piece(kind, text) for kind, text in _changes(alert))
    indented = textwrap.fill(changes, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    template = _templates.get_template("alert.txt")
    headline = textwrap.fill(clean_line(alert.headline), _WIDTH)
    return (
        template.render(_facts(alert), headline=headline, proof=proof, changes=indented).strip()
        + "\n"
    )


def render_html(alert: Alert) -> str:
    """Give the HTML part; everything from the network is escaped before marks are put around terms."""
    marked = (
        Markup("<mark>{}</mark>").format(clean_line(text)) if is_marked else escape(text)
        for text, is_marked in alert.snippet.cut_at_marks()
    )
    template = _templates.get_template("alert.html")
    headline = clean_line(alert.headline)
    proof = Markup().join(marked)
    return template.render(
        _facts(alert), headline=headline, proof=proof, changes=list(_changes(alert))
    )


def _changes(alert: Alert) -> Iterator[Piece]:
    """Give the pieces of what changed that fit into a mail."""
    room = _MOST_CHANGES if alert.kind is AlertKind.UPDATE else 0
    for kind, piece in split_marked(alert.diff):
        text = clean_line(piece)
        if text and room > 0:
            yield kind, text if len(text) <= room else f"{text[:room]}\u2026"
        room -= len(text)


def _note(alert: Alert) -> str:
    if alert.kind is not AlertKind.UPDATE:
        return ""
    if not alert.diff:
        return "You had an alert about this story. This outlet says the words in text nobody had before."
    return (
        "This article was changed after we first saw it, and now says the words where it did not."
    )


def _facts(alert: Alert) -> dict[str, object]:
    return {
        "alert": alert,
        "source_name": clean_line(alert.source_name),
        "byline": clean_line(alert.byline or ""),
        "published": write_published(alert),
        "url": web_link(alert.url),
        "reason": write_reason(alert),
        "outlets": [_show(outlet, alert) for outlet in alert.outlets],
        "query": clean_line(alert.query),
        "watch_name": clean_line(alert.watch_name),
        "is_update": alert.kind is AlertKind.UPDATE,
        "note": _note(alert),
    }


def write_published(alert: Alert) -> str:
    """Say when it was published, no more exactly than is known."""
    if alert.published_at is None:
        return f"not stated; first seen {_instant(alert.raised_at, alert.zone)}"
    local = alert.published_at.astimezone(ZoneInfo(alert.zone))
    if alert.precision == "day":
        return f"{local:%-d %b %Y} (day only)"
    about = "about " if alert.precision == "hour" else ""
    return f"{local:%-d %b %Y}, {about}{local:%H:%M} {alert.zone}"


def _instant(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M} {zone}"


def write_reason(alert: Alert) -> str:
    """Say why it matched: the terms found, how often, and whether in the headline."""
    terms = ", ".join(clean_line(term) for term in alert.terms)
    times = "once" if alert.hit_count == 1 else f"{alert.hit_count} times"
    where = ", headline included" if alert.in_headline else ""
    return f"{terms}: found {times}{where}"


def _show(outlet: Outlet, alert: Alert) -> Shown:
    local = outlet.first_seen_at.astimezone(ZoneInfo(alert.zone))
    return Shown(
        name=clean_line(outlet.source_name),
        when=f"{local:%-d %b %H:%M}",
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
