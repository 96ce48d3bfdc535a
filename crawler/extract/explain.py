"""Explaining to a person where each field of an article came from, and what the page claims elsewhere."""

from lxml.html import Element, HtmlElement

from crawler.extract.article import extract_article
from crawler.extract.body.blocks import make_key
from crawler.extract.body.flash import count_words
from crawler.extract.documents.documents import find_reader
from crawler.extract.documents.tree import parse_page
from crawler.extract.metadata.declared import Metadata, read_metadata
from crawler.model.article import Article, Page
from crawler.text.counts import write_count
from crawler.text.instants import write_instant

# `origin` of a publication date -> words for it
_ORIGINS = {
    "json-ld": "stated for machines, in JSON-LD",
    "microdata": "stated for machines, in the markup (datePublished)",
    "meta": "stated for machines, in a meta tag",
    "time": "a <time> element",
    "relative": "relative to now, near the headline",
    "feed": "the feed's or sitemap's own date",
    "text": "written on the page",
    "address": "the day in the address",
    "guess": "guessed from markup and address; only the day is known, and not surely",
}
# characters of a quoted text: two lines of a terminal; the rest becomes an ellipsis
_MOST_SHOWN = 160


def explain_article(page: Page) -> tuple[Article, tuple[tuple[str, str], ...]]:
    """Return the article of a page, and pairs of a field's name and a sentence on where the field came from.

    raises  NotAnArticle with the reason, as ``extract_article`` does
    """
    article = extract_article(page)
    # a document that is not HTML has no metadata to compare with, so an empty tree stands for it
    tree = parse_page(page) if find_reader(page) is None else Element("html")
    metadata = read_metadata(tree)
    lines = [
        ("headline", _explain_headline(article.headline, tree, metadata, page)),
        ("published", _explain_date(article)),
        ("by", _explain_byline(article, metadata)),
        ("language", _explain_language(article, tree, page)),
        ("address", _explain_address(article, page)),
        ("body", _explain_body(article)),
    ]
    lines += [("cut", f"{reason}: {_short(line)}") for line, reason in article.cut]
    if article.is_teaser:
        lines.append(("teaser", "the page shows only the beginning, to those who do not pay"))
    return article, tuple(lines)


def _explain_headline(headline: str, tree: HtmlElement, metadata: Metadata, page: Page) -> str:
    places = {
        "an h1": [" ".join(h.itertext()) for h in tree.iter("h1")],
        "JSON-LD": [metadata.stated("headline")],
        "og:title": [metadata.meta("og:title", "twitter:title")],
        "the title of the page": [str(tree.findtext(".//title") or "")],
        "the feed": [page.entry.title],
    }
    key = make_key(headline)
    same = [name for name, texts in places.items() if key in map(make_key, texts)]
    other = [
        f"{name} says: {_short(text)}"
        for name, texts in places.items()
        if name not in same
        for text in texts[:1]
        if text.strip()
    ]
    return "; ".join([f"the same in {', '.join(same)}" if same else "chosen by a rule of its site", *other])  # fmt: skip


def _explain_date(article: Article) -> str:
    if article.publication_date is None:
        return "nothing on the page states it; the time it was first seen counts"
    line = article.publication_date
    return (
        f"{write_instant(line.published_at)}, to the {line.precision.value}, zone {line.zone}: "
        f'{_ORIGINS.get(line.origin, line.origin)}, "{line.evidence}"'
    )


def _explain_byline(article: Article, metadata: Metadata) -> str:
    if article.byline is None:
        return "no author is named"
    is_stated = any(name in (metadata.article.get("author") or []) for name in article.byline.names)
    where = "stated for machines" if is_stated else "read from a meta tag or the page"
    agency = ", an agency" if article.byline.is_agency else ""
    return f"{article.byline.text} ({where}{agency})"


def _explain_language(article: Article, tree: HtmlElement, page: Page) -> str:
    claims = [("the page", tree.get("lang") or ""), ("its source", page.settings.language or "")]
    said = [f'{who} states "{code}"' for who, code in claims if code]
    return f"{article.language}; {', '.join(said) or 'none is stated, so it was detected from the words'}"  # fmt: skip


def _explain_address(article: Article, page: Page) -> str:
    if article.url == page.url:
        return "as fetched"
    return f"{article.url}, for {page.url}"


def _explain_body(article: Article) -> str:
    paragraphs = article.body.split("\n\n")
    standfirst = f", the standfirst among them: {_short(article.standfirst)}" if article.standfirst else ""  # fmt: skip
    origin = f"; the page does not show it: read from {article.body_origin}" if article.body_origin else ""  # fmt: skip
    words = write_count(count_words(article.body), "word")
    return f"{write_count(len(paragraphs), 'paragraph')}, {words}{standfirst}{origin}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN].rstrip()}\u2026"
