"""Gathers the notes of a bundle and gives them to the carrier: at once if nothing was given lately, else after two seconds or 256 KB.

One message a visit costs the home several milliseconds each, and one a bundle would wait for its slowest domain.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from crawler.flows.cluster.notes import Note
from crawler.flows.cluster.wire import join_notes, write_note

_GATHER_SECONDS = 2.0
_GATHER_BYTES = 256_000
# what the carrier has not taken yet; further notes wait, so that memory stays small while it is away
_MOST_BYTES = 4_000_000

Give = Callable[[int, int, bytes], Awaitable[None]]


class Gathering:
    """The notes of one bundle, on their way.

    give  passes bundle, number and bytes to the carrier, however long that takes
    """

    def __init__(self, bundle_id: int, give: Give) -> None:
        self._bundle_id = bundle_id
        self._give = give
        self._written: list[bytes] = []
        self._bytes = self._number = 0
        self._is_urgent, self._is_whole = asyncio.Event(), False
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._giving = asyncio.create_task(self._give_all())

    async def add(self, note: Note, *, is_urgent: bool = False) -> None:
        """Add a note; waits while too many bytes wait. ``is_urgent``: give it now."""
        await self._has_room.wait()
        written = write_note(note)
        self._written.append(written)
        self._bytes += len(written)
        if self._bytes >= _MOST_BYTES:
            self._has_room.clear()
        if is_urgent or self._bytes >= _GATHER_BYTES or self._number == 0:
            self._is_urgent.set()

    async def finish(self) -> None:
        """Return when all notes are with the carrier."""
        self._is_whole = True
        self._is_urgent.set()
        await self._giving

    def abandon(self) -> None:
        """Give nothing more."""
        self._giving.cancel()
        self._has_room.set()

    async def _give_all(self) -> None:
        while not (self._is_whole and not self._written):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_urgent.wait(), _GATHER_SECONDS)
            self._is_urgent.clear()
            if self._written:
                await self._give_some()

    async def _give_some(self) -> None:
        written, self._written, self._bytes = self._written, [], 0
        self._number += 1
        body = await asyncio.to_thread(join_notes, written)
        await self._give(self._bundle_id, self._number, body)
        if self._bytes < _MOST_BYTES:
            self._has_room.set()
