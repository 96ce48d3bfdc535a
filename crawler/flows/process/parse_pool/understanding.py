"""All of an article that needs no database: what it says, what it is compared by, its keys and its matches.

Workers of the parse pool do it, so that the database's thread only judges and stores. Measured with 1,000 watches and ten
matches an article: docs/internals/benchmarks.md. What cannot be done there (the text is cut by what the database knows of its site, or
a dictionary is not built yet) is done where the article is stored, by the same functions.
"""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from crawler.dedup.signature import Signature, sign_body
from crawler.extract.article import extract_article
from crawler.flows.process.parse_pool.watches import watches_in_force
from crawler.matching.analysis.analyzer import analyze_text
from crawler.matching.languages.dictionaries import can_prepare
from crawler.model.article import Article, Occasion, Page
from crawler.model.watch import Match
from crawler.storage.crawl.entries.pages import pack_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the keys and matches of a text depend on, besides the watches.

    host    of the address it is stored at: ``source:`` may name it
    scopes  name and tags of its source
    """

    headline: str = field(repr=False)
    body: str = field(repr=False)
    language: str
    host: str
    source: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The keys of a text and its matches, with its own source alone.

    version  of the watches it was matched with (``Rules.version``)
    """

    basis: Basis
    version: int
    keys: tuple[str, ...] = field(repr=False)
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """An article with all that is known of it without the database.

    reading  None if it was not analysed: see ``read_article``
    packed   its page as it is kept; empty if it is not
    """

    article: Article
    signature: Signature
    reading: Reading | None = None
    packed: bytes = field(default=b"", repr=False)


def make_basis(article: Article, *, url: str, source: str, scopes: frozenset[str]) -> Basis:
    """Return what keys and matches of an article depend on; ``url``: the address it is stored at."""
    return Basis(
        headline=article.headline,
        body=article.body,
        language=article.language,
        host=urlsplit(url).hostname or "",
        source=source,
        scopes=scopes,
    )


def understand_page(
    page: Page, *, source: str, scopes: frozenset[str], is_kept: bool
) -> Understood:
    """Return the article of a page, understood; raises NotAnArticle.

    is_kept  pages are kept

    Of a page that was read before, most often nothing is new: it is analysed where its text is stored, if that changed.
    """
    article = extract_article(page)
    is_first = is_analysed(page)
    return Understood(
        article=article,
        signature=sign_body(article.body),
        reading=read_article(article, source=source, scopes=scopes) if is_first else None,
        packed=pack_body(page) if is_first and is_kept and page.body else b"",
    )


def sign_article(article: Article) -> Understood:
    """Return an article that is analysed where it is stored."""
    return Understood(article=article, signature=sign_body(article.body))


def is_analysed(page: Page) -> bool:
    """Return whether a page is analysed as soon as it is read: most likely it says something new."""
    return page.occasion is not Occasion.REVISIT and not page.settings.is_watched


def understand_text(article: Article, *, source: str, scopes: frozenset[str]) -> Understood:
    """Return an article, understood, that was made of several pages or of a feed's words."""
    reading = read_article(article, source=source, scopes=scopes)
    return replace(sign_article(article), reading=reading)


def read_article(article: Article, *, source: str, scopes: frozenset[str]) -> Reading | None:
    """Return the keys and matches of an article; None without watches, room for them, or dictionaries that are built already."""
    watches = watches_in_force()
    text = f"{article.headline}\n{article.body}"
    if not (
        watches.has_room_for(article.language)
        and can_prepare([text, watches.scripts], article.language)
    ):
        return None
    document = analyze_text(
        article.headline, article.body, language=article.language, url=article.url, source=source
    )
    return Reading(
        basis=make_basis(article, url=article.url, source=source, scopes=scopes),
        version=watches.version,
        keys=tuple(document.places),
        matches=watches.find_matches(document, scopes),
    )
