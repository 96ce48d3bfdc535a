"""Takes in a fetched page, or an entry without one: it is understood and stored, or set aside with the reason."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from crawler.errors import NoText, NotYet, ParseInterrupted, SetAside
from crawler.extract.elsewhere.page_part import read_part
from crawler.flows.news.judging.kept_pages import is_page_kept
from crawler.flows.news.pages.feed_words import prepare_words, understand_article
from crawler.flows.news.pages.split_pages import PartFetcher, join_parts
from crawler.flows.process.notebook import Refusal
from crawler.flows.process.parse_pool.understanding import Understood, is_analysed, understand_page
from crawler.flows.process.services import Services
from crawler.model.article import Page
from crawler.model.source import Source
from crawler.model.visit import PageOutcome

# an interruption may be another page's fault; during the last try nothing else is read, so it is this one's (decision 019)
_MOST_INTERRUPTIONS = 3
NO_PAGE = "it names no page"
SHARED_PAGE = "several entries have one page"


async def ingest_page(
    page: Page, source: Source, services: Services, *, parts: PartFetcher | None = None
) -> PageOutcome:
    """Understand a fetched page, then judge, match and store its article; a page without one is recorded with the reason.

    parts   fetches further pages of a split article; None: only this page is read
    raises  ParseInterrupted if it is to be tried again, ParsePostponed if it has to wait
    """
    is_last = page.entry.interrupted_count + 1 >= _MOST_INTERRUPTIONS
    try:
        understood = await _read(page, source, services, parts, is_last=is_last)
    except SetAside as error:
        refusal = Refusal(
            reason=error.reason,
            may_come=isinstance(error, NoText | NotYet),
            is_wall=isinstance(error, NotYet),
        )
    except ParseInterrupted as cut:
        if not is_last:
            raise
        refusal = Refusal(f"{cut.reason} ({_MOST_INTERRUPTIONS} tries, the last one alone)")
    else:
        try:
            return await _keep(page, understood, source, services)
        except NotYet as wall:
            refusal = Refusal(reason=wall.reason, may_come=True, is_wall=True)
    unread = await prepare_words(page, source, services, why=explain_unread(refusal.reason))
    return await services.notebook.refuse_page(unread, refusal)


async def _read(
    page: Page, source: Source, services: Services, parts: PartFetcher | None, *, is_last: bool
) -> Understood:
    if page.entry.is_shared:
        part = await services.pool.run(read_part, page, source=source.name)
        return await understand_article(part, source, services)
    understand = partial(
        understand_page,
        source=source.name,
        scopes=source.scopes,
        is_kept=is_page_kept(page, services.rules.config.store),
    )
    understood = await services.pool.read_page(understand, page, source=source.name, alone=is_last)
    article = understood.article
    if parts is not None and (article.more_urls or article.whole_url):
        article = await join_parts(
            article, fetcher=parts, pool=services.pool, source=source.name, is_last=is_last
        )
    elif understood.reading is not None or not is_analysed(page):
        return understood
    whole = await understand_article(article, source, services)
    return replace(whole, packed=understood.packed)


async def ingest_words(page: Page, source: Source, services: Services) -> PageOutcome:
    """Judge, match and store an entry without a page of its own; one that says nothing is refused."""
    why = SHARED_PAGE if page.requested_url else NO_PAGE
    unread = await prepare_words(page, source, services, why=why)
    if unread.words is not None:
        return await _keep(page, unread.words, source, services)
    refusal = Refusal(f"{why}, and its feed says nothing about it")
    return await services.notebook.refuse_page(unread, refusal)


async def ingest_new_words(
    page: Page, source: Source, services: Services, *, reason: str, page_due_at: datetime
) -> PageOutcome:
    """Store a feed's new words for an article that has only those, without asking for its page.

    reason  why the last look at the page failed
    """
    unread = await prepare_words(page, source, services, why=explain_unread(reason))
    return await services.notebook.keep_new_words(unread, reason, page_due_at=page_due_at)


async def _keep(
    page: Page, understood: Understood, source: Source, services: Services
) -> PageOutcome:
    if understood.reading is None:
        # it is analysed on the database's thread, if its text is new
        await services.dictionaries.load_for(understood.article)
    outcome = await services.notebook.keep_article(
        replace(page, url=page.url or source.url), understood, source
    )
    services.on_stored()
    return outcome


def explain_unread(reason: str) -> str:
    """Return the sentence why a feed's words stand in for the page."""
    return f"the page could not be read: {reason}"
