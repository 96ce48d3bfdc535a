"""An article ready to be judged: without the boilerplate of its site, and under its own address."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.dedup.signature import Signature, sign_body
from crawler.errors import NotYet
from crawler.flows.news.judging.boilerplate import cut_boilerplate
from crawler.flows.news.judging.identity import settle_address
from crawler.flows.news.judging.walls import take_back_wall
from crawler.flows.news.judging.watched_pages import WatchedResult, settle_watched
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.model.article import Article, Page


@dataclass(frozen=True, slots=True)
class Draft:
    """An article ready to be judged.

    understood  the same before anything was cut
    signature   what its body is compared by
    result      of a watched page: the memory of its lines
    """

    article: Article
    understood: Article
    signature: Signature
    result: WatchedResult


def make_draft(
    connection: sqlite3.Connection,
    page: Page,
    understood: Understood,
    *,
    now: datetime,
) -> Draft:
    """Return an article ready to be judged.

    raises  NotYet if the page is a wall that other addresses showed too; articles stored from it are taken back first
    """
    article, signature = understood.article, understood.signature
    # neither a feed's words nor one of several pieces on a page has boilerplate, a wall or a canonical address
    if article.from_feed or article.key:
        plain = WatchedResult(article, page.source_id)
        return Draft(article, article, signature, plain)
    # the address is settled by the words that remain, and the wall is looked for under that address
    bare = cut_boilerplate(connection, page, article)
    result = settle_watched(connection, page, bare, now=now)
    if result.article.body != article.body:
        signature = sign_body(result.article.body)
    settled = settle_address(connection, page, result.article, signature.words)
    wall = take_back_wall(connection, page, settled, signature.words, now=now)
    if wall is not None:
        raise NotYet(wall)
    return Draft(settled, article, signature, result)
