"""The handler all lines of a process go through: it folds repeats and writes the rest."""

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from crawler.logs.context import read_context
from crawler.logs.folding import Count, Fault, Folding
from crawler.logs.lines import CONTEXT, FIELDS, Line, escape, mask_and_cut, write_line

# a message of a library is compared so far; the whole of a page may be in it
_MOST_COMPARED = 500


class FoldingHandler(logging.StreamHandler[TextIO]):
    """Writes records to a stream; of warnings and errors that repeat, the first and then counts."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._folding = Folding()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless it repeats one; ``handle`` holds the lock."""
        if not hasattr(record, CONTEXT):
            setattr(record, CONTEXT, read_context())
        now = time.monotonic()
        self._write(self._folding.list_due(now))
        if record.levelno < logging.WARNING or self._folding.take(_read_fault(record), now):
            super().emit(record)

    def say_due(self) -> None:
        """Write the counts that are due now."""
        with self._held():
            self._write(self._folding.list_due(time.monotonic()))

    def say_end(self, event: str, fields: dict[str, object]) -> None:
        """Write the count of a fault that is over."""
        with self._held():
            self._write(self._folding.end(event, time.monotonic(), **fields))

    def say_all(self) -> None:
        """Write all counts; the process ends."""
        with self._held():
            self._write(self._folding.flush(time.monotonic()))

    def _held(self) -> AbstractContextManager[object]:
        # None only where the logging module was told so, before it makes a handler
        return self.lock or nullcontext()

    def _write(self, counts: list[Count]) -> None:
        for count in counts:
            super().emit(_make_record(count))


def _read_fault(record: logging.LogRecord) -> Fault:
    stated = getattr(record, FIELDS, None)
    fields = dict(stated or getattr(record, CONTEXT))
    # masked here: the line of a count is written like one of ours, whose event is never a secret
    words = str(fields.pop("event")) if stated else mask_and_cut(record.getMessage(), _MOST_COMPARED)  # fmt: skip
    error = record.exc_info[1] if record.exc_info else None
    said = mask_and_cut(f"{type(error).__name__}: {error}", _MOST_COMPARED) if error is not None else ""  # fmt: skip
    return Fault(logger=record.name, level=record.levelno, words=words, fields=fields, error=said)


def _make_record(count: Count) -> logging.LogRecord:
    """Return a record like the first one, with the count; its traceback was written then."""
    fault = count.fault
    error = {"error": fault.error} if fault.error else {}
    fields = {**fault.fields, **error, **count.fields}
    record = logging.LogRecord(fault.logger, fault.level, "", 0, Line(""), None, None)
    record.msg = write_line(escape(fault.words), fields)
    setattr(record, FIELDS, {"event": fault.words, **fields})
    setattr(record, CONTEXT, {})
    return record
