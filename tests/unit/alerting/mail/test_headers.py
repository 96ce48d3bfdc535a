"""Every message as it is sent: no line longer than the RFCs allow, and a subject that is read back as it was written."""

import base64
import dataclasses
import email.header
import email.utils
import quopri
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.alerting.links import Links
from crawler.alerting.mail.headers import (
    MAIL_POLICY,
    write_mailbox,
    write_message,
    write_text,
)
from crawler.alerting.mail.local.maildir import deliver_to_maildir
from crawler.alerting.messages.compose import Sender, compose_mail
from crawler.alerting.messages.subjects import write_subject
from crawler.model.mail.alert import HELD, Alert, AlertKind, DeliveryKind, Message, Outlet
from crawler.model.mail.status_report import SourceEvent, StatusReport
from crawler.model.watch import Snippet
from tests.fakes import START

LINKS = Links(web_url="https://desk.example/", database="watchword", key=b"k")
_WORD = re.compile(r"=\?utf-8\?([bq])\?([!->@-~]*)\?=")
# long tokens without a space at which to fold
_UNFOLDABLE = (
    "references",
    "in-reply-to",
    "message-id",
    "list-unsubscribe",
    "list-id",
    "to",
    "from",
    "reply-to",
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
SUBJECTS = [
    "drones: plain and short",
    "drones: Saltmere Harbour Board Opens Its Books for the First Time Since Its Harbour \u2013 Transport\u2026",
    "drones: Harbour shown no proof \u2013 Secretary",
    "\u201eWir schaffen das\u201c: Gr\u00f6\u00dfenverh\u00e4ltnisse im \u00d6l-Gesch\u00e4ft \u2013 ein \u00dcberblick \u2026",
    "\u65e0\u4eba\u673a\u4eca\u6668\u98de\u8d8a\u6e2f\u53e3\u4e0a\u7a7a\u5f15\u53d1\u6cb9\u5e93\u5927\u706b" * 4,
    "\u0639\u0627\u062c\u0644: \u0637\u0627\u0626\u0631\u0629 \u0645\u0633\u064a\u0651\u0631\u0629 " * 5,
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0915\u094d\u0937\u0947\u0924\u094d\u0930 " * 6,
    f"{FAMILY} {SCOTLAND} \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 \U0001f44d\U0001f3fd " * 3,
    "e\u0301" * 40,
    "Z" + "\u0335\u0321\u0352" * 60 + "algo",
    "=?utf-8?q?Hi?= =?utf-8?b?SGk=?= there",
    "a=?b",
    "x" * 78,
    "Donaudampfschifffahrtselektrizit\u00e4tenhauptbetriebswerkbauunterbeamtengesellschaft",
    "two  blanks   and a\u00a0hard one",
    " leading and trailing ",
    '"quoted", (commented) <angled> _under_ =20 ?',
    "",
    "\u2014",
    "\U0001f9d1" * 78,
    "\u202eevil\u202c \u2066x\u2069",
]  # fmt: skip


def read_strictly(value: str) -> str:
    """Decode a folded Subject by RFC 2047 alone: only white space between two encoded words is removed."""
    unfolded = re.sub(r"\r\n(?=[ \t])", "", value)
    out, at, was_word = "", 0, False
    for found in _WORD.finditer(unfolded):
        between = unfolded[at : found.start()]
        out += "" if was_word and between.isspace() else between
        data = found[2].encode()
        raw = base64.b64decode(data) if found[1] == "b" else quopri.decodestring(data, header=True)
        out += raw.decode("utf-8")  # strict: each word decodes by itself
        at, was_word = found.end(), True
    return out + unfolded[at:]


def header_of(raw: bytes, name: str) -> str:
    """Return a field as it is in the bytes, with its line ends."""
    head = raw.partition(b"\r\n\r\n")[0].decode() + "\r\n"
    found = re.search(rf"(?mi)^{name}: ?((?:.*\r\n)(?:[ \t].*\r\n)*)", head)
    assert found is not None, name
    return found[1].removesuffix("\r\n")


def assert_subject_is_read_back(raw: bytes, written: str) -> None:
    value = header_of(raw, "Subject")
    assert read_strictly(value) == written
    assert str(message_from_bytes(raw, policy=policy.default)["Subject"]) == written
    old = re.sub(r"\r?\n(?=[ \t])", "", str(message_from_bytes(raw)["Subject"]))
    if "=?utf-8?" in value:
        assert str(email.header.make_header(email.header.decode_header(old))) == written
    else:
        assert old == written
    for word in re.findall(r"=\?[^?\s]*\?[^?\s]*\?[^\s]*\?=", value):
        assert len(word) <= 75
    assert value.split("\r\n")[0].strip() or not written


def assert_lines_fit(raw: bytes) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    name = ""
    for line in head.decode().split("\r\n"):
        name = name if line.startswith((" ", "\t")) else line.partition(":")[0].lower()
        assert len(line) <= 998
        is_one_token = len(line.partition(":")[2].split() if ":" in line else line.split()) <= 1
        assert len(line) <= 78 or (
            name in _UNFOLDABLE and (is_one_token or " " not in line.strip())
        )
        assert "=?" not in line or name in {"subject", "from"}


def seal(subject: str) -> bytes:
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["Subject"] = subject
    mail.set_content("text", cte="quoted-printable")
    return write_message(mail, is_utf8=False)


@pytest.mark.parametrize("subject", SUBJECTS, ids=range(len(SUBJECTS)))
def test_a_subject_is_read_back_as_it_was_written(subject: str) -> None:
    assert_subject_is_read_back(seal(subject), subject)
    assert_lines_fit(seal(subject))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200))
