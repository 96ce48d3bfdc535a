"""Lines that are no records: what libraries print, warnings, and errors nobody catches. They become records."""

import io
import logging
import sys
import threading
from types import TracebackType

_log = logging.getLogger("watchword.stray")
# a printed text without a line end is not collected without limit
_MOST_CHARACTERS = 8_000


class Strays(io.TextIOBase):
    """A stream in place of standard error, or of output in a process whose output is the log: each line becomes a record."""

    def __init__(self) -> None:
        self._rest = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        """Take in a text; its whole lines become records."""
        *lines, rest = (getattr(self._rest, "text", "") + text).split("\n")
        self._rest.text = rest[-_MOST_CHARACTERS:]
        for line in lines:
            if line.strip():
                _log.warning("%s", line)
        return len(text)


def catch_strays(*, has_output: bool) -> None:
    """Make records of all that is printed to standard error, and to standard output too if that is the log.

    The handler of the log must write to the stream that was standard error before.
    """
    sys.stderr = Strays()
    if has_output:
        sys.stdout = sys.stderr


def catch_errors() -> None:
    """Log warnings, and errors that end this process or a thread."""
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread
    sys.unraisablehook = lambda args: _log_ignored(args.exc_value)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("this process ends by an error", exc_info=(kind, error, trace))


def _log_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread else ""
        _log.error("the thread %s ended by an error", name, exc_info=args.exc_value)


def _log_ignored(error: BaseException | None) -> None:
    if error is not None:
        _log.error("an error could not be raised", exc_info=error)
