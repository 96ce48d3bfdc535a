"""The finding about the archive: what it holds, and why pages cannot be written to it."""

import sqlite3
from typing import TYPE_CHECKING

from crawler.config.upkeep.archive import find_place_problem
from crawler.storage.archive.archived import sum_archive
from crawler.storage.crawl.entries.pages import sum_all_page_bytes
from crawler.text.counts import write_count, write_size
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config


def look_at_archive(connection: sqlite3.Connection, config: "Config") -> Finding:
    """Return what is in archive files, and what keeps the next one from being written."""
    sums, to = sum_archive(connection), config.archive.to
    if to is None and not sums.files and not sums.trouble:
        return Finding(
            subject="archive",
            verdict=Verdict.OK,
            summary="pages are kept in the database only ([archive] to is not set)",
        )
    pages, files = write_count(sums.pages, "page"), write_count(sums.files, "file")
    summary = f"{pages} in {files} ({write_size(sums.bytes)})" if sums.files else "no file yet"
    if sums.newest_day:
        summary += f", up to {sums.newest_day}"
    trouble = (find_place_problem(to) if to else "") or sums.trouble
    if not trouble:
        return Finding(subject="archive", verdict=Verdict.OK, summary=summary)
    waiting, room = sum_all_page_bytes(connection), config.store.page_space
    return Finding(
        subject="archive",
        verdict=Verdict.LOOK,
        summary=f"{summary}; the last {write_count(sums.tries, 'try', 'tries')} failed"
        if sums.tries
        else summary,
        details=(
            trouble,
            f"{write_size(waiting)} of pages are in the database; from {write_size(room)} on ([store] page_space) the oldest "
            "are deleted, archived or not",
        ),
        remedy="mend that; the daemon tries again by itself, at least every six hours",
    )
