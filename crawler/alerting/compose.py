"""The letter: headers a mail server respects, a subject that tells the story, two readable parts."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from crawler.alerting.links import Links
from crawler.alerting.render import is_single, render
from crawler.alerting.subjects import write_subject
from crawler.model.alert import Letter, group_of
from crawler.text.lines import clean_line

# signed addresses and Message-IDs are longer than 78 characters, and a line that cannot be folded would be encoded
_LETTER_POLICY = SMTP.clone(max_line_length=500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes, and who reads what is answered."""

    address: str
    reply_to: str = ""

    @property
    def domain(self) -> str:
        """The domain of Message-IDs and list names."""
        return _safe_domain(self.address.rpartition("@")[2])


def new_message_id(*, domain: str) -> str:
    """Make a Message-ID; it is stored before the first attempt and the same in each."""
    return f"<{secrets.token_hex(16)}@{_safe_domain(domain)}>"


def compose_letter(letter: Letter, *, sender: Sender, links: Links) -> EmailMessage:
    """Write the mail for one delivery.

    Whatever the network put into headline or names, the headers are single clean lines; EmailMessage would raise on
    a line break and let a NUL through.
    """
    message, rendered = EmailMessage(policy=_LETTER_POLICY), render(letter, links)
    message["From"] = _address("Watchword", sender.address)
    message["To"] = letter.recipient
    if sender.reply_to:
        message["Reply-To"] = sender.reply_to
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
    return message


def _address(name: str, address: str) -> Address | str:
    try:
        return Address(name, addr_spec=address)
    except ValueError:
        return address


def _thread_headers(letter: Letter, domain: str) -> dict[str, str]:
    """Make mails about one story stand together in a mail program, whoever reprints it."""
    if not letter.alerts or not is_single(letter):
        return {}
    first = letter.alerts[0]
    root = f"<story-{first.story_id}.{_slug(first.thread_name or first.watch_name)}@{domain}>"
    threads = {"References": " ".join([root, *letter.thread])}
    return {**({"In-Reply-To": letter.thread[-1]} if letter.thread else {}), **threads}


def _list_headers(letter: Letter, sender: Sender, links: Links) -> dict[str, str]:
    """Name the list a letter belongs to, and the way off it."""
    name = _list_name(letter)
    plain = re.sub(r"[^A-Za-z0-9 ._-]", "", clean_line(name, max_characters=40)).strip()
    headers = {"List-Id": f"{plain or 'watch'} <{_slug(name)}.watch.{sender.domain}>"}
    wish = quote(f"unsubscribe {clean_line(name, max_characters=60)}")
    by_mail = f"<mailto:{quote(sender.reply_to or sender.address, safe='@+')}?subject={wish}>"
    by_click = links.to_letter(letter) if letter.alerts else ""
    headers["List-Unsubscribe"] = ", ".join(filter(None, (by_click and f"<{by_click}>", by_mail)))
    if by_click and links.is_secure:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


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
    return re.sub(r"[^A-Za-z0-9.-]", "", domain) or "localhost"
