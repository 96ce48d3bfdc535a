"""What leaves with the words of strangers in it: mails, signed links, web archives; and the mail that comes back."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from lxml import html
from warcio.archiveiterator import ArchiveIterator

from crawler.alerting.links import Links, Token, is_signed, read_token, sign_token
from crawler.alerting.mail.headers import write_message
from crawler.alerting.mail.imap import read_mailed_request
from crawler.alerting.messages.compose import Sender, compose_mail
from crawler.alerting.messages.subjects import write_subject
from crawler.model.mail.alert import Alert, AlertKind, DeliveryKind, Message
from crawler.model.watch import Snippet
from crawler.storage.crawl.entries.pages import StoredPage
from crawler.storage.crawl.entries.warc import write_warc
from tests.fuzz.targets.documents import make_page
from tests.fuzz.targets.registry import Target, hold

_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_LINKS = Links(web_url="https://desk.example.org/", database="watchword", key=b"k" * 32)
_SENDER = Sender(address="watch@desk.example.org")
_ALERT = Alert(
    id=1, kind=AlertKind.NEW, watch_name="drones", query="drone", headline="Ferry", url="https://courier.example.org/a", source_name="courier",
    language="en", terms=("drone",), hit_count=1, in_headline=False, snippet=Snippet(text="Two drones.", marks=((4, 10),)), raised_at=_NOW,
    published_at=_NOW, precision="hour", published_zone="Asia/Beirut", story_id=7,
)  # fmt: skip
_SCHEMES = {"http", "https", "mailto", ""}


def _write(alert: Alert) -> tuple[Message, bytes]:
    message = Message(
        delivery_id=5, kind=DeliveryKind.ALERT, series="", recipient="me@desk.example.org", message_id="<one@desk.example.org>",
        written_at=_NOW, zone="Asia/Beirut", is_admin=True, contact="desk@desk.example.org", alerts=(alert,),
    )  # fmt: skip
    return message, write_message(compose_mail(message, sender=_SENDER, links=_LINKS), is_utf8=True)


_HARMLESS = message_from_bytes(_write(_ALERT)[1], policy=policy.default)


def check_mail(data: bytes) -> None:
    """A mail about any article has the headers of every mail, one subject that is read back as written, and links of the web."""
    parts = [part.decode("utf-8", "replace") for part in data.split(b"\x01")]
    headline, url, source, snippet, watch = (*parts, "", "", "", "", "")[:5]
    marks = ((0, len(snippet)),) if snippet else ()
    alert = replace(_ALERT, headline=headline, url=url, source_name=source, snippet=Snippet(text=snippet, marks=marks), watch_name=watch or "drones")  # fmt: skip
    message, written = _write(alert)
    read = message_from_bytes(written, policy=policy.default)
    hold(isinstance(read, EmailMessage), "it is a mail")
    hold(read.keys() == _HARMLESS.keys(), "a headline adds no header", read.keys())
    hold(read["To"] == "me@desk.example.org", "nor a recipient", read["To"])
    hold(read["Subject"] == write_subject(message), "a subject is read as it was written", read["Subject"], write_subject(message))  # fmt: skip
    hold(max(map(len, written.split(b"\r\n"))) <= 998, "no line is too long")
    hold(b"\x00" not in written, "no NUL is sent")
    hold(not any(bare in written.replace(b"\r\n", b"") for bare in (b"\r", b"\n")), "lines end as SMTP wants")  # fmt: skip
    page = read.get_body(("html",))
    assert page is not None
    tree = html.fromstring(page.get_content())
    for element, attribute, link, _ in tree.iterlinks():
        hold(_scheme(link) in _SCHEMES, "a link leads to the web", element.tag, attribute, link)
    hold(not tree.xpath("//script | //iframe | //object | //@onerror | //@onload | //@onclick"), "nothing runs", page.get_content())  # fmt: skip


def _scheme(link: str) -> str:
    try:
        return urlsplit(link.strip()).scheme.lower()
    except ValueError:
        return ""


def check_token(data: bytes) -> None:
    """Only what was signed is taken, for its own message only; any mail's headers are a request or none."""
    token = sign_token(_LINKS.key, Token(delivery_id=5, alert_id=1), "<one@desk.example.org>")
    text = data.decode("utf-8", "replace")
    for candidate in (text, text.strip(), token + text, text + token, token.replace(".", text, 1)):
        if read_token(candidate) is not None and candidate != token:
            hold(not is_signed([_LINKS.key], candidate, "<one@desk.example.org>"), "nobody else signs", candidate)  # fmt: skip
    hold(is_signed([_LINKS.key], token, "<one@desk.example.org>"), "what was signed is taken")
    hold(not is_signed([_LINKS.key], token, text), "for its own message", text)
    read_mailed_request(1, data)
    found = read_mailed_request(1, b"Subject: unsubscribe " + data[:60].replace(b"\n", b" ") + b"\r\n" + data)  # fmt: skip
    hold(found is None or "\n" not in found.token, "a token is one line", found)


