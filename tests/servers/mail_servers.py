"""Mail servers that misbehave at one stage of the conversation, or want a login. Real sockets on loopback."""

import contextlib
import hmac
import json
import socket
import ssl
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import trustme
from aiosmtpd.smtp import AuthResult

from tests.fakes import FakeMailbox

STAGES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "message")
_GOOD = {
    "greeting": "220 here",
    "EHLO": "250 at your service",
    "MAIL": "250 go on",
    "RCPT": "250 go on",
    "DATA": "354 end with a dot",
    "message": "250 taken",
    "RSET": "250 forgotten",
    "QUIT": "221 bye",
}


@dataclass
class StageServer:
    """An SMTP server that misbehaves at one stage.

    hangs_at     the stage at which it falls silent and keeps the connection open
    drops_at     the stage at which it closes the connection in place of an answer
    drops_after  the stage at which it closes the connection right after its answer
    answers      stage -> its answer in place of the good one; with ``encoding`` that may hold bytes that are no text
    messages     the number of accepted messages
    heard        the received commands
    """

    hangs_at: str = ""
    drops_at: str = ""
    drops_after: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    encoding: str = "strict"
    messages: int = 0
    heard: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                self._open.append(peer)
                with contextlib.suppress(OSError):
                    self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        lines = peer.makefile("rb")
        if not self._say(peer, "greeting"):
            return
        while line := lines.readline():
            verb = line.split()[0].decode().upper()
            self.heard.append(verb)
            if not self._say(peer, verb):
                return
            if verb == "DATA" and self._answer("DATA").startswith("354"):
                while lines.readline() != b".\r\n":
                    pass
                self.messages += self._answer("message").startswith("2")
                if not self._say(peer, "message"):
                    return

    def _answer(self, stage: str) -> str:
        return self.answers.get(stage, _GOOD.get(stage, "500 what?"))

    def _say(self, peer: socket.socket, stage: str) -> bool:
        """Send an answer; return whether to go on."""
        if stage == self.hangs_at:
            return False
        if stage != self.drops_at:
            peer.sendall(f"{self._answer(stage)}\r\n".encode("utf-8", self.encoding))
        if stage in {self.drops_at, self.drops_after}:
            peer.shutdown(socket.SHUT_RDWR)
            peer.close()
            return False
        return True


MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class LoginMailbox(FakeMailbox):
    """A real SMTP server that accepts messages only after a login, by any mechanism of ``MECHANISMS``.

    tokens   access tokens that are valid now
    logins   each login, as (mechanism, whether it succeeded)
    """

    def __init__(
        self,
        *mechanisms: str,
        tls: Literal["starttls", "tls", "none"] = "none",
        context: ssl.SSLContext | None = None,
        username: str = "me@x.org",
        password: str = "hunter2-hunter2",
        challenge: str = "",
    ) -> None:
        self.tokens = {"good-token"}
        self.logins: list[tuple[str, bool]] = []
        self._known = (username, password)
        self._challenge = challenge
        options: dict[str, Any] = {}
        if tls == "starttls":
            options = {"tls_context": context, "require_starttls": True}
        elif tls == "tls":
            options = {"ssl_context": context}
        super().__init__(
            auth_required=True,
            auth_require_tls=tls == "starttls",
            authenticator=self._compare,
            auth_exclude_mechanism=[name for name in MECHANISMS if name not in mechanisms],
            **options,
        )

    def _note(self, mechanism: str, *, is_good: bool) -> AuthResult:
        self.logins.append((mechanism, is_good))
        return AuthResult(success=is_good, handled=False)

    def _compare(self, *facts: Any) -> AuthResult:
        mechanism, data = facts[3], facts[4]
        login = (data.login.decode(), data.password.decode())
        return self._note(mechanism, is_good=login == self._known)

    async def auth_CRAM__MD5(self, server: Any, args: list[str]) -> AuthResult:
        if self._challenge:
            return await self._challenge_badly(server)
        answer = await server.challenge_auth(b"<1896.697170952@x.org>")
        name, password = self._known
        expected = hmac.new(password.encode(), b"<1896.697170952@x.org>", "md5").hexdigest()
        return self._note("CRAM-MD5", is_good=answer == f"{name} {expected}".encode())

    async def _challenge_badly(self, server: Any) -> AuthResult:
        await server.challenge_auth(self._challenge, encode_to_b64=False)
        return AuthResult(success=False, handled=False)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        login = b64decode(args[1]).decode()
        tokens = {f"user={self._known[0]}\x01auth=Bearer {one}\x01\x01" for one in self.tokens}
        if login in tokens:
            return self._note("XOAUTH2", is_good=True)
        why = {"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}
        await server.challenge_auth(
            self._challenge or json.dumps(why), encode_to_b64=not self._challenge
        )
        return self._note("XOAUTH2", is_good=False)
