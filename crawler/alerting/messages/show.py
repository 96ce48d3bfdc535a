"""An alert as it is shown to a reader, in the same words in every kind of message, in text and HTML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.alerting.links import Links
from crawler.alerting.phrases import Phrases, phrases_of
from crawler.alerting.wording import (
    write_labels,
    write_note,
    write_outlets,
    write_published,
    write_reason,
    write_when,
)
from crawler.model.mail.alert import Alert, AlertKind, Message, Outlet
from crawler.text.languages.direction import find_direction
from crawler.text.lines import clean_line
from crawler.text.word_diff import Piece, split_marked

_MOST_CHANGES = 1200  # characters, about a screen; the web page of the article has all of them
# lines of a message; further outlets are counted, and the web pages list them
MOST_OUTLETS = 15
# bytes; mail programs and proxies cut longer addresses, which then lead nowhere
_LONGEST_LINK = 2000
# ISO 639 codes; anything else must not get into an attribute of HTML
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class ShownOutlet:
    """An outlet's line in a message."""

    name: str
    when: str
    headline: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert in a reader's language; all texts are clean single lines.

    labels     ``update``, ``headline changed``, ``gone (404)``, ``old``; empty for plain news
    proof      the snippet in pieces, each with whether it is a matched term
    changes    the pieces of a revision's changes, each ``same``, ``out`` or ``new``
    is_gone    the page answers with an error, so there is nothing to read at ``url``
    language   the language's name; ``lang`` is its code, empty if it is not a code
    summary    such as ``14 outlets, first: X 12:03``; empty for one outlet
    outlets    the first articles of the story; there are ``more_outlet_count`` further ones
    mute_url   signed address to mute or reject the alert; empty without public web pages
    headline_dir, proof_dir  direction of writing, ``ltr`` or ``rtl``
    """

    id: int
    story_id: int
    watch_name: str
    query: str
    headline: str
    url: str
    is_gone: bool
    web_url: str
    mute_url: str
    source_name: str
    labels: tuple[str, ...]
    note: str
    proof: tuple[tuple[str, bool], ...]
    changes: tuple[Piece, ...]
    byline: str
    published: str
    language: str
    lang: str
    reason: str
    summary: str
    outlets: tuple[ShownOutlet, ...]
    more_outlet_count: int
    headline_dir: str
    proof_dir: str


def show_alert(
    alert: Alert,
    links: Links,
    message: Message | None = None,
    *,
    phrases: Phrases | None = None,
    most_outlets: int = MOST_OUTLETS,
) -> ShownAlert:
    """Return an alert as it is shown to a reader.

    message  the message it is in, whose reader may mute it; None outside of messages
    phrases  the reader's phrases, if not those of the message
    """
    if phrases is None:
        phrases = phrases_of(message) if message else Phrases("en_GB", "UTC")
    is_changed = alert.kind in {AlertKind.UPDATE, AlertKind.HEADLINE}
    headline = clean_line(alert.headline)
    copy_count = max(len(alert.outlets), alert.copy_count)
    return ShownAlert(
        id=alert.id,
        story_id=alert.current_story_id,
        watch_name=clean_line(alert.watch_name),
        query=clean_line(alert.query),
        headline=headline or phrases.say("alert.no_headline"),
        url=web_link(alert.url),
        is_gone=alert.kind is AlertKind.GONE,
        web_url=links.to_article(alert.article_id),
        mute_url=links.to_message(message, alert.id) if message else "",
        source_name=clean_line(alert.source_name, max_characters=100),
        labels=write_labels(alert, phrases),
        note=write_note(alert, phrases),
        proof=tuple((clean_part(text), is_hit) for text, is_hit in alert.snippet.cut_at_marks()),
        changes=tuple(_changes(alert)) if is_changed else (),
        byline=clean_line(alert.byline or "", max_characters=200),
        published=write_published(alert, phrases),
        language=phrases.language_name(clean_line(alert.language, max_characters=40)),
        lang=alert.language if _LANGUAGE.fullmatch(alert.language) else "",
        reason=write_reason(alert, phrases),
        summary=write_outlets(alert, phrases),
        outlets=tuple(_show_outlet(one, alert, phrases) for one in alert.outlets[:most_outlets]),
        more_outlet_count=max(0, copy_count - most_outlets),
        headline_dir=find_direction(headline),
        proof_dir=find_direction(alert.snippet.text),
    )


def clean_part(text: str) -> str:
    """Return a part of a line cleaned, with the blanks at its ends kept."""
    line = clean_line(text)
    before = " " if text[:1].isspace() and line else ""
    return f"{before}{line}{' ' if text[-1:].isspace() else ''}"


def _changes(alert: Alert) -> Iterator[Piece]:
    """Yield the pieces of a revision's changes, up to 1,200 characters."""
    room = _MOST_CHANGES
    for kind, piece in split_marked(alert.diff):
        text = clean_part(piece)
        if text and room > 0:
            yield kind, text if len(text) <= room else f"{text[:room]}\u2026"
        room -= len(text)


def _show_outlet(outlet: Outlet, alert: Alert, phrases: Phrases) -> ShownOutlet:
    return ShownOutlet(
        name=clean_line(outlet.source_name, max_characters=100),
        when=write_when(outlet, alert, phrases),
        headline=clean_line(outlet.headline, max_characters=120),
        url=web_link(outlet.url),
    )


def web_link(url: str) -> str:
    """Return an address that may become a link: http or https, never cut; empty for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    # feeds may contain `javascript:` and `data:` links, which feedparser passes on
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    link = clean_line(url, max_characters=_LONGEST_LINK + 1).replace(" ", "%20")
    return link if is_web and len(link.encode("utf-8", "replace")) <= _LONGEST_LINK else ""
