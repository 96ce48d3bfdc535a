"""The mailbox in which requests to unsubscribe arrive."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxServer:
    """An IMAP mailbox and how to log in there; the password is never shown.

    tls      ``starttls`` and ``tls`` verify the certificate and are never given up silently
    ca_file  certificates of an authority that is trusted besides those of the system
    """

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    username: str
    password: str = field(repr=False)
    mailbox: str = "INBOX"
    timeout_seconds: float = 30.0  # as long as [mail] timeout
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a mailbox was read: up to a UID, which means a mail only under this UIDVALIDITY (RFC 9051, 2.3.1.1)."""

    validity: int
    uid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedRequest:
    """A mail that asks to unsubscribe somebody.

    token    as ``alerting.links`` signed it; not verified yet
    mail_id  identifies the mail in whichever folder it lies
    """

    uid: int
    token: str
    mail_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The mails found after a position.

    position  how far this batch goes
    is_more   further mails wait to be read
    """

    position: Position
    requests: tuple[MailedRequest, ...] = ()
    is_more: bool = False
