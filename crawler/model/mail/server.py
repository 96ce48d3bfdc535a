"""The mail server that takes our messages."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Auth = Literal["auto", "plain", "login", "cram-md5", "xoauth2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server and how to log in there; password and token are never shown.

    tls    ``starttls`` and ``tls`` verify the certificate and are never given up silently
    auth   the mechanism of the login; ``auto``: one that the server offers and we know
    token  an access token for XOAUTH2, in place of the password
    ca_file  certificates of an authority that is trusted besides those of the system
    hello  our name in HELO. Empty: this machine's full name, or a substitute; strict servers refuse ``localhost`` and the
           id of a container (crazy-max/diun#165, containrrr/watchtower#572)
    """

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    auth: Auth = "auto"
    hello: str = ""
    timeout_seconds: float = 30.0
    ca_file: Path | None = None
