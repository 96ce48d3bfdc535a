"""Writes kept pages as a WARC file (ISO 28500), which web archives and their tools read."""

from collections.abc import Iterable
from pathlib import Path

from crawler.storage.archive.records import make_record
from crawler.storage.crawl.entries.pages import StoredPage


def write_warc(file: Path, pages: Iterable[StoredPage]) -> int:
    """Write pages as response records, compressed if the name ends in ``.gz``; return how many."""
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415  # one command needs it

    count = 0
    with file.open("wb") as out:
        writer = WARCWriter(out, gzip=file.suffix == ".gz", warc_version="WARC/1.1")
        for stored in pages:
            writer.write_record(make_record(stored.page))
            count += 1
    return count
