"""How a record is written: one bounded, masked line of text, or one JSON object a line."""

import json
import logging
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crawler.logs.masking.in_texts import is_name_of_secret
from crawler.logs.masking.own_secrets import MASK
from crawler.logs.masks import mask, mask_urls

# attributes of a record: the values of its event, and what was bound when it was made
FIELDS = "watchword_fields"
CONTEXT = "watchword_context"
# characters of one value: sentences on failures fit; a longer text, such as an address of 2,000 characters, is cut
_MOST_OF_VALUE = 500
# a library may log everything it was given: Scrapy logged whole pages, with their bodies, when a failure could not be saved
_MOST_OF_MESSAGE = 2_000
# the text of an exception may quote a page too; deep recursion has thousands of lines, and the last ones are the useful ones
_MOST_OF_TRACEBACK_LINE = 500
_MOST_TRACEBACK_LINES = 200
# control characters command a terminal, and some readers end a line at Unicode's separators (U+2028, U+2029)
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NEEDS_QUOTES = re.compile(r"[\s\"=\\\x00-\x1f\x7f-\x9f\u2028\u2029]|^$")


# characters of a text that are looked at for what must be masked
_MOST_LOOKED_AT = 20_000
_OF_EACH_LINE = frozenset({"time", "level", "logger", "process", "exception"})


class Line(str):
    """A line written by ``log_event``: already escaped, each value already bounded."""

    __slots__ = ()


def write_line(event: str, fields: Mapping[str, object]) -> Line:
    """Return an event and its values as text: ``source failed source=harbour reason="timed out"``."""
    return Line(" ".join([event, *(_pair(*field) for field in fields.items())]))


def mask_and_cut(text: str, most: int) -> str:
    """Return at most so many characters of a text, masked; masked before it is cut, or half a token would remain."""
    return _cut(_mask("", text), most)


def escape(text: str) -> str:
    """Return text with control characters and line separators escaped as in JSON."""
    return _HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _pair(name: str, value: object) -> str:
    text = _cut(_mask(name, str(value)), _MOST_OF_VALUE)
    if not _NEEDS_QUOTES.search(text):
        return f"{name}={text}"
    return f"{name}={escape(json.dumps(text, ensure_ascii=False))}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def _mask(name: str, text: str) -> str:
    """Return a text masked; a Message-ID, which looks like an address, is what finds a message in the log of its server."""
    if is_name_of_secret(name):
        return MASK
    # more is never shown
    text = text if len(text) <= _MOST_LOOKED_AT else f"{text[:_MOST_LOOKED_AT]}..."
    return mask_urls(text) if name == "message_id" else mask(text)


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
        if not isinstance(record.msg, Line):
            record.message = escape(mask_and_cut(record.message.rstrip(), _MOST_OF_MESSAGE))
            context = getattr(record, CONTEXT, {})
            record.message = " ".join([record.message, *(_pair(*one) for one in context.items())])
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return a record's line and, below it, its traceback."""
        # drop the text that another handler has cached, because it was written without our bounds
        record.exc_text = None
        head, *rest = super().format(record).splitlines()
        lines = rest[-_MOST_TRACEBACK_LINES:]
        return "\n".join(
            [
                head,
                *(f"    {escape(mask_and_cut(line, _MOST_OF_TRACEBACK_LINE))}" for line in lines),
            ]
        )


class JsonFormatter(LineFormatter):
    """Formatter that writes one JSON object for each record: time (UTC), level, logger, process, event, and its values."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a JSON object on one line; values are bounded as in text."""
        message = mask_and_cut(record.getMessage().rstrip(), _MOST_OF_MESSAGE)
        context = getattr(record, CONTEXT, {})
        fields = getattr(record, FIELDS, None) or {"event": message, **context}
        found: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": self._process,
        }
        # a value of an event never stands in for the time or level of its line
        found |= {_rename(name): _plain(name, value) for name, value in fields.items()}
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()[-_MOST_TRACEBACK_LINES:]
            found["exception"] = "\n".join(
                mask_and_cut(line, _MOST_OF_TRACEBACK_LINE) for line in lines
            )
        # ASCII alone: nothing in it can end the line or command a terminal
        return json.dumps(found)


def _rename(name: str) -> str:
    return f"{name}_" if name in _OF_EACH_LINE else name


def _plain(name: str, value: object) -> object:
    """Return numbers and truth values as they are, anything else as bounded text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    if isinstance(value, bool | int | float | None) and not is_name_of_secret(name):
        return value
    return _cut(_mask(name, str(value)), _MOST_OF_VALUE)
