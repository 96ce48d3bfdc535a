"""Extracting an article from a page, or raising the reason why there is none. All steps share one parsed tree.

On 181 labelled pages, parsing once and sharing the tree took 15.5 ms a page (median). trafilatura's own call with
metadata took 19.9 ms, and its metadata was poorer.
"""

import re
from dataclasses import replace

from lxml import etree
from lxml.html import HtmlElement

from crawler.errors import NotAnArticle, NoText, NotYet
from crawler.extract.announced import Fit, compare_announced
from crawler.extract.body.body import Body, clean_body, extract_body
from crawler.extract.body.flash import count_words, find_flash, read_statement
from crawler.extract.body.visible import Visible
from crawler.extract.boilerplate.prune import prune
from crawler.extract.documents.documents import find_reader, make_article
from crawler.extract.documents.tree import parse_page
from crawler.extract.elsewhere.parts import read_lines, select_element
from crawler.extract.elsewhere.split_article import Parts, find_parts
from crawler.extract.elsewhere.text_elsewhere import find_fuller_body
from crawler.extract.metadata.byline import find_byline, find_chosen_byline
from crawler.extract.metadata.byline_lines import read_byline_lines
from crawler.extract.metadata.canonical import find_address
from crawler.extract.metadata.declared import Metadata, read_metadata
from crawler.extract.metadata.headline import find_headline
from crawler.extract.metadata.language import find_language
from crawler.extract.published.publication_date import find_publication_date
from crawler.extract.refusals import FEWEST_WORDS, is_teaser, refuse_what_is_none
from crawler.extract.sites import find_rules
from crawler.extract.walls import WallSigns, explain_check, explain_empty, find_wall, read_signs
from crawler.model.article import Article, Page
from crawler.text.lines import clean_line
from crawler.text.normalize import tokenize
from crawler.text.web.urls import absolute_url

# characters in which a text of twenty words has as many, unless its words are extremely long
_LONG = 1000
# tags kept of one article; those beyond are dropped
_MOST_TAGS = 30
# characters: longer tags and sections are cut
_MOST_LINE = 80
# only links marked as tags: trafilatura, the only library tried that found a page's tags, goes by these links
_TAG_LINKS = etree.XPath(
    "//a[contains(concat(' ', @rel, ' '), ' tag ') or contains(concat(' ', @class, ' '), ' tag ')]"
)
# the class or rel that WordPress and others give the link to an article's category
_CATEGORIES = etree.XPath("//*[contains(@class, 'category') or contains(@rel, 'category')]")
# icon fonts have the icon's name as text, so "folder_open" precedes the category
_CATEGORY_ICONS = etree.XPath(
    "(//i|//span)[. = 'folder_open' or . = 'folder' or . = 'label' or . = 'local_offer']"
)
# the same without an element of its own: "folder_openPolitics"
_ICON_WORD = re.compile(
    r"^(?:folder_open|folder|label|local_offer|access_time|schedule|person)(?=[A-Z\u00c0-\uffff])"
)


def extract_article(page: Page) -> Article:
    """Return the article of a page.

    page    a watched page is never refused for having little text, only for having none
    raises  NotAnArticle with the reason, worded for a person; NotYet (a wall) and NoText are subclasses
    """
    reader = find_reader(page)
    if reader is not None:
        return make_article(page, reader)
    tree = parse_page(page)
    rules = find_rules(page.url)
    # a selector of the source wins over a rule of its site
    select = {**rules.as_select(), **page.settings.select}
    metadata, visible = read_metadata(tree), Visible(tree)
    headline = _read_headline(tree, metadata, page, selector=select.get("title"))
    url = find_address(tree, page)
    signs = read_signs(tree, page, metadata)
    publication_date = find_publication_date(
        tree, metadata, page, headline=headline, visible=visible
    )
    title = clean_line(str(tree.findtext(".//title") or ""))
    # headline, date, parts and byline need the head, scripts or menus, which `prune` removes
    parts = Parts() if page.settings.is_watched else find_parts(tree, url=page.url)
    byline = find_chosen_byline(tree, rules.byline)
    # a watched page is all that it shows
    prune(tree, cut=rules.cut, headline="" if page.settings.is_watched else headline)
    found = _find_body(
        tree, page, headline=headline, title=title, metadata=metadata, selector=select.get("body")
    )
    if not page.settings.is_watched and publication_date is not None:
        found = _as_flash(found, page, metadata, headline, visible)
    if found.origin:
        # the page shows another text or none, so the checks below must look at the article instead
        visible = Visible.of(found.paragraphs)
    paragraphs = found.paragraphs
    body = "\n\n".join(paragraphs)
    if not page.settings.is_watched:
        try:
            refuse_what_is_none(
                tree, page, names=(headline, title), body=found, visible=visible, metadata=metadata
            )
        except NoText as empty:
            wall = explain_empty(page, signs)
            raise (NotYet(wall) if wall else empty) from None
    elif not paragraphs:
        raise NotAnArticle("the page shows no text")
    elif (check := explain_check(page, body)) is not None:
        raise NotYet(check)
    article = Article(
        url=url,
        headline=headline,
        body=body,
        standfirst=found.standfirst,
        body_origin=found.origin,
        more_urls=parts.urls,
        whole_url=parts.whole if parts.urls else None,
        cut=found.cut,
        is_teaser=is_teaser(body, visible, metadata),
        language=find_language(tree, headline, body, stated=page.settings.language),
        byline=byline
        or find_byline(
            tree,
            metadata,
            page.url,
            lambda: read_byline_lines(visible.texts, headline, paragraphs),
        ),
        publication_date=publication_date,
        section=_find_section(tree, metadata),
        tags=_find_tags(tree, metadata),
        image_url=absolute_url(metadata.meta("og:image", "twitter:image"), base=page.url)
        if metadata.meta("og:image", "twitter:image")
        else None,
    )
    return article if page.settings.is_watched else _past_walls(article, page, signs, metadata)


