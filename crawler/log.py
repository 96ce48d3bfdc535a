"""Logging: one line for each record, a past-tense event and key=value pairs. Never a body, never a secret."""

import json
import logging
import math
import os
import re
import sys
import time
from datetime import UTC, datetime
from typing import TextIO
from zoneinfo import ZoneInfo

# a robots.txt that cannot be fetched is reported as the failure of its source: one line, where Scrapy logs sixty
_SAID_BY_US = frozenset({"scrapy.downloadermiddlewares.robotstxt"})
# the logger of failed visits, which `run` silences where it prints them as events
VISIT_FAILURES = "watchword.crawl.failures"
# characters of one value: sentences on failures fit; a longer text, such as an address of 2,000 characters, is cut
_MOST_OF_VALUE = 500
# of the environment: text or json, for this process and those it starts
LOG_FORMAT = "WATCHWORD_LOG_FORMAT"
# attribute of a record with the values of its event
_FIELDS = "watchword_fields"
# a library may log everything it was given: Scrapy logged whole pages, with their bodies, when a failure could not be saved
_MOST_OF_MESSAGE = 2_000
# the text of an exception may quote a page too; deep recursion has thousands of lines, and the last ones are the useful ones
_MOST_OF_TRACEBACK_LINE = 500
_MOST_TRACEBACK_LINES = 200
# control characters command a terminal, and some readers end a line at Unicode's separators (U+2028, U+2029)
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NEEDS_QUOTES = re.compile(r"[\s\"=\\\x00-\x1f\x7f-\x9f\u2028\u2029]|^$")


class _Line(str):
    """A line written by ``log_event``: already escaped, each value already bounded."""

    __slots__ = ()


def log_event(
    logger: logging.Logger,
    level: int,
    event: str,
    *,
    exc_info: object = None,
    **fields: object,
) -> None:
    """Write one line such as ``source failed source=harbour reason="timed out"``.

    A value is bare, or a JSON string if it contains a space, a quote, ``=`` or anything that would end the line, so
    that a program can parse every line (structlog and logfmter write a line feed and a literal ``\\n`` the same way:
    decision 032).

    exc_info  an error whose traceback follows, or True for the one being handled
    """
    if logger.isEnabledFor(level):
        line = " ".join([event, *(_pair(*field) for field in fields.items())])
        cause = exc_info if isinstance(exc_info, BaseException) else bool(exc_info)
        logger.log(level, _Line(line), exc_info=cause, extra={_FIELDS: {"event": event, **fields}})


def _pair(name: str, value: object) -> str:
    text = _cut(str(value), _MOST_OF_VALUE)
    if not _NEEDS_QUOTES.search(text):
        return f"{name}={text}"
    return f"{name}={_escape(json.dumps(text, ensure_ascii=False))}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def _escape(text: str) -> str:
    """Return text with control characters and line separators escaped as in JSON."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class LineFormatter(logging.Formatter):
    """Formatter that writes one bounded line for each record, with times in UTC, or in a zone for who reads along.

    A traceback follows indented, so that no text in it can pass for a record.
    """

    def __init__(self, zone: ZoneInfo | None = None) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._zone = zone

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # its name in logging
        """Return when a record was made: ``2026-11-23T09:00:00.123Z``, or ``10:00:00`` in the zone of who reads along."""
        made_at = datetime.fromtimestamp(record.created, UTC)
        if self._zone is not None:
            return made_at.astimezone(self._zone).strftime("%H:%M:%S")
        return made_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # its name in logging
        """Return a record's line, without its traceback."""
        # a line of ours is never cut: half a quoted value could not be parsed, and its values are bounded already
        if not isinstance(record.msg, _Line):
            record.message = _escape(_cut(record.message, _MOST_OF_MESSAGE))
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line and, below it, its traceback."""
        # drop the text that another handler has cached, because it was written without our bounds
        record.exc_text = None
        head, *rest = super().format(record).splitlines()
        lines = rest[-_MOST_TRACEBACK_LINES:]
        return "\n".join(
            [head, *(f"    {_escape(_cut(line, _MOST_OF_TRACEBACK_LINE))}" for line in lines)]
        )


class JsonFormatter(LineFormatter):
    """Formatter that writes one JSON object for each record: time (UTC), level, logger, event, and the event's values."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a JSON object on one line; values are bounded as in text."""
        fields = getattr(record, _FIELDS, None) or {"event": _cut(record.getMessage(), _MOST_OF_MESSAGE)}  # fmt: skip
        found = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: _plain(value) for name, value in fields.items()},
        }
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()[-_MOST_TRACEBACK_LINES:]
            found["exception"] = "\n".join(_cut(line, _MOST_OF_TRACEBACK_LINE) for line in lines)
        # ASCII alone: nothing in it can end the line or command a terminal
        return json.dumps(found)


def _plain(value: object) -> object:
    """Return numbers and truth values as they are, anything else as bounded text."""
    return (
        value if isinstance(value, bool | int | float | None) else _cut(str(value), _MOST_OF_VALUE)
    )


class Repeats:
    """Remembers what was logged lately, so that a lasting fault writes one line a minute and not ten a second.

    seconds  how long a text counts as a repeat
    """

    # texts kept: those with numbers in them all differ, and the process runs for months; over the limit all are forgotten
    _MOST = 200

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._said_at: dict[str, float] = {}

    def is_repeat(self, text: str) -> bool:
        """Return whether a text was logged lately; if not, it counts as logged now."""
        now = time.monotonic()
        if now - self._said_at.get(text, -math.inf) < self._seconds:
            return True
        if len(self._said_at) >= self._MOST:
            self._said_at.clear()
        self._said_at[text] = now
        return False


def set_up_logging(
    *, level: int = logging.INFO, stream: TextIO | None = None, zone: ZoneInfo | None = None
) -> None:
    """Send every record to one stream (default: standard error), one line each, with times in UTC.

    zone  of who reads along: at a terminal, times are in it, as in all else that is printed there
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    is_json = os.environ.get(LOG_FORMAT) == "json"
    handler.setFormatter(JsonFormatter() if is_json else LineFormatter(zone if stream.isatty() else None))  # fmt: skip
    handler.addFilter(_is_worth_saying)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Return whether a record is logged: all of ours, and warnings of libraries. Scrapy would log every item with its body.

    This is a filter because levels do not last: Scrapy sets those of its own loggers when it starts.
    """
    if record.name in _SAID_BY_US:
        return record.levelno >= logging.CRITICAL
    return record.levelno >= logging.WARNING or record.name.startswith("watchword")
