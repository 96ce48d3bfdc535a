"""Alerts as an Atom feed, for any feed reader.

Written by ElementTree from cleaned texts: with one control character in a headline a feed cannot be read (decision 018).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from markupsafe import Markup

from crawler.alerting.links import Links
from crawler.alerting.messages.show import ShownAlert, show_alert
from crawler.alerting.phrases import Phrases
from crawler.model.mail.alert import Alert
from crawler.text.instants import write_iso

# the namespace of Atom (RFC 4287, 2)
_ATOM = "http://www.w3.org/2005/Atom"


def write_feed(
    alerts: Sequence[Alert], *, title: str, own_url: str, links: Links, phrases: Phrases
) -> bytes:
    """Return the feed as XML; its ids stay the same whatever address it is served at.

    title    of the feed, also part of its id
    own_url  the address it is served at
    """
    feed = ET.Element("feed", xmlns=_ATOM)
    _add(feed, "id", f"urn:watchword:{links.database}:{title}")
    _add(feed, "title", title)
    ET.SubElement(feed, "link", rel="self", href=own_url)
    # RFC 4287, 4.1.1: a feed without entries needs a date, too
    newest = max((alert.raised_at for alert in alerts), default=datetime.fromtimestamp(0, tz=UTC))
    _add(feed, "updated", write_iso(newest))
    author = ET.SubElement(feed, "author")
    _add(author, "name", "Watchword")
    for alert in alerts:
        _add_entry(feed, alert, links, phrases)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add_entry(feed: ET.Element, alert: Alert, links: Links, phrases: Phrases) -> None:
    shown, entry = show_alert(alert, links, phrases=phrases), ET.SubElement(feed, "entry")
    labels = f" ({', '.join(shown.labels)})" if shown.labels else ""
    _add(entry, "id", f"urn:watchword:{links.database}:alert:{alert.id}")
    _add(entry, "title", f"{shown.watch_name}{labels}: {shown.headline}")
    # an article without a web address leads to our page of it
    ET.SubElement(entry, "link", rel="alternate", href=shown.url or shown.web_url)
    ET.SubElement(entry, "link", rel="related", href=shown.web_url)
    _add(entry, "updated", write_iso(alert.raised_at))
    if alert.published_at:
        _add(entry, "published", write_iso(alert.published_at))
    ET.SubElement(entry, "category", term=shown.watch_name)
    content = _add(entry, "content", str(_write_content(shown, phrases)))
    content.set("type", "html")


def _write_content(shown: ShownAlert, phrases: Phrases) -> Markup:
    proof = Markup().join(
        Markup("<b>{}</b>").format(text) if is_hit else Markup("{}").format(text)
        for text, is_hit in shown.proof
    )
    published = f"{phrases.say('text.published')}: {shown.published}"
    lines = [shown.note, published, shown.reason, shown.summary]
    facts = Markup().join(Markup("<p>{}</p>").format(line) for line in lines if line)
    return Markup("<blockquote>{}</blockquote>{}").format(proof, facts)


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element
