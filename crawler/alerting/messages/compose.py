"""Composing a mail: headers, subject, and a text and an HTML part."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from crawler.alerting.links import Links
from crawler.alerting.mail.headers import MAIL_POLICY, write_mailbox
from crawler.alerting.messages.render import is_single, render
from crawler.alerting.messages.subjects import write_subject
from crawler.model.mail.alert import Message, group_of
from crawler.text.lines import clean_line
from crawler.text.web.mail_addresses import domain_to_ascii, to_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The addresses of a mail's sender.

    unsubscribe  the address whose mailbox we read for requests to unsubscribe; empty for none
    """

    address: str
    reply_to: str = ""
    unsubscribe: str = ""

    @property
    def domain(self) -> str:
        """Return the domain for Message-IDs and list names."""
        return _safe_domain(self.address.rpartition("@")[2])


def new_message_id(*, domain: str) -> str:
    """Return a new Message-ID. It is stored before the first attempt, so that mail programs know a repetition after a crash."""
    return f"<{secrets.token_hex(16)}@{_safe_domain(domain)}>"


def compose_mail(message: Message, *, sender: Sender, links: Links) -> EmailMessage:
    """Return the mail of one delivery.

    Headers are clean lines, folded and encoded by ``MailPolicy``, whatever a headline or name contains. Domains are in
    ASCII form; an address that needs SMTPUTF8 is left as it is.
    """
    mail, rendered = EmailMessage(policy=MAIL_POLICY), render(message, links)
    mail["From"] = write_mailbox("Watchword", _write_address(sender.address))
    mail["To"] = _write_address(message.recipient)
    if sender.reply_to:
        mail["Reply-To"] = _write_address(sender.reply_to)
    mail["Subject"] = write_subject(message)
    mail["Date"] = format_datetime(message.written_at)
    mail["Message-ID"] = message.message_id
    for name, value in {
        **_thread_headers(message, sender.domain),
        **_list_headers(message, sender, links),
    }.items():
        mail[name] = value
    # RFC 3834: answering machines must not reply; older ones know Precedence only
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # quoted-printable never contains "=_", and a short boundary keeps the header in one line
    mail.set_boundary(
        f"=_{hashlib.blake2b(message.message_id.encode(), digest_size=10).hexdigest()}"
    )
    return mail


def _write_address(address: str) -> str:
    """Return an address in ASCII form; one that has none is returned as it is, for the mail server to refuse."""
    try:
        return to_wire(address)
    except ValueError:
        return clean_line(address)


def _thread_headers(message: Message, domain: str) -> dict[str, str]:
    """Return the headers that keep mails about one story together in a mail program, whichever outlet they are about."""
    if not message.alerts or not is_single(message):
        return {}
    first = message.alerts[0]
    root = f"<story-{first.story_id}.{_slug(first.thread_name or first.watch_name)}@{domain}>"
    threads = {"References": " ".join([root, *message.thread])}
    return {**({"In-Reply-To": message.thread[-1]} if message.thread else {}), **threads}


def _list_headers(message: Message, sender: Sender, links: Links) -> dict[str, str]:
    """Return the headers that name a message's list and, if Watchword can carry it out, how to unsubscribe.

    List-Unsubscribe-Post promises that a POST without cookies is enough, and needs https (RFC 8058).
    """
    name = _list_name(message)
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "", clean_line(name, max_characters=40)).strip()
    headers = {"List-Id": f"{plain or 'watch'} <{_slug(name)}.watch.{sender.domain}>"}
    # a test is in no database, and a message without alerts belongs to no watch: there is nothing to unsubscribe from
    if not message.alerts or message.is_test:
        return headers
    by_click = links.to_message(message)
    unsubscribe = (by_click and f"<{by_click}>", _write_mailto(message, sender, links))
    if any(unsubscribe):
        headers["List-Unsubscribe"] = ", ".join(filter(None, unsubscribe))
    if by_click and links.is_secure:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _write_mailto(message: Message, sender: Sender, links: Links) -> str:
    """Return the mailto address to unsubscribe, signed so that nobody can unsubscribe somebody else; empty for none."""
    if not sender.unsubscribe:
        return ""
    subject = quote(f"unsubscribe {links.sign(message)}")
    return f"<mailto:{quote(sender.unsubscribe, safe='@+')}?subject={subject}>"


def _list_name(message: Message) -> str:
    """Return the name of the list: the watch, the group of a shared digest, or the kind of message."""
    names = {alert.watch_name for alert in message.alerts}
    if len(names) == 1:
        return names.pop()
    return group_of(message.series) or message.series or message.kind.value


def _slug(name: str) -> str:
    """Return a name as a part of an address; a hash if nothing of it is ASCII."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30]
    return slug or hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _safe_domain(domain: str) -> str:
    """Return a domain for Message-IDs, in ASCII form: without its other characters it would be somebody else's domain."""
    try:
        domain = domain_to_ascii(domain)
    except ValueError:
        domain = ""
    return re.sub(r"[^A-Za-z0-9.-]", "", domain) or "localhost"
