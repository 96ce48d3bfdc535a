"""Writes kept pages as a WARC file (ISO 28500), which web archives and their tools read."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from crawler.storage.crawl.entries.pages import StoredPage


def write_warc(file: Path, pages: Iterable[StoredPage]) -> int:
    """Write pages as response records, compressed if the name ends in ``.gz``; return how many.

    Of the headers only the content type is written, as no others are kept.
    """
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415  # one command needs it
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415

    count = 0
    with file.open("wb") as out:
        writer = WARCWriter(out, gzip=file.suffix == ".gz")
        for stored in pages:
            page = stored.page
            # a header of WARC is ASCII; no kind that a server may state needs more
            kind = (page.content_type or "text/html").encode("ascii", "replace").decode()
            headers = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                page.url,
                "response",
                payload=BytesIO(page.body),
                length=len(page.body),  # else it is copied into a temporary file that nobody closes
                http_headers=headers,
                warc_headers_dict={"WARC-Date": f"{page.fetched_at:%Y-%m-%dT%H:%M:%SZ}"},
            )
            writer.write_record(record)
            count += 1
    return count