def test_any_subject_is_read_back_as_it_was_written(subject: str) -> None:
    assert_subject_is_read_back(seal(subject), subject)
    assert_lines_fit(seal(subject))


@given(
    st.lists(
        st.sampled_from(
            [
                "Harbour",
                "\u2013",
                "Transport\u2026",
                "\u201cno\u201d",
                "of",
                "\U0001f1e9\U0001f1ea",
                "=?",
                "_",
                "x" * 40,
            ]
        ),
        max_size=14,
    )
)
def test_dashes_quotes_and_flags_near_a_fold_change_no_space(words: list[str]) -> None:
    subject = " ".join(words)

    assert_subject_is_read_back(seal(subject), subject)


@pytest.mark.parametrize(
    ("subject", "group"),
    [(f"x{FAMILY}" * 9, FAMILY), ("e\u0301\u0323" * 40, "e\u0301\u0323"), ("\u0915\u094d\u0937" * 30, "\u0915\u094d\u0937"),
     (f"{SCOTLAND}a" * 8, SCOTLAND), ("\U0001f1e9\U0001f1ea" * 20, "\U0001f1e9\U0001f1ea"), ("\U0001f44d\U0001f3fd" * 20, "\U0001f44d\U0001f3fd")],
    ids=["family", "accents", "ksha", "scotland", "flags", "skin"],
)  # fmt: skip
def test_what_is_seen_as_one_character_is_in_one_encoded_word(subject: str, group: str) -> None:
    words = [read_strictly(word) for word in write_text("Subject", subject).split("\n ")]

    assert len(words) > 1
    assert sum(word.count(group) for word in words) == subject.count(group)
    assert not any(unicodedata.combining(word[0]) for word in words)


@pytest.mark.parametrize("sign", ["\r", "\n", "\x00", "\u2028", "\x85", "\x0b", "\ud800"])
def test_what_would_break_a_header_is_never_written(sign: str) -> None:
    mail = EmailMessage(policy=MAIL_POLICY)

    for name in ("Subject", "To", "List-Id"):
        with pytest.raises(ValueError, match=r"U\+|line"):
            mail[name] = f"x{sign}Bcc: evil@x.org"


@pytest.mark.parametrize(
    "name", ["Watchword", "News CrawlServices", 'The "CrawlServices", Ltd.', "J\u00f6rg M\u00fcller", "\u65b0\u805e" * 20, "=?x?=", "a  b"]
)  # fmt: skip
def test_a_display_name_is_read_back_as_it_was_written(name: str) -> None:
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = write_mailbox(name, "w@x.org")
    mail.set_content("text", cte="quoted-printable")
    raw = write_message(mail, is_utf8=False)
    # Python itself reads a space between the encoded words of a long name, and one space for two
    value = header_of(raw, "From")
    assert email.utils.parseaddr(read_strictly(value))[1] == "w@x.org"
    shown = read_strictly(value).removesuffix(" <w@x.org>")
    is_quoted = value.startswith('"')
    assert (shown[1:-1].replace('\\"', '"') if is_quoted else shown) == name
    assert_lines_fit(raw)


# every kind of message, in every language


def make_record(kind: Any, **facts: Any) -> Any:
    """Return a record with a value in every field that has no default."""
    known = {"int": 3, "str": "Sp\u00e4tausgabe \u2013 x", "datetime": START, "bool": True}
    stated = {
        one.name: known.get(str(one.type).split(" ")[0].rpartition(".")[2], ())
        if not isinstance(one.type, type)
        else known.get(one.type.__name__, ())
        for one in dataclasses.fields(kind)
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    }
    return kind(**{**stated, **facts})


STATUS_REPORT = make_record(StatusReport, since=START - timedelta(days=1), until=START)
EVENT = make_record(SourceEvent, health="failing", health_before="well")