def _past_walls(article: Article, page: Page, signs: WallSigns, metadata: Metadata) -> Article:
    """Return the article with ``is_foreign`` set if it could be compared with what was announced.

    raises  NotYet if its page is a wall
    """
    fit = compare_announced(
        page, signs.headings, metadata, says_title=signs.says_title, text=article.body
    )
    wall = find_wall(article, page, signs, metadata, fit=fit)
    if wall is not None:
        raise NotYet(wall)
    is_foreign = fit in {Fit.LITTLE, Fit.NOTHING}
    return replace(article, is_foreign=None if fit is Fit.UNKNOWN else is_foreign)


def _read_headline(
    tree: HtmlElement, metadata: Metadata, page: Page, *, selector: str | None
) -> str:
    if selector:
        return clean_line(select_element(tree, selector, setting="title").text_content())
    headline = find_headline(tree, metadata, page.url, stated_title=page.entry.title)
    # a watched page without a title is still watched, under its address
    return headline or (page.url if page.settings.is_watched else "")


def _find_body(
    tree: HtmlElement,
    page: Page,
    *,
    headline: str,
    title: str,
    metadata: Metadata,
    selector: str | None,
) -> Body:
    """Return the body that the page shows, or a fuller one that it holds elsewhere (JSON-LD, scripts, templates).

    What a selector finds is returned as it is: a person chose it.
    """
    description = metadata.description
    found = _read_body(tree, page, headline=headline, description=description, selector=selector)
    if selector:
        return found
    return find_fuller_body(page, found, headline=headline, metadata=metadata, title=title)


def _read_body(
    tree: HtmlElement, page: Page, *, headline: str, description: str, selector: str | None
) -> Body:
    """Return the body of the selected element, else of the article; of a watched page without one, all its lines."""
    if selector:
        lines = read_lines(select_element(tree, selector, setting="body"))
        return clean_body(lines, titles=[headline])
    body = extract_body(tree, headline=headline, description=description)
    if page.settings.is_watched and _count(body) < FEWEST_WORDS:
        return clean_body(read_lines(tree), titles=[headline])
    return body


def _as_flash(body: Body, page: Page, metadata: Metadata, headline: str, visible: Visible) -> Body:
    """Return a body of fewer than 20 words as the flash that its page states; any other body unchanged."""
    text = " ".join(body.paragraphs)
    # the beginning of a long text is enough
    if count_words(text[:_LONG]) >= FEWEST_WORDS or count_words(text) >= FEWEST_WORDS:
        return body
    # parsed again, because `prune` has removed forms, frames and the head; few pages come here
    statement = read_statement(parse_page(page), page, metadata)
    flash = find_flash(statement, headline, body.paragraphs, visible=visible)
    return body if flash is None else replace(body, paragraphs=(flash,), is_flash=True)


def _count(body: Body) -> int:
    return sum(len(tokenize(line)) for line in body.paragraphs)


def _find_section(tree: HtmlElement, metadata: Metadata) -> str | None:
    """Return the section from the metadata, else from a category link, without an icon's name; None if there is none."""
    stated = metadata.meta("article:section") or metadata.stated("articleSection")
    if stated:
        return stated
    # the first five only: further down, teasers of other articles have categories as well
    for element in _CATEGORIES(tree)[:5]:
        text = _ICON_WORD.sub("", clean_line(element.text_content(), max_characters=80))
        # more than four words are a list of categories
        if text and len(text.split()) <= 4:
            return text
    for icon in _CATEGORY_ICONS(tree):
        if text := clean_line(icon.tail or "", max_characters=80):
            return text
    return None


def _find_tags(tree: HtmlElement, metadata: Metadata) -> tuple[str, ...]:
    """Return the texts of the links marked as tags, else the tags in the metadata; at most 30, each once."""
    links = _TAG_LINKS(tree)
    texts = [clean_line(link.text_content(), max_characters=80) for link in links[:_MOST_TAGS]]
    keywords = metadata.meta("news_keywords", "keywords").split(",")
    stated = [word.strip() for word in keywords if word.strip()]
    found = [text for text in texts if text] or list(metadata.tags) or stated
    return tuple(dict.fromkeys(found))[:_MOST_TAGS]
