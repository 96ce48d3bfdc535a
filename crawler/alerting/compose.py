"""The message: headers a mail server respects, a subject that tells the story, two readable parts."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from crawler.alerting.links import Links
from crawler.alerting.mail.headers import MAIL_POLICY, write_mailbox
from crawler.alerting.render import is_single, render
from crawler.alerting.subjects import write_subject
from crawler.model.alert import Message, group_of
from crawler.text.lines import clean_line
from crawler.text.web.mail_addresses import domain_to_ascii, to_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes, and who reads what is answered.

    unsubscribe  the address whose mailbox we read for requests to be taken off; empty where there is none
    """

    address: str
    reply_to: str = ""
    unsubscribe: str = ""

    @property
    def domain(self) -> str:
        """The domain of Message-IDs and list names."""
        return _safe_domain(self.address.rpartition("@")[2])


def new_message_id(*, domain: str) -> str:
    """Make a Message-ID; it is stored before the first attempt and the same in each."""
    return f"<{secrets.token_hex(16)}@{_safe_domain(domain)}>"


def compose_mail(message: Message, *, sender: Sender, links: Links) -> EmailMessage:
    """Write the mail for one delivery.

    Whatever the network put into headline or names, the headers are single clean lines, folded and encoded by
    ``MailPolicy``. Domains stand in them as they are sent; an address that needs SMTPUTF8 stands as it is.
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
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # quoted-printable never holds "=_", and a short name leaves the header in one line
    mail.set_boundary(
        f"=_{hashlib.blake2b(message.message_id.encode(), digest_size=10).hexdigest()}"
    )
    return mail


def _write_address(address: str) -> str:
    """Return an address as it is sent; one that cannot be sent stands as it is, and the server that is asked refuses it."""
    try:
        return to_wire(address)
    except ValueError:
        return clean_line(address)


def _thread_headers(message: Message, domain: str) -> dict[str, str]:
    """Make mails about one story stand together in a mail program, whoever reprints it."""
    if not message.alerts or not is_single(message):
        return {}
    first = message.alerts[0]
    root = f"<story-{first.story_id}.{_slug(first.thread_name or first.watch_name)}@{domain}>"
    threads = {"References": " ".join([root, *message.thread])}
    return {**({"In-Reply-To": message.thread[-1]} if message.thread else {}), **threads}


def _list_headers(message: Message, sender: Sender, links: Links) -> dict[str, str]:
    """Name the list a message belongs to, and the ways off it that something of ours acts on: none where there is none."""
    name = _list_name(message)
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "", clean_line(name, max_characters=40)).strip()
    headers = {"List-Id": f"{plain or 'watch'} <{_slug(name)}.watch.{sender.domain}>"}
    # a test is in no database, and a message without alerts comes of no watch: nothing could be granted
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
    """Return the address that takes the recipient off; signed, so that nobody is taken off by another."""
    if not sender.unsubscribe:
        return ""
    subject = quote(f"unsubscribe {links.sign(message)}")
    return f"<mailto:{quote(sender.unsubscribe, safe='@+')}?subject={subject}>"


def _list_name(message: Message) -> str:
    """Give the watch a message is about, the group of a shared digest, or what else it is."""
    names = {alert.watch_name for alert in message.alerts}
    if len(names) == 1:
        return names.pop()
    return group_of(message.series) or message.series or message.kind.value


def _slug(name: str) -> str:
    """Give a name that fits into an address."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30]
    return slug or hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _safe_domain(domain: str) -> str:
    """Return the domain as Message-IDs may hold it; one beyond ASCII in its ASCII form, not somebody else's."""
    try:
        domain = domain_to_ascii(domain)
    except ValueError:
        domain = ""
    return re.sub(r"[^A-Za-z0-9.-]", "", domain) or "localhost"