def make_alert(number: int, kind: AlertKind, headline: str, watch: str, text: str) -> Alert:
    outlets = tuple(
        Outlet(source_name=f"{watch} {n}"[:80], headline=headline, url=f"https://x.org/{n}/{'y' * 300}", published_or_seen_at=START, is_stated=True)
        for n in range(2)
    )  # fmt: skip
    return Alert(
        id=number, kind=kind, watch_name=watch, query="drone OR \u65e0\u4eba\u673a", headline=headline,
        url="https://x.org/" + "a" * 400, source_name=watch, language="en", terms=("drone",), hit_count=2,
        in_headline=True, snippet=Snippet(text=text, marks=((0, min(3, len(text))),)), raised_at=START,
        published_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"), precision="minute", story_id=number,
        current_story_id=number, diff=f"[-{text}-] {{+{headline}+}}", headline_before=headline, gone_status=404, outlets=outlets,
    )  # fmt: skip


def make_messages(headline: str, watch: str, text: str) -> dict[str, Message]:
    """Return one message of every kind."""
    facts: dict[str, Any] = {
        "delivery_id": 5,
        "series": "",
        "recipient": "me@b\u00fccher.example",
        "message_id": f"<{'0' * 32}@x.org>",
        "written_at": START,
        "zone": "Europe/Berlin",
        "thread": tuple(f"<{n:032}@news-department.example.org>" for n in range(6)),
    }
    single = {
        str(kind): Message(
            **facts, kind=DeliveryKind.ALERT, alerts=(make_alert(1, kind, headline, watch, text),)
        )
        for kind in AlertKind
    }
    many = tuple(make_alert(n, AlertKind.NEW, f"{headline} {n}", watch, text) for n in range(1, 4))
    digest = Message(
        **{**facts, "series": f"group {watch}"},
        kind=DeliveryKind.DIGEST,
        alerts=many,
        status_report=STATUS_REPORT,
    )
    held = replace(digest, series=HELD, held_limit=20, more_count=7)
    status_report = Message(**facts, kind=DeliveryKind.STATUS_REPORT, status_report=STATUS_REPORT)
    notice = Message(**facts, kind=DeliveryKind.NOTICE, events=(EVENT,))
    test = replace(single["new"], is_test=True)
    return {
        **single, "digest": digest, "held": held, "status_report": status_report, "notice": notice, "test": test,
    }  # fmt: skip


def compose_all(
    messages: dict[str, Message], sender: str = "watch@x.org"
) -> Sequence[EmailMessage]:
    return [
        compose_mail(one, sender=Sender(address=sender, reply_to="desk@x.org"), links=LINKS)
        for one in messages.values()
    ]


def assert_all_hold(headline: str, watch: str, text: str) -> None:
    messages = make_messages(headline, watch, text)
    for message, mail in zip(messages.values(), compose_all(messages), strict=True):
        raw = write_message(mail, is_utf8=False)

        assert_subject_is_read_back(raw, write_subject(message))
        assert_lines_fit(raw)
        assert header_of(raw, "To") == "me@xn--bcher-kva.example"
        if b"References:" in raw:
            assert len(header_of(raw, "References").split()) == 7


@pytest.mark.parametrize("headline", SUBJECTS, ids=range(len(SUBJECTS)))
def test_every_kind_of_message_keeps_its_lines_short_in_every_script(headline: str) -> None:
    assert_all_hold(headline, headline.strip()[:80] or "w", f"{headline} a drone. " * 3)


@given(st.text(max_size=120), st.text(min_size=1, max_size=80), st.text(max_size=300))
def test_every_kind_of_message_keeps_its_lines_short_whatever_a_site_sent(
    headline: str, watch: str, text: str
) -> None:
    assert_all_hold(headline, watch, text)


def test_a_body_is_read_back_as_it_was_written() -> None:
    text = "From here\n.\n..dots\n trailing \nlong " + "\u00f6l " * 200 + "\ntab\there = 20\u2013\n"
    mail = EmailMessage(policy=MAIL_POLICY)
    mail.set_content(text, cte="quoted-printable")
    raw = write_message(mail, is_utf8=False)

    assert_lines_fit(raw)
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert read.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize("recipient", ["me@example.org", "j\u00f6rg@b\u00fccher.example"])
def test_a_message_in_the_maildir_keeps_its_lines_short_too(tmp_path: Path, recipient: str) -> None:
    messages = {
        name: replace(one, recipient=recipient, message_id=f"<{name}@x.org>")
        for name, one in make_messages(SUBJECTS[4], "\u65e0\u4eba\u673a", SUBJECTS[4]).items()
    }
    for message, mail in zip(messages.values(), compose_all(messages), strict=True):
        raw = deliver_to_maildir(mail, folder=tmp_path, recipient=recipient).read_bytes()

        assert b"\r" not in raw
        sent = raw.replace(b"\n", b"\r\n")
        assert_subject_is_read_back(sent, write_subject(message))
        assert_lines_fit(sent)
        assert str(message_from_bytes(raw, policy=policy.default)["Delivered-To"]) == recipient


def test_a_sender_beyond_ascii_has_message_ids_of_its_own_domain() -> None:
    assert Sender(address="w@b\u00fccher.example").domain == "xn--bcher-kva.example"
