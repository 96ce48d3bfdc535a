"""The protocol of crawl process, fork server and workers: frames of a kind, a length and that many bytes."""

import struct
from collections.abc import Iterator
from enum import IntEnum

# kind, length of the payload
HEADER = struct.Struct("!BQ")
# orders to the fork server
WORKER, WATCHES = b"w", b"s"
# how a worker ended: process id, status as os.waitpid returns it
REPORT = struct.Struct("!ii")


class Kind(IntEnum):
    """The kinds of frames.

    HELLO   the worker is ready; its process id in digits
    CALL    a function of ``extract`` and its arguments, pickled
    TAKEN   the call was read whole: if the worker dies from now on, it dies of this call
    RESULT  what the function returned, pickled
    ERROR   what it raised, pickled
    LINE    a record of the log, for the crawl process to write
    """

    HELLO = 1
    CALL = 2
    TAKEN = 3
    RESULT = 4
    ERROR = 5
    LINE = 6


def pack(kind: Kind, payload: bytes) -> bytes:
    """Return a frame as bytes."""
    return HEADER.pack(kind, len(payload)) + payload


class FrameReader:
    """Joins frames that come in pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Add data that came, and yield the frames that are complete now."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._buffer)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield Kind(kind), payload
