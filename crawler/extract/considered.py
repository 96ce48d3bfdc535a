"""Listing for a person what a page claims for headline, date and author, and why a claim was or was not taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from crawler.extract.body.visible import Visible
from crawler.extract.boilerplate.prune import prune
from crawler.extract.claims import Claim
from crawler.extract.documents.documents import find_reader
from crawler.extract.documents.tree import parse_page
from crawler.extract.metadata.byline import walk_bylines
from crawler.extract.metadata.byline_lines import read_byline_lines
from crawler.extract.metadata.declared import read_metadata
from crawler.extract.metadata.headline import walk_headlines
from crawler.extract.published.publication_date import walk_dates
from crawler.model.article import Article, Page

T = TypeVar("T")

# claims of one field that are listed: a page of a list has hundreds
_MOST_CLAIMS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One claim for a field.

    field     ``headline``, ``published`` or ``by``
    origin    the place, in words
    text      what it says there
    is_taken  whether the article has it
    reason    why it was not taken, or what was left out of it; may be empty
    """

    field: str
    origin: str
    text: str
    is_taken: bool
    reason: str


def list_considered(page: Page, article: Article) -> tuple[Considered, ...]:
    """Return what was considered for each field of an article, the most trustworthy first; at most 12 for a field.

    A document that is not HTML has one claim for each field, so the result is empty.
    """
    if find_reader(page) is not None:
        return ()
    tree = parse_page(page)
    metadata, visible = read_metadata(tree), Visible(tree)
    headlines = walk_headlines(tree, metadata, page.url, stated_title=page.entry.title)
    found = [*_judge("headline", headlines, article.headline)]
    dates = walk_dates(tree, metadata, page, headline=article.headline, visible=visible)
    found += _judge("published", dates, article.publication_date)
    texts = visible.texts
    prune(tree)
    paragraphs = article.body.split("\n\n")
    bylines = walk_bylines(
        tree, metadata, page.url, lambda: read_byline_lines(texts, article.headline, paragraphs)
    )
    return (*found, *_judge("by", bylines, article.byline))


def _judge(field: str, claims: Iterable[Claim[T]], taken: T | None) -> Iterator[Considered]:
    is_open = True
    seen: set[str] = set()
    for claim in islice(claims, _MOST_CLAIMS):
        if not is_open and claim.text in seen:
            continue
        seen.add(claim.text)
        is_taken = is_open and claim.value is not None and claim.value == taken
        is_open = is_open and not is_taken
        reason = claim.reason or ("" if is_taken else "not needed: an earlier one counts")
        yield Considered(
            field=field, origin=claim.origin, text=claim.text, is_taken=is_taken, reason=reason
        )
