"""Reading messages of other programs: mails with the watch in brackets before the subject, webhooks with JSON. Pure functions."""

import itertools
import json
import re
from datetime import datetime
from email.message import EmailMessage

from bench.week.judging.messages import TOKEN, Received, ReceivedAlert

_SUBJECT = re.compile(r"^\[([^\]]+)\]\s*(.*)$", re.DOTALL)
_numbers = itertools.count(1)


def read_message(message: EmailMessage, *, recipient: str, at: datetime) -> Received:
    """Return a mail as a received message: its first token names the article. It counts as a first alert: there is no other kind."""
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()).replace("\r\n", "\n") if body else ""
    subject = " ".join(str(message["Subject"] or "").split())
    found = _SUBJECT.match(subject)
    return _receive(
        recipient=recipient,
        watch=found[1] if found else "",
        token=_find_token(text, subject),
        message_id=str(message["Message-ID"] or f"none {next(_numbers)}"),
        subject=subject,
        at=at,
        text=text,
    )


def read_payload(payload: bytes, *, channel: str, at: datetime) -> Received:
    """Return a webhook's body as a received message."""
    facts = json.loads(payload)
    return _receive(
        recipient=channel,
        watch=facts["watch"],
        token=_find_token(facts["url"] or "", facts["title"] or ""),
        message_id=f"post {next(_numbers)}",
        subject=facts["title"],
        at=at,
        text="",
    )


def _find_token(*texts: str) -> str:
    return next((found[0] for text in texts if (found := TOKEN.search(text))), "")


def _receive(*, recipient: str, watch: str, token: str, message_id: str, subject: str, at: datetime, text: str) -> Received:  # noqa: PLR0913  # what a message has  # fmt: skip
    alerted = ReceivedAlert(
        recipient=recipient,
        watch=watch,
        kind="new",
        token=token,
        message_id=message_id,
        subject=subject,
        at=at,
    )
    return Received(
        recipient=recipient,
        message_id=message_id,
        subject=subject,
        at=at,
        alerted=(alerted,),
        text=text,
    )
