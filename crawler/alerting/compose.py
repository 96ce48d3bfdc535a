"""The letter: headers a mail server respects, a subject that tells the story, two readable parts."""

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
from crawler.model.alert import Letter, group_of
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


def compose_letter(letter: Letter, *, sender: Sender, links: Links) -> EmailMessage:
    """Write the mail for one delivery.

    Whatever the network put into headline or names, the headers are single clean lines, folded and encoded by
    ``MailPolicy``. Domains stand in them as they are sent; an address that needs SMTPUTF8 stands as it is.
    """
    message, rendered = EmailMessage(policy=MAIL_POLICY), render(letter, links)
    message["From"] = write_mailbox("Watchword", _write_address(sender.address))
    message["To"] = _write_address(letter.recipient)
    if sender.reply_to:
        message["Reply-To"] = _write_address(sender.reply_to)
    message["Subject"] = write_subject(letter)
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    for name, value in {
        **_thread_headers(letter, sender.domain),
        **_list_headers(letter, sender, links),
    }.items():
        message[name] = value
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    # quoted-printable never holds "=_", and a short name leaves the header in one line
    message.set_boundary(
        f"=_{hashlib.blake2b(letter.message_id.encode(), digest_size=10).hexdigest()}"
    )
    return message


def _write_address(address: str) -> str:
    """Return an address as it is sent; one that cannot be sent stands as it is, and the server that is asked refuses it."""
    try:
        return to_wire(address)
    except ValueError:
        return clean_line(address)


def _thread_headers(letter: Letter, domain: str) -> dict[str, str]:
    """Make mails about one story stand together in a mail program, whoever reprints it."""
    if not letter.alerts or not is_single(letter):
        return {}
    first = letter.alerts[0]
    root = f"<story-{first.story_id}.{_slug(first.thread_name or first.watch_name)}@{domain}>"
    threads = {"References": " ".join([root, *letter.thread])}
    return {**({"In-Reply-To": letter.thread[-1]} if letter.thread else {}), **threads}


def _list_headers(letter: Letter, sender: Sender, links: Links) -> dict[str, str]:
    """Name the list a letter belongs to, and the ways off it that something of ours acts on: none where there is none."""
    name = _list_name(letter)
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "", clean_line(name, max_characters=40)).strip()
    headers = {"List-Id": f"{plain or 'watch'} <{_slug(name)}.watch.{sender.domain}>"}
    # a test is in no database, and a letter without alerts comes of no watch: nothing could be granted
    if not letter.alerts or letter.is_test:
        return headers
    by_click = links.to_letter(letter)
    ways = (by_click and f"<{by_click}>", _write_mailto(letter, sender, links))
    if any(ways):
        headers["List-Unsubscribe"] = ", ".join(filter(None, ways))
    if by_click and links.is_secure:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _write_mailto(letter: Letter, sender: Sender, links: Links) -> str:
    """Return the address that takes the recipient off; signed, so that nobody is taken off by another."""
    if not sender.unsubscribe:
        return ""
    wish = quote(f"unsubscribe {links.sign(letter)}")
    return f"<mailto:{quote(sender.unsubscribe, safe='@+')}?subject={wish}>"


def _list_name(letter: Letter) -> str:
    """Give the watch a letter is about, the group of a shared digest, or what else it is."""
    names = {alert.watch_name for alert in letter.alerts}
    if len(names) == 1:
        return names.pop()
    return group_of(letter.series) or letter.series or letter.kind.value


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
