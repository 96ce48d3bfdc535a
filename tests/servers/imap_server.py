"""A real IMAP server on loopback (Twisted's), with a mailbox in memory, in a process of its own.

``ImapServer`` starts it and sends it commands as lines of JSON.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

USER, PASSWORD = "unsubscribe@news.example.org", "pass word 1"


@dataclass
class ImapServer:
    """The test's side of the server.

    certificate  a file with key and certificate: for TLS from the first byte, else for STARTTLS, which is offered only
                 with a certificate
    """

    certificate: Path | None = None
    is_implicit: bool = True
    port: int = 0
    _process: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    def __enter__(self) -> Self:
        way = "tls" if self.is_implicit else "starttls"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.imap_twisted", str(self.certificate or ""), way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = self.ask(port=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def ask(self, **command: Any) -> Any:
        """Send a command and return the server's answer."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def add(self, *mails: str) -> None:
        """Add mails to the mailbox."""
        self.ask(add=mails)

    def flags(self) -> list[list[str]]:
        """Return the flags of each mail."""
        found: list[list[str]] = self.ask(flags=True)
        return found

    def logins(self) -> int:
        """Return the number of successful logins."""
        return int(self.ask(logins=True))


def mail(subject: str, *, number: int = 1, **headers: str) -> str:
    """Return a mail as a mail program writes it."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"Return-Path: <me@example.org>\r\nFrom: Me <me@example.org>\r\nTo: {USER}\r\n"
        f"Message-ID: <{number}@example.org>\r\n{more}Subject: {subject}\r\n\r\nPlease.\r\n"
    )
