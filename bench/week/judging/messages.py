"""Reading the daemon's messages: the alerts in a mail or a webhook's JSON, each with watch and article. Pure functions."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

TOKEN = re.compile(r"f\d{6}q")
_SINGLE = re.compile(r"Watchword sent this for your watch “(.+?)”:")
_ITEM = re.compile(r"\d+\. ")
_LINK = re.compile(r"(?:Read it|It was at|Stored text|Where it was)\s+(\S+)")
_ALSO = re.compile(r"^Also for\s+(.*(?:\n {12}.*)*)", re.MULTILINE)
_MORE = re.compile(r"and (\d+) more")
_LABELS = re.compile(r"(?:\d+\. )?\[([^\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAlert:
    """One alert as it reached a recipient.

    kind   ``new``, ``update``, ``headline`` or ``gone``
    token  of the article; empty if the message names none of ours
    """

    recipient: str
    watch: str
    kind: str
    token: str
    message_id: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message: its alerts and its text; ``hidden`` are alerts it counts without showing them: (watch, how many)."""

    recipient: str
    message_id: str
    subject: str
    at: datetime
    alerted: tuple[ReceivedAlert, ...]
    text: str
    hidden: tuple[tuple[str, int], ...] = ()


def read_message(message: EmailMessage, *, recipient: str, at: datetime) -> Received:
    """Return a mail as a received message: its alerts and its text."""
    body = message.get_body(("plain",))
    text = str(body.get_content()).replace("\r\n", "\n") if body else ""
    subject, message_id = str(message["Subject"]), str(message["Message-ID"])
    found = list(_read_items(text))
    return Received(
        recipient=recipient,
        message_id=message_id,
        subject=subject,
        at=at,
        alerted=tuple(
            ReceivedAlert(
                recipient=recipient,
                watch=watch,
                kind=kind,
                token=token,
                message_id=message_id,
                subject=subject,
                at=at,
            )
            for watch, kind, token in found
        ),
        text=text,
        hidden=tuple(_list_hidden(text)),
    )


def _read_items(text: str) -> list[tuple[str, str, str]]:
    """Return (watch, kind, token) of each alert in a text part."""
    if "\n==== " in f"\n{text}":
        return _read_digest(text)
    single = _SINGLE.search(" ".join(text.split()))
    if single is None:
        return []
    return [(single[1], _kind(text), _token(text.partition("\n-- ")[0]))]


def _read_digest(text: str) -> list[tuple[str, str, str]]:
    found, watch, blocks = [], "", list[tuple[str, list[str]]]()
    for line in text.splitlines():
        if line.startswith("==== "):
            watch = line.removeprefix("==== ").partition(": ")[0].strip()
        elif line.strip() == "====":
            break
        elif _ITEM.match(line):
            blocks.append((watch, [line]))
        elif blocks and blocks[-1][0] == watch:
            blocks[-1][1].append(line)
    for name, lines in blocks:
        block = "\n".join(lines)
        also = _ALSO.search(block)
        names = [name, *(re.split(r",\s*", " ".join(also[1].split())) if also else [])]
        found += [(one, _kind(block), _token(block)) for one in names if one]
    return found


def _list_hidden(text: str) -> Iterator[tuple[str, int]]:
    """Yield (watch, how many) for the alerts that a digest counts without showing them."""
    watch = ""
    for line in text.splitlines():
        if line.startswith("==== "):
            watch = line.removeprefix("==== ").partition(": ")[0].strip()
        elif line.strip() == "====":
            return
        elif watch and (more := _MORE.match(line)):
            yield watch, int(more[1])


def _kind(block: str) -> str:
    labels = _LABELS.match(block.lstrip())
    label = labels[1] if labels else ""
    if "headline" in label:
        return "headline"
    if "gone" in label:
        return "gone"
    return "update" if "update" in label else "new"


def _token(block: str) -> str:
    link = _LINK.search(block)
    for text in (link[1] if link else "", block):
        if token := TOKEN.search(text):
            return token[0]
    return ""


def read_payload(payload: bytes, *, channel: str, at: datetime) -> Received:
    """Return a webhook's body as a received message: its alerts and its text."""
    facts = json.loads(payload)
    alerted = []
    for one in facts["alerts"]:
        token = TOKEN.search(one["url"] or "") or TOKEN.search(one["headline"] or "")
        alerted.append(
            ReceivedAlert(
                recipient=channel,
                watch=one["watch"],
                kind=one["kind"],
                token=token[0] if token else "",
                message_id=facts["id"],
                subject=facts["subject"],
                at=at,
            )
        )
    return Received(
        recipient=channel,
        message_id=facts["id"],
        subject=facts["subject"],
        at=at,
        alerted=tuple(alerted),
        text=json.dumps(facts.get("status_report"), ensure_ascii=False),
        hidden=(("", facts["more_count"]),) if facts.get("more_count") else (),
    )
