"""The letter: headers a mail server respects, a subject that tells the story, two readable parts."""

import hashlib
import re
import secrets
from email.message import EmailMessage
from email.utils import format_datetime

from crawler.alerting.render import render_html, render_text
from crawler.model.alert import Alert, AlertKind, Delivery
from crawler.text.lines import clean_line

_SUBJECT_CHARACTERS = 78


def new_message_id(*, domain: str) -> str:
    """Make a Message-ID; it is stored before the first attempt and the same in each."""
    return f"<{secrets.token_hex(16)}@{_safe_domain(domain)}>"


def compose_letter(delivery: Delivery, *, sender: str) -> EmailMessage:
    """Write the mail for one delivery.

    Whatever the network put into headline or names, the headers are single clean lines; EmailMessage would raise on
    a line break and let a NUL through.
    """
    alert = delivery.alert
    domain = _safe_domain(sender.rpartition("@")[2])
    letter = EmailMessage()
    letter["From"] = f"Watchword <{sender}>"
    letter["To"] = delivery.recipient
    letter["Subject"] = write_subject(alert)
    letter["Date"] = format_datetime(alert.raised_at)
    letter["Message-ID"] = delivery.message_id
    # mails about one story stand together in a mail program, whoever reprints it
    letter["References"] = f"<story-{alert.story_id}.{_watch_key(alert)}@{domain}>"
    letter["List-Id"] = f"{_plain_words(alert.watch_name)} <{_watch_key(alert)}.watch.{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Precedence"] = "bulk"
    letter.set_content(render_text(alert), cte="quoted-printable")
    letter.add_alternative(render_html(alert), subtype="html", cte="quoted-printable")
    return letter


def write_subject(alert: Alert) -> str:
    """Give ``drones: Headline``, or ``drones (update): Headline``, in at most 78 characters."""
    update = " (update)" if alert.kind is AlertKind.UPDATE else ""
    watch = clean_line(alert.watch_name, max_characters=24)
    text = f"{watch}{update}: {clean_line(alert.headline)}"
    return clean_line(text, max_characters=_SUBJECT_CHARACTERS)


def _watch_key(alert: Alert) -> str:
    """Give a name for a watch that fits into an address."""
    slug = re.sub(r"[^a-z0-9]+", "-", alert.watch_name.lower()).strip("-")[:30]
    return slug or hashlib.blake2b(alert.watch_name.encode(), digest_size=6).hexdigest()


def _plain_words(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9 ._-]", "", clean_line(name, max_characters=40)).strip() or "watch"


def _safe_domain(domain: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "", domain) or "localhost"
