"""Records of a process that is ended at any moment: another process writes them, and counts those that repeat."""

import logging
import pickle
from collections.abc import Callable

from crawler.logs.lines import CONTEXT

# characters of a message: no more of it is looked at where it is written
_MOST_CHARACTERS = 20_000
# records of one piece of work: a page on which a library stumbles at each element must not keep the other process busy
_MOST_RECORDS = 100


class HandingOn(logging.Handler):
    """Sends records to the process that writes them, at most 100 until ``begin`` is called again.

    send  gets a record as bytes, for ``write_handed_on``
    """

    def __init__(self, send: Callable[[bytes], object]) -> None:
        super().__init__()
        self._send = send
        self._left = _MOST_RECORDS

    def begin(self) -> None:
        """Begin another piece of work."""
        self._left = _MOST_RECORDS

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record, with its error but without a traceback; ``handle`` holds the lock."""
        self._left -= 1
        if self._left < 0:
            return
        try:
            self._send(pickle.dumps(_write_down(record, is_last=not self._left)))
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name in logging
        """Pass over a record that cannot be sent: what would be printed of it may be a record again."""


def _write_down(record: logging.LogRecord, *, is_last: bool) -> dict[str, object]:
    error = record.exc_info[1] if record.exc_info else None
    parts = [record.getMessage()[:_MOST_CHARACTERS]]
    parts += [f"{type(error).__name__}: {error}"[:_MOST_CHARACTERS]] if error is not None else []
    parts += ["what it says after that is not written"] if is_last else []
    # the other process masks it as a text of a library's: this one does not know our secrets
    return {
        "name": record.name,
        "levelno": record.levelno,
        "levelname": record.levelname,
        "created": record.created,
        "msg": "; ".join(parts),
    }


def write_handed_on(data: bytes, **context: object) -> None:
    """Write a record of another process.

    context  what that process worked on, such as its source
    """
    record = logging.makeLogRecord({**pickle.loads(data), CONTEXT: context})  # noqa: S301 - from a process of ours
    logging.getLogger(record.name).handle(record)
