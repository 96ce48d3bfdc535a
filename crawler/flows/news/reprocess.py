"""Understands kept pages again, after an upgrade or a new rule: shows what would change, or changes it. Alerts nobody."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from crawler.config.schema import Config
from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.sketch import sketch
from crawler.errors import RetryLater, SetAside, reason_of
from crawler.extract.article import extract_article
from crawler.extract.elsewhere.page_part import read_part
from crawler.flows.news.judging.boilerplate import cut_boilerplate
from crawler.flows.process.pool import ParsePool
from crawler.flows.watch.key_index import analyze_row
from crawler.model.article import Article, Page
from crawler.model.source import PageSettings, SourceKind
from crawler.storage.archive.reading import complete_body
from crawler.storage.crawl.entries.pages import StoredPage, find_stored_page, list_last_pages
from crawler.storage.file.database import to_text_or_none, transaction
from crawler.storage.news.article_reading import find_current_row
from crawler.storage.news.articles import rewrite_article
from crawler.storage.news.sketches import save_sketch
from crawler.storage.watch.keys import find_current_text, is_indexed, save_keys
from crawler.text.counts import write_count

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprocessed:
    """The result of understanding a kept page today.

    changes  field -> (as stored, as understood today), both for a person; empty if nothing changed
    refusal  why it would be no article today, None if it is one
    interruption  why it could not be read to its end, None if it could
    was_refused  it is stored as no article, and would be one today
    """

    article_id: int | None
    url: str
    headline: str
    changes: dict[str, tuple[str, str]]
    refusal: str | None = None
    interruption: str | None = None
    was_refused: bool = False
    article: Article | None = None


def complete_page(stored: StoredPage, config: Config) -> Page:
    """Return a kept page with its source's settings from the configuration."""
    settings = config.source_named(stored.source)
    if settings is None:
        return stored.page
    return replace(
        stored.page,
        settings=PageSettings(
            timezone=settings.timezone or "UTC",
            language=settings.language,
            select={name: value for name, value in settings.select if value},
            is_watched=settings.kind is SourceKind.PAGE,
        ),
    )


class Database(Protocol):
    """Where storage work is run: a ``Writer``, or a connection that only reads."""

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        """Call a function with the connection and return what it returns."""


async def reprocess_pages(
    database: Database,
    pool: ParsePool,
    config: Config,
    *,
    since: datetime,
    is_applied: bool,
    on_progress: Callable[[int, int], None] = lambda _done, _count: None,
) -> AsyncIterator[Reprocessed]:
    """Understand the pages kept since an instant again, one after another, so that live pages go between them.

    is_applied   write changes; what was written stays if this ends early
    on_progress  called with the number of pages that are done, and of all
    """
    page_ids = await database.run(list_last_pages, since=since)
    on_progress(0, len(page_ids))
    for number, page_id in enumerate(page_ids, start=1):
        stored = await database.run(find_stored_page, page_id)
        if stored is None:
            continue
        done = await reprocess_page(database, pool, stored, config)
        if is_applied:
            await database.run(apply_reprocessed, done)
        on_progress(number, len(page_ids))
        yield done


async def reprocess_page(
    database: Database, pool: ParsePool, stored: StoredPage, config: Config
) -> Reprocessed:
    """Understand a kept page again and compare the result with what is stored; changes nothing."""
    try:
        # not pool.extract_article: a person's request does not wait until its source's ``parse_budget`` allows it
        whole = await asyncio.to_thread(complete_body, stored, config.archive.to)
        page = complete_page(whole, config)
        read = read_part if page.entry.is_shared else extract_article
        article = await pool.run(read, page, source=stored.source)
    except (SetAside, RetryLater) as error:
        reason = reason_of(error) if stored.article_id is not None else None
        is_refused = isinstance(error, SetAside)
        return Reprocessed(
            article_id=stored.article_id,
            url=stored.page.url,
            headline=stored.page.entry.title,
            changes={},
            refusal=reason if is_refused else None,
            interruption=None if is_refused else reason,
        )
    article = await database.run(cut_boilerplate, page, article)
    row = None
    if stored.article_id is not None:
        row = await database.run(find_current_row, stored.article_id)
    if row is not None and article.more_urls:
        # of a split article only the first page is kept: the text of the others must not be lost
        article = replace(article, body=row["body"])
    return Reprocessed(
        article_id=stored.article_id,
        url=article.url,
        headline=article.headline,
        changes={} if row is None else _compare(row, article),
        was_refused=stored.article_id is None,
        article=article,
    )


def apply_reprocessed(connection: sqlite3.Connection, done: Reprocessed) -> None:
    """Replace an article by what its page is understood as today; the text is corrected without a revision."""
    if done.article is None or done.article_id is None or not done.changes:
        return
    with transaction(connection):
        words = comparable_words(done.article.body)
        save_sketch(connection, done.article_id, sketch(words))
        fingerprint = fingerprint_words(words)
        rewrite_article(connection, done.article_id, done.article, fingerprint=fingerprint)
        text = find_current_text(connection, done.article_id)
        if text is not None and is_indexed(connection, text["id"]):
            save_keys(connection, text["id"], analyze_row(text).places)


def _compare(row: sqlite3.Row, article: Article) -> dict[str, tuple[str, str]]:
    publication_date, byline = article.publication_date, article.byline
    published = to_text_or_none(publication_date.published_at) if publication_date else None
    pairs = {
        "headline": (row["headline"], article.headline),
        "body": (_sum_up(row["body"]), _sum_up(article.body)),
        "published": (row["published_at"] or "-", published or "-"),
        "by": (row["byline"] or "-", byline.text if byline else "-"),
        "language": (row["language"], article.language),
        "teaser": ("yes" if row["is_teaser"] else "no", "yes" if article.is_teaser else "no"),
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if row["body"] != article.body:
        changed.setdefault("body", pairs["body"])
    return changed


def _sum_up(body: str) -> str:
    paragraphs = write_count(len(body.split("\n\n")), "paragraph")
    return f"{paragraphs}, {write_count(len(body.split()), 'word')}"
