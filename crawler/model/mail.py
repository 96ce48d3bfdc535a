"""The mail server letters are handed to."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where and how; the password is never shown.

    tls  ``starttls`` and ``tls`` verify the certificate and are never given up silently
    """

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
