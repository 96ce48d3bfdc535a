"""Reads pages out of archive files, whichever folder or service these are at."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from crawler.config.upkeep.archive import Compression
from crawler.errors import ArchiveFailed
from crawler.storage.archive.places import Place, open_place
from crawler.storage.archive.records import decode_page
from crawler.storage.crawl.entries.pages import StoredPage

# opening a service asks it who we are
_open = lru_cache(maxsize=8)(open_place)


def list_addresses(address: str, archive: str | None) -> tuple[str, ...]:
    """Return where a file is: where it was written to, or the place that is configured now, if files were moved there."""
    return tuple(dict.fromkeys(filter(None, (address, archive))))


def complete_body(stored: StoredPage, archive: str | None) -> StoredPage:
    """Return a page with its bytes, from its archive file if it is in one. May wait for a network: not in the writer.

    archive  the place that is configured now: files may have been moved there
    raises   ArchiveFailed if they cannot be read; the text says which page and why
    """
    if stored.archived is None:
        return stored
    found, reasons = None, []
    for address in list_addresses(stored.archived.address, archive):
        try:
            found = _read(stored, _open(address))
            break
        except ArchiveFailed as error:
            reasons.append(str(error))
    if found is None:
        raise ArchiveFailed(
            f"the stored page of {stored.page.url} cannot be read: {'; '.join(reasons)}"
        )
    return replace(stored, page=replace(stored.page, body=found), archived=None)


def complete_bodies(
    pages: Iterable[StoredPage], archive: str | None, unread: list[str]
) -> Iterator[StoredPage]:
    """Yield pages with their bytes; of those that cannot be read the reasons are added to ``unread``."""
    for stored in pages:
        try:
            yield complete_body(stored, archive)
        except ArchiveFailed as error:
            unread.append(str(error))


def _read(stored: StoredPage, place: Place) -> bytes:
    at = stored.archived
    if at is None:
        return stored.page.body
    packed = place.read(at.name, at.start, at.length)
    try:
        return decode_page(packed, Compression(at.compression), size=at.size)
    except ArchiveFailed as error:
        raise ArchiveFailed(f"{error} in {at.address.rstrip('/')}/{at.name}") from error
