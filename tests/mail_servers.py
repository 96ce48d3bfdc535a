"""Mail servers that misbehave at one stage of the conversation. Real sockets on loopback."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

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
    """Speaks SMTP up to a stage.

    hangs_at  there it says nothing more, and keeps the connection open
    drops_at  there it hangs up in place of an answer
    drops_after  there it answers and hangs up in the same breath
    answers   what it says in place of the good answer
    letters   how many letters it has taken; heard: the commands
    """

    hangs_at: str = ""
    drops_at: str = ""
    drops_after: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    letters: int = 0
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
                self.letters += self._answer("message").startswith("2")
                if not self._say(peer, "message"):
                    return

    def _answer(self, stage: str) -> str:
        return self.answers.get(stage, _GOOD.get(stage, "500 what?"))

    def _say(self, peer: socket.socket, stage: str) -> bool:
        """Answer, and tell whether to go on."""
        if stage == self.hangs_at:
            return False
        if stage != self.drops_at:
            peer.sendall(f"{self._answer(stage)}\r\n".encode())
        if stage in {self.drops_at, self.drops_after}:
            peer.shutdown(socket.SHUT_RDWR)
            peer.close()
            return False
        return True
