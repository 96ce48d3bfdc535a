"""The name server of a week: UDP on loopback, A and AAAA records, and it can fall silent."""

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

FOLDER = Path(__file__).parents[1] / "resolver"
_TYPES = {1: socket.AF_INET, 28: socket.AF_INET6}


class NameServer:
    """A name server on loopback.

    hosts       host -> its addresses, IPv4 and IPv6
    is_silent   whether nothing is answered, as without a network
    asked       how many questions came
    unanswered  how many of them came while it was silent
    """

    def __init__(self) -> None:
        self.hosts: dict[str, tuple[str, ...]] = {}
        self.is_silent = False
        self.asked = 0
        self.unanswered = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a process asks this server."""
        return {"WEEK_NAMES_PORT": str(self._socket.getsockname()[1])}

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                question, peer = self._socket.recvfrom(512)
                self.asked += 1
                if self.is_silent:
                    self.unanswered += 1
                else:
                    self._socket.sendto(self.answer(question), peer)

    def answer(self, question: bytes) -> bytes:
        """Return the datagram that answers a question."""
        number = struct.unpack(">H", question[:2])[0]
        labels, at = [], 12
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode("ascii", "replace"))
            at += size + 1
        kind = struct.unpack(">H", question[at + 1 : at + 3])[0]
        asked = question[12 : at + 5]
        addresses = self.hosts.get(".".join(labels).lower())
        family = _TYPES.get(kind)
        records = [
            struct.pack(">3HIH", 0xC00C, kind, 1, 5, 4 if family == socket.AF_INET else 16)
            + socket.inet_pton(family, address)
            for address in addresses or ()
            if family is not None and (":" in address) == (family == socket.AF_INET6)
        ]
        status = 0x8180 if addresses is not None else 0x8183
        head = struct.pack(">6H", number, status, 1, len(records), 0, 0)
        return head + asked + b"".join(records)
