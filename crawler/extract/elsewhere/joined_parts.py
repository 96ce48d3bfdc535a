"""Joining the texts of the pages of a split article, or taking the page that shows all of it."""

from dataclasses import replace

from crawler.extract.body.blocks import make_key
from crawler.extract.body.prose import make_shingles
from crawler.extract.elsewhere.split_article import NUMBERING
from crawler.model.article import Article

# share of a part's shingles that must be new: below it the page repeats the article, with other boilerplate
_FEWEST_NEW = 0.3
# share of the article's paragraphs that its one-page view must have; with fewer it is another text
_FEWEST_KEPT = 0.8


def replace_by_whole(article: Article, whole: Article) -> Article | None:
    """Return an article with the text of its one-page view.

    returns  None if that has another headline, lacks more than a fifth of the paragraphs, or is shorter
    """
    first, all_of_it = make_key(article.body), _keys(whole)
    own = [key for key in _keys(article) if key]
    kept = sum(1 for key in own if key in all_of_it)
    if not _is_same_headline(article, whole) or kept < _FEWEST_KEPT * max(1, len(own)):
        return None
    return (
        replace(article, body=whole.body, cut=whole.cut)
        if len(make_key(whole.body)) >= len(first)
        else None
    )


def add_part(article: Article, part: Article) -> Article | None:
    """Return an article with the paragraphs that another page adds to it.

    returns  None if that page has another headline, or repeats most of the text
    """
    if not _is_same_headline(article, part):
        return None
    known, whole = make_shingles(article.body), make_shingles(part.body)
    if len(whole - known) < _FEWEST_NEW * len(whole):
        return None
    lines, keys = part.body.split("\n\n"), set(_keys(article))
    new = [line for line in lines if make_key(line) not in keys]
    body = "\n\n".join([article.body, *new])
    return replace(article, body=body, cut=(*article.cut, *part.cut), is_teaser=False)


def _keys(article: Article) -> list[str]:
    return [make_key(line) for line in article.body.split("\n\n")]


def _is_same_headline(article: Article, part: Article) -> bool:
    """Return whether two pages have the same headline, apart from a page number after it."""
    one, other = (make_key(NUMBERING.sub("", each.headline[:500])) for each in (article, part))
    return bool(one) and one == other
