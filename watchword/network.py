"""The network of this machine, judged by visits: that it is gone is one line, at the terminal and in the log, not three for
each source.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from crawler.log import VISIT_FAILURES, log_event
from crawler.model.visit import is_network_fault
from crawler.storage.process.activity import Event
from crawler.text.counts import write_count

# what a source does that was reached, whether it could be read or not
_REACHED = frozenset({"visited", "failed", "new", "copy", "revised", "refused"})
# names are resolved one after another, and without a network each takes seconds: only after this long without another
# failure has everything been tried that was due
_QUIET = timedelta(seconds=10)
# so many sources in a row, with none read in between, are no coincidence; two may be
_MANY = 3

_MACHINE = frozenset({"offline", "online"})
_log = logging.getLogger(VISIT_FAILURES)


class NetworkWatch:
    """Takes failures that look like a missing network out of the events, and puts in their place that it is gone or back."""

    def __init__(self) -> None:
        self._failed: dict[str, Event] = {}
        self._unsaid: list[Event] = []
        self._failed_at: datetime | None = None
        self._is_gone = False

    def sort(
        self, events: Iterable[Event], *, source_count: int, now: datetime
    ) -> tuple[Event, ...]:
        """Return the events to show now.

        source_count  sources that are visited; if all of them fail so, nothing need be waited for
        """
        shown = [one for event in events for one in self._take(event, now)]
        if self._failed_at is not None and not self._is_gone:
            is_quiet = now - self._failed_at >= _QUIET
            shown += self._judge(source_count, now=now, is_quiet=is_quiet)
        return tuple(shown)

    def finish(self, *, source_count: int, now: datetime) -> tuple[Event, ...]:
        """Return what is still to be shown when nothing more will be visited."""
        if self._is_gone or not self._failed:
            return ()
        return self._judge(source_count, now=now, is_quiet=True)

    def _take(self, event: Event, now: datetime) -> Iterator[Event]:
        if event.kind == "failed" and is_network_fault(event.text):
            self._failed[event.source] = event
            self._failed_at = now
            if not self._is_gone:
                self._unsaid.append(event)
            return
        if event.kind in _REACHED:
            yield from self._note_reached(event)
        yield event

    def _note_reached(self, event: Event) -> Iterator[Event]:
        """Yield what an event of a source that was reached tells of the network."""
        if not self._is_gone:
            yield from self._unsaid
        elif event.source in self._failed:
            yield Event(kind="online", source="", text=f"The network is back: {event.source} answers.")  # fmt: skip
        else:  # a source on this machine or beside it, which needs no network
            return
        self._forget()

    def _forget(self) -> None:
        self._failed, self._unsaid = {}, []
        self._failed_at, self._is_gone = None, False

    def _judge(self, source_count: int, *, now: datetime, is_quiet: bool) -> tuple[Event, ...]:
        count = len(self._failed)
        is_whole = count >= 2 and count >= source_count
        if is_whole or (is_quiet and count >= _MANY):
            self._is_gone, self._unsaid = True, []
            return (self._describe(source_count, now),)
        if not is_quiet:
            return ()
        said, self._unsaid = tuple(self._unsaid), []
        return said

    def _describe(self, source_count: int, now: datetime) -> Event:
        count = len(self._failed)
        sources = write_count(count, "source")
        if count < source_count:
            sources = f"{count} of {write_count(source_count, 'source')}"
        tries = [one.next_try_at for one in self._failed.values() if one.next_try_at]
        wait = f"; next try {_write_wait(min(tries) - now)}" if tries else ""
        return Event(
            kind="offline", source="", text=f"No network: {sources} cannot be reached{wait}."
        )


class NetworkLog:
    """Logs that the network is gone or back, and a host that cannot be found on its own; each once."""

    def __init__(self) -> None:
        self._network = NetworkWatch()
        self._said: set[str] = set()

    def note(self, events: Iterable[Event], *, source_count: int, now: datetime) -> None:
        """Take in the events since the last call; those of other kinds are logged where they happen."""
        for event in self._network.sort(events, source_count=source_count, now=now):
            if event.kind in _MACHINE:
                sentence = f"{event.text[:1].lower()}{event.text[1:].rstrip('.')}"
                log_event(_log, logging.WARNING, sentence)
            elif event.kind == "failed" and is_network_fault(event.text):
                self._note_failure(event)
            elif event.kind in _REACHED:
                self._said.discard(event.source)

    def _note_failure(self, event: Event) -> None:
        # a source that stays down is logged once, as by the crawl process
        if event.source not in self._said:
            self._said.add(event.source)
            facts = {"source": event.source, "reason": event.text}
            log_event(_log, logging.WARNING, "source failed", **facts)


def _write_wait(wait: timedelta) -> str:
    seconds = wait.total_seconds()
    if seconds < 1:
        return "now"
    return f"in {seconds:.0f} s" if seconds < 100 else f"in {seconds / 60:.0f} min"
