"""Joins an article that is split over several pages before it is judged and matched.

Only the first page was read, so that a watch missed a word on page 2 (fhamborg/news-please#8).
"""

import logging
from collections.abc import AsyncIterator
from typing import Protocol

from crawler.errors import (
    ParseInterrupted,
    RetryLater,
    SetAside,
    StorageUnavailable,
    VisitOver,
    reason_of,
)
from crawler.extract.article import extract_article
from crawler.extract.elsewhere.joined_parts import add_part, replace_by_whole
from crawler.extract.elsewhere.split_article import MOST_PARTS
from crawler.flows.process.pool import ParsePool
from crawler.log import log_event
from crawler.model.article import Article, Page

_log = logging.getLogger("watchword.crawl")


class PartFetcher(Protocol):
    """Fetches further pages of the article whose first page was read."""

    async def is_known(self) -> bool:
        """Return whether the article is stored already: half of it would be taken for a revision."""

    async def fetch_part(self, url: str) -> Page:
        """Fetch one more page within the same visit; raises RetryLater or SetAside with the reason."""


async def join_parts(
    article: Article, *, fetcher: PartFetcher, pool: ParsePool, source: str, is_last: bool = False
) -> Article:
    """Return an article with the text of its further pages, as far as these can be read.

    is_last  the last try: a part that cannot be read now is left out
    raises   ParseInterrupted if a known article cannot be read whole now
    """
    try:
        async for longer in _grow(article, fetcher, pool, source):
            article = longer
    except (VisitOver, StorageUnavailable):
        raise
    except (RetryLater, SetAside) as error:
        reason = f"a further page of the article could not be read: {reason_of(error)}"
        if not is_last and isinstance(error, RetryLater) and await fetcher.is_known():
            raise ParseInterrupted(reason) from error
        log_event(_log, logging.INFO, "article cut short", url=article.url, reason=reason)
    return article


async def _grow(
    article: Article, fetcher: PartFetcher, pool: ParsePool, source: str
) -> AsyncIterator[Article]:
    """Yield the article after each part, so that what was read stays if a later part cannot be read."""
    if article.whole_url is not None:
        try:
            page = await fetcher.fetch_part(article.whole_url)
            whole = replace_by_whole(
                article, await pool.read_page(extract_article, page, source=source)
            )
        except SetAside:
            whole = None  # then page by page
        if whole is not None:
            yield whole
            return
    async for part in _walk(article, fetcher, pool, source):
        longer = add_part(article, part)
        if longer is None:
            return
        article = longer
        yield article


async def _walk(
    article: Article, fetcher: PartFetcher, pool: ParsePool, source: str
) -> AsyncIterator[Article]:
    """Yield one part after another; each may name further ones."""
    waiting, asked = [*article.more_urls], {article.url}
    while waiting and len(asked) < MOST_PARTS:
        url = waiting.pop(0)
        if url in asked:
            continue
        asked.add(url)
        part = await pool.read_page(extract_article, await fetcher.fetch_part(url), source=source)
        yield part
        waiting += [more for more in part.more_urls if more not in waiting]
