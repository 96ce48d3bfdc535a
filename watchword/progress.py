"""The output of ``watchword run`` and ``crawl`` at the terminal: one line for each event."""

import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from crawler.clock import Clock, utc_now
from crawler.storage.process.activity import (
    Cursor,
    Event,
    count_active_sources,
    read_events,
    start_cursor,
)
from crawler.text.instants import write_clock
from crawler.text.lines import plain
from watchword.cells import cut, wrap
from watchword.network import NetworkWatch

_STYLES = {
    "visited": "dim",
    "failed": "red",
    "offline": "bold red",
    "online": "bold green",
    "cut off": "red",
    "refused": "yellow",
    "lost": "yellow",
    "new": "green",
    "copy": "cyan",
    "revised": "yellow",
    "matched": "bold magenta",
    "mailed": "bold green",
    "deferred": "yellow",
    "dead": "bold red",
}
# these are about no source
_OF_MACHINE = frozenset({"offline", "online"})
_DIM = Style(dim=True)
# longer names are cut, so that the texts stand below each other and have room in 80 columns
_WIDEST_NAME = 20
# columns before the text (after clock, word and name), and before what is too long to stand below it
_TEXT_AT = 39
_TEXT_BELOW = 18
# texts that are headlines may be cut; all others are reasons
_HEADLINES = frozenset({"new", "copy", "revised", "matched", "mailed"})


class Progress:
    """Prints the events that were committed since the last call.

    is_from_start  begin with everything in the database, not only with what happens from now on
    skips_idle     print no visit that found nothing new

    Events are read from committed rows, so nothing is shown that a crash could undo.
    """

    def __init__(
        self,
        console: Console,
        *,
        zone: ZoneInfo,
        clock: Clock = utc_now,
        is_from_start: bool = False,
        skips_idle: bool = False,
    ) -> None:
        self._console = console
        self._zone = zone
        self._clock = clock
        self._network = NetworkWatch()
        self._skips_idle = skips_idle
        self._cursor: Cursor | None = Cursor() if is_from_start else None

    def show(self, connection: sqlite3.Connection) -> tuple[Event, ...]:
        """Print the events since the last call, and return all; the first call only notes where to begin."""
        if self._cursor is None:
            self._cursor = start_cursor(connection)
        events = read_events(connection, self._cursor)
        count = count_active_sources(connection)
        shown = tuple(event for event in events if not (self._skips_idle and event.is_idle))
        self._print(self._network.sort(shown, source_count=count, now=self._clock()))
        return events

    def finish(self, connection: sqlite3.Connection) -> None:
        """Print what was held back; call this when nothing more will be visited."""
        count = count_active_sources(connection)
        self._print(self._network.finish(source_count=count, now=self._clock()))

    def _print(self, events: tuple[Event, ...]) -> None:
        if events:
            # printed at once, in pieces: a Text of its lines, which rich would wrap, takes three times as long
            now, width = self._clock(), _measure(self._console)
            pieces = [
                piece
                for event in events
                for piece in _line(event, self._zone, now=now, width=width)
            ]
            self._console.print(Segments(pieces), soft_wrap=True)


def _measure(console: Console) -> int:
    """Return the columns of a terminal; elsewhere nothing is cut or wrapped."""
    return console.width if console.is_terminal else sys.maxsize


def _line(event: Event, zone: ZoneInfo, *, now: datetime, width: int) -> Iterator[Segment]:
    """Yield the lines for one event, without control characters: text from the network can hold terminal commands."""
    yield Segment(f"{write_clock(now, zone)} ", _DIM)
    word = "network" if event.kind in _OF_MACHINE else event.kind
    yield Segment(f"{word:<9}", Style.parse(_STYLES.get(event.kind, "")))
    if event.kind in _OF_MACHINE:
        yield Segment(f"{_wrap(event.text, at=_TEXT_BELOW, width=width)}\n")
        return
    name = f"{plain(event.source)[:_WIDEST_NAME]:<{_WIDEST_NAME}}"
    text, room = plain(event.text), width - _TEXT_AT - 1
    is_headline = event.kind in _HEADLINES
    fitted = cut(text, width=room) if is_headline else _wrap(text, at=_TEXT_AT, width=width)
    yield Segment(f"{name} {fitted}\n")
    detail = plain(event.detail)
    if event.next_try_at is not None:
        detail = f"next try {write_clock(event.next_try_at, zone)}"
    if detail:
        # below the text if it has room there; a sentence has more below the word
        at = _TEXT_AT if cell_len(detail) <= room else _TEXT_BELOW
        yield Segment(f"{'':<{at}}{_wrap(detail, at=at, width=width)}\n", _DIM)


def _wrap(text: str, *, at: int, width: int) -> str:
    """Return a text that begins in a column, its further lines below it; an address stays whole, to be copied."""
    return "\n".join(wrap(text, width=width, indent=at)).lstrip() if " " in text else text
