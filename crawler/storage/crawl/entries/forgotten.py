"""The forgotten_entries table: what entries were known by that were deleted for their age, so that none is news once more.

Owner: crawl process. Rows are added by ``retention.old_entries``. Of an entry only digests are left, so they are made of what
``flows.crawl.entry_keys`` would compare: an address alone does not identify the entries of a feed with guids, as some feeds have
one page for all their notices, nor does a guid, as some number their entries from one again.
"""

import sqlite3
from dataclasses import dataclass

from crawler.text.normalize import tokenize
from crawler.text.web.urls import digest_key


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryName:
    """What an entry is known by.

    key        identifies it among its source's entries: the key of its page, or something more where several share that
    guid       its feed's own identifier; empty without one, and where other entries of a visit have the same
    is_shared  other entries have the same page
    """

    key: str
    guid: str
    title: str
    is_shared: bool

    @property
    def kept(self) -> tuple[int, ...]:
        """The digests that are left of it."""
        if self.is_shared or not self.guid:
            return _digest(self.key, *self._moved)
        return _digest(_any_guid(self.key), *self._with_guid, *self._moved)

    @property
    def asked(self) -> tuple[int, ...]:
        """The digests of which one is enough to know it again."""
        if self.is_shared:
            return _digest(self.key, *self._moved)
        if not self.guid:
            return _digest(self.key, _any_guid(self.key))
        return _digest(self.key, *self._with_guid, *self._moved)

    @property
    def _words(self) -> str:
        return " ".join(tokenize(self.title))

    @property
    def _with_guid(self) -> tuple[str, ...]:
        # its words too: some feeds make new guids at each fetch
        return f"{self.key}\n{self.guid}", *(
            [f"{self.key}\n\n{self._words}"] if self._words else ()
        )

    @property
    def _moved(self) -> tuple[str, ...]:
        """What it is known by at another address."""
        return (f"\n{self.guid}\n{self._words}",) if self.guid and self._words else ()


def _any_guid(key: str) -> str:
    return f"{key}\n"


def _digest(*names: str) -> tuple[int, ...]:
    """Return each digest as a number of SQLite."""
    return tuple(int.from_bytes(digest_key(name), "big", signed=True) for name in names)


def is_forgotten(connection: sqlite3.Connection, source_id: int, name: EntryName) -> bool:
    """Return whether a source's entry was deleted for its age."""
    found = (
        connection.execute(
            "SELECT 1 FROM forgotten_entries WHERE source_id = ? AND digest = ?",
            [source_id, digest],
        ).fetchone()
        for digest in name.asked
    )
    return any(row is not None for row in found)
