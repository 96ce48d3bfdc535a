"""Which pages are kept as they were fetched: none without end, so that no source can fill the disk."""

import sqlite3
from datetime import timedelta

from crawler.config.schema import Config
from crawler.config.upkeep.store import StoreSettings
from crawler.model.article import Page
from crawler.storage.crawl.entries.pages import pack_body, sum_page_bytes

_A_DAY = timedelta(days=1)


def is_page_kept(page: Page, store: StoreSettings) -> bool:
    """Return whether a page may be kept by its own size, before it is known how much its source has already."""
    return bool(page.body and store.page_retention) and len(page.body) <= store.page_size


def keep_body(
    connection: sqlite3.Connection, page: Page, config: Config, *, packed: bytes = b""
) -> bytes:
    """Return a page's body as it is kept; empty if it is not, because it is too large or its source has had its room.

    packed  the same, if it was made already
    """
    store = config.store
    if not is_page_kept(page, store):
        return b""
    packed = packed or pack_body(page)
    since = page.fetched_at - _A_DAY
    had = sum_page_bytes(connection, page.source_id, since=since)
    return packed if had + len(packed) <= store.page_space_per_source else b""
