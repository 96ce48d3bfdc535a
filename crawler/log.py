"""Logging: a past-tense event, then key=value. Never a body, never a secret."""

import logging
import math
import sys
import time
from typing import TextIO

# a robots.txt that cannot be had: the source's own failure says it, in one line instead of sixty
_SAID_BY_US = frozenset({"scrapy.downloadermiddlewares.robotstxt"})


def log_event(logger: logging.Logger, level: int, event: str, **fields: object) -> None:
    """Write one line such as ``source failed source=harbour reason="timed out"``."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", " ".join([event, *(_pair(*field) for field in fields.items())]))


def _pair(name: str, value: object) -> str:
    text = str(value).replace("\r", " ").replace("\n", " ")[:500]
    return f'{name}="{text}"' if " " in text or not text else f"{name}={text}"


class Repeats:
    """Remembers what was just said, so that a fault that lasts is one line a minute and not ten a second.

    seconds  for how long a text counts as said
    """

    # texts with numbers in them are all different; more than these are not remembered
    _MOST = 200

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._said_at: dict[str, float] = {}

    def is_repeat(self, text: str) -> bool:
        """Return whether a text was said lately; if not, it counts as said now."""
        now = time.monotonic()
        if now - self._said_at.get(text, -math.inf) < self._seconds:
            return True
        if len(self._said_at) >= self._MOST:
            self._said_at.clear()
        self._said_at[text] = now
        return False


def set_up_logging(*, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every record to one stream (default stderr), one line each, times in UTC."""
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s %(message)s")
    formatter.converter = time.gmtime
    formatter.default_msec_format = "%s.%03d"
    formatter.datefmt = "%Y-%m-%dT%H:%M:%S"
    handler.setFormatter(formatter)
    handler.addFilter(_is_worth_saying)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Let libraries speak only when something is wrong; Scrapy would log every item, bodies and all.

    A filter, not levels: Scrapy sets its own loggers' levels when it starts.
    """
    if record.name in _SAID_BY_US:
        return record.levelno >= logging.CRITICAL
    return record.levelno >= logging.WARNING or record.name.startswith("watchword")
