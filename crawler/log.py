"""Logging: one line for each record, a past-tense event and key=value pairs. Never a body, never a secret.

What lines may hold and how often they are written: ``crawler/logs/``.
"""

import atexit
import logging
import os
import sys
from typing import TextIO
from zoneinfo import ZoneInfo

from crawler.logs.context import read_context
from crawler.logs.handler import FoldingHandler
from crawler.logs.lines import FIELDS, JsonFormatter, LineFormatter, write_line
from crawler.logs.strays import Strays, catch_errors, catch_strays

# a robots.txt that cannot be fetched is reported as the failure of its source: one line, where Scrapy logs sixty
_SAID_BY_US = frozenset({"scrapy.downloadermiddlewares.robotstxt"})
# the logger of failed visits, which `run` silences where it prints them as events
VISIT_FAILURES = "watchword.crawl.failures"
# of the environment: text or json, for this process and those it starts
LOG_FORMAT = "WATCHWORD_LOG_FORMAT"
# processes whose output is the log; that of others is for people and programs
_LOG_ALONE = frozenset({"crawl", "web"})


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
        # what is bound stands behind what is stated
        told = {**fields, **{name: value for name, value in read_context().items() if name not in fields}}  # fmt: skip
        cause = exc_info if isinstance(exc_info, BaseException) else bool(exc_info)
        logger.log(level, write_line(event, told), exc_info=cause, extra={FIELDS: {"event": event, **told}})  # fmt: skip


def say_ended(event: str, **fields: object) -> None:
    """Write how often a fault was repeated, now that it is known to be over; the next one like it is a first again.

    fields  those that tell it from others of its event, such as ``source="harbour"``
    """
    for handler in _handlers():
        handler.say_end(event, fields)


def say_repeats() -> None:
    """Write the counts of repeated faults that are due; called now and then where nothing else may be logged for hours."""
    for handler in _handlers():
        handler.say_due()


def _say_all() -> None:
    for handler in _handlers():
        handler.say_all()


def set_up_logging(
    *,
    level: int = logging.INFO,
    stream: TextIO | None = None,
    zone: ZoneInfo | None = None,
    process: str = "",
) -> None:
    """Send every record to one stream (default: standard error), one line each, with times in UTC.

    zone     of who reads along: at a terminal, times are in it, as in all else that is printed there
    process  ``daemon``, ``crawl`` or ``web``: one that works on its own, and what anything in it prints becomes a record; empty for a command
    """
    is_json = os.environ.get(LOG_FORMAT) == "json"
    handler = FoldingHandler(stream or _find_stderr())
    shown_zone = zone if handler.stream.isatty() else None
    handler.setFormatter(JsonFormatter(process or "command") if is_json else LineFormatter(shown_zone))  # fmt: skip
    handler.addFilter(_is_worth_saying)
    _say_all()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    if process:
        catch_errors()
        if is_json and stream is None:
            catch_strays(has_output=process in _LOG_ALONE)
    atexit.unregister(_say_all)
    atexit.register(_say_all)


def _find_stderr() -> TextIO:
    """Return standard error, though a stream that makes records of lines stands in its place."""
    for handler in _handlers():
        if isinstance(sys.stderr, Strays):
            return handler.stream
    return sys.stderr


def _handlers() -> list[FoldingHandler]:
    return [one for one in logging.getLogger().handlers if isinstance(one, FoldingHandler)]


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Return whether a record is logged: all of ours, and warnings of libraries. Scrapy would log every item with its body.

    This is a filter because levels do not last: Scrapy sets those of its own loggers when it starts.
    """
    if record.name in _SAID_BY_US:
        return record.levelno >= logging.CRITICAL
    return record.levelno >= logging.WARNING or record.name.startswith("watchword")