def check_warc(data: bytes) -> None:
    """A page of any content, kind and address is read from the archive as it was written."""
    kind, _, rest = data.partition(b"\n")
    address, _, body = rest.partition(b"\n")
    url = "https://courier.example.org/" + address.decode("utf-8", "replace")
    page = replace(make_page(body, content_type=kind.decode("latin-1")), url=url)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pages.warc", "pages.warc.gz"):
            file = Path(folder, name)
            stored = [StoredPage(id=1, article_id=1, source="courier", page=page)]
            hold(write_warc(file, stored * 2) == 2, "both are written")
            with file.open("rb") as archive:
                records = [(one.rec_type, one.content_stream().read(), one.rec_headers.get_header("WARC-Target-URI")) for one in ArchiveIterator(archive)]  # fmt: skip
            hold([one[0] for one in records] == ["response"] * 2, "and read back, no more", records)
            hold(all(one[1] == body for one in records), "with their bodies", records, body)


_MAILS = (
    b"Ferry Leaves Late\x01https://courier.example.org/a\x01courier\x01Two drones crossed.\x01drones",
    "Größenverhältnisse im Öl-Geschäft – ein Überblick …\x01https://bücher.example/ä?q=1&x=<y>\x01Zeitung\x01Zwei <b>Drohnen</b>\x01Drohnen & mehr".encode(),
    b"x\r\nBcc: evil@x.org\x01javascript:alert(1)\x01<script>alert(1)</script>\x01\"><img src=x onerror=alert(1)>\x01a",
    "עִבְרִית \u202e عربي 港口上空的无人机\x01http://x.example/\x01יומון\x01🇩🇪👨‍👩‍👧".encode(),
)  # fmt: skip
_TOKENS = (
    b"5.1.abcdefghijklmnopqrst",
    b"Subject: unsubscribe 5.1.abcdefghijklmnopqrst\r\nFrom: me@desk.example.org\r\nMessage-ID: <a@b>\r\n\r\n",
    b"Subject: =?utf-8?q?Re:_unsubscribe_5=2E0?=\r\n =?utf-16?b?AGEAYg==?=\r\nAuto-Submitted: no\r\n",
)
_PAGES = (b"text/html; charset=utf-8\nnews/1\n<p>Ferry</p>", "text/html\nä b?c=d\n\x00\x01\r\n\r\nWARC/1.0\r\n".encode())  # fmt: skip

TARGETS = (
    Target(
        name="mail",
        check=check_mail,
        samples=lambda: _MAILS,
        tokens=(
            b"\x01",
            b"\r\nBcc: a@b.c\r\n",
            b"=?utf-8?b?",
            b"?=",
            b"</a>",
            b'" onclick="',
            b"<img src=x>",
            b"vbscript:",
            b"\xe2\x80\xa8",
            b"{{",
            b"%s",
        ),
        most=3000,
        seconds=3,
    ),
    Target(
        name="token",
        check=check_token,
        samples=lambda: _TOKENS,
        tokens=(
            b".",
            b"unsubscribe ",
            b"=?utf-8?q?",
            b"?=",
            b"Subject: ",
            b"\r\n ",
            b"0",
            b"\xd9\xa1",
        ),
        most=2000,
    ),
    Target(
        name="warc",
        check=check_warc,
        samples=lambda: _PAGES,
        tokens=(b"\r\n", b"\n", b"WARC/1.0\r\n", b"Content-Length: 0", b"HTTP/1.1 200 OK"),
        most=3000,
    ),
)
