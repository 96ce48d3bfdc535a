"""Finding the byline: who wrote an article, and whether that is an agency. A byline is never part of the body.

Of seven libraries tried, all but goose3 leave it in the body, where it makes the text's fingerprint unstable: copies of
an article are signed differently.
"""

import re
from collections.abc import Callable, Iterable

from cssselect import HTMLTranslator
from lxml import etree
from lxml.html import HtmlElement

from crawler.extract.metadata.declared import Metadata
from crawler.model.article import Byline
from crawler.text.lines import clean_line

# lines under the headline that are read; further down, a line that begins with "By" is part of the article
_MOST_LINES_DOWN = 12
# characters of a byline, "By" and a name of some 60; a longer line is a sentence
_MOST_CHARACTERS = 62
# names of one byline; those beyond are dropped
_MOST_NAMES = 12
# words of one name; a longer text is a sentence
_MOST_WORDS = 7
# "By", also twice, and its equivalents: removed from a name
_PREFIX = re.compile(
    r"^\W*(?:(?:by|von|par|por|di|door|av|af|text|written by|autorin/autor|autor(?:in|es|s)?|auteur|author|redaktion)\s*:?\s+)+",
    re.IGNORECASE,
)
# what a whole line must begin with to be a byline; stricter than the prefix, because it is tried on any line
_LINE = re.compile(r"(?:by|von|par|por|di|door|av|af)\s+(?P<name>\S.{1,60})", re.IGNORECASE)
# desks and agencies: a byline in small letters ("by staff") counts only if it is one of these
_AGENCY = re.compile(
    r"\b(?:staff|agenc(?:y|ies)|agentur(?:en)?|agences?|agencias?|newsroom|redaktion|afp|reuters|ap|associated press|"
    r"dpa|apa|efe|ansa|tass|interfax|xinhua|irna|kyodo|pti|upi|anadolu)\b",
    re.IGNORECASE,
)
# a sentence can begin with "By Tuesday"; a byline has no verb and no full stop
_SENTENCE_LIKE = re.compile(r"[.!?:;]$|,\s.*,|\b(?:was|were|is|are|has|had|will|ist|war|est|son)\b")
# separators between several authors
_LIST = re.compile(r"\s*[,;|\u00b7\u2022]\s*")
_AND = re.compile(r"\s+(?:and|und|et|y|e|og|och|en|i|&)\s+")
# an address, an account or a number that a site's system writes where a name belongs
_NO_NAME = re.compile(r"\S+@\S+|@\w+|https?://.*|www\..*|[\d\W]+|[a-z0-9]+(?:[-_][a-z0-9]+)+")
# a time, a year, "4 min": such a line is not a name
_WHEN = re.compile(r"\d{1,2}[.:/]\d{2}|\b(?:19|20)\d\d\b|\d+\s*min")
# class names without their first letter, because XPath 1.0 cannot ignore case: Author, author, Byline
_MARKED = etree.XPath(
    "//*[@itemprop='author' or @rel='author' or contains(@class, 'uthor') or contains(@class, 'yline')]"
)
# the innermost elements: name, role and date of an author are often in one each
_LEAVES = etree.XPath(".//*[not(*)][normalize-space()]")
_TEXT = etree.XPath("string()", smart_strings=False)
# marked elements that are looked at; those beyond are ignored, as teasers and comments are marked so as well
_MOST_MARKED = 8
# elements around a name that is not the author's
_ELSEWHERE_TAGS = frozenset({"aside", "footer", "nav", "form"})
# their classes: comments, forms, biographies, teasers
_ELSEWHERE = re.compile(
    r"comment|\bform\b|-form-|warning|contact|socmed|-desc|\bbio\b|-bio|teaser|related|recommend|most-?read|card",
    re.IGNORECASE,
)


def read_byline_line(line: str) -> str | None:
    """Return the name in a line such as ``By Staff, Agencies``; None if the line is not a byline."""
    text = clean_line(line).strip(" \u00b7|\u2022,-")
    found = _LINE.fullmatch(text)
    if found is None or len(text) > _MOST_CHARACTERS or _SENTENCE_LIKE.search(text):
        return None
    name = found["name"]
    return name if name[0].isupper() or _AGENCY.match(name) else None


def find_byline(
    tree: HtmlElement, metadata: Metadata, read_lines: Callable[[], list[str]]
) -> Byline | None:
    """Return the byline from the metadata, else from elements marked as author, else from a line that reads as one.

    A publisher that is stated as the author counts only if nothing better is found.
    read_lines  returns the lines under the headline in reading order; called only if nothing else was found
    returns     None if none of these holds a name
    """
    stated = _stated_names(metadata)
    houses = {_plain(name) for name in metadata.houses}
    if stated and not all(_is_house(name, houses) for name in stated):
        return _make(stated)
    found = _marked_names(tree, is_sure=bool(stated))
    marked = [name for name in found if not _is_house(name, houses)]
    if marked:
        return _make(marked)
    names = (read_byline_line(line) for line in read_lines()[:_MOST_LINES_DOWN])
    written = next(filter(None, names), "")
    if written:
        return _make(split_names([written]), text=written)
    return _make(stated)


def find_chosen_byline(tree: HtmlElement, selector: str) -> Byline | None:
    """Return the byline in the element that a rule of the site selects; None if there is no rule or it finds nothing."""
    found = tree.xpath(HTMLTranslator().css_to_xpath(selector)) if selector else []
    return _make(split_names(clean_line(str(_TEXT(element))) for element in found[:1]))


def _make(names: tuple[str, ...] | list[str], *, text: str = "") -> Byline | None:
    if not names:
        return None
    text = text or ", ".join(names)
    return Byline(text=text, names=tuple(names), is_agency=bool(_AGENCY.search(text)))


def _stated_names(metadata: Metadata) -> tuple[str, ...]:
    authors = metadata.article.get("author") or []
    meta = metadata.meta(
        "author", "article:author_name", "parsely-author", "sailthru.author", "article:author", "dc.creator"
    )  # fmt: skip
    return split_names(authors) or split_names([meta])


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the single names in author lines, without "By", addresses, accounts and numbers; at most 12, each once."""
    names: list[str] = []
    for text in texts:
        for part in _LIST.split(_PREFIX.sub("", text.strip())):
            both = _AND.split(part)
            # "Ann Lee and Bo Chen" are two people, "Lee and Chen" may be a company
            names += both if all(len(name.split()) > 1 for name in both) else [part]
    cleaned = (_PREFIX.sub("", name).strip(" .-\u2013") for name in names)
    kept = [name for name in cleaned if name and not _NO_NAME.fullmatch(name)]
    return tuple(dict.fromkeys(kept))[:_MOST_NAMES]


def _plain(name: str) -> str:
    return re.sub(r"\W+", "", name).casefold()


def _is_house(name: str, houses: set[str]) -> bool:
    """Return whether a name is the publisher's, or begins with it (an address may follow)."""
    plain = _plain(name)
    return any(house and (plain == house or plain.startswith(house)) for house in houses)


def _marked_names(tree: HtmlElement, *, is_sure: bool) -> tuple[str, ...]:
    """Return the names in an element marked as author or byline, outside of sidebars and comments.

    is_sure  accept an element only if it begins with "By" or holds nothing but names of persons
    """
    marked = [element for element in _MARKED(tree)[:_MOST_MARKED] if not _is_elsewhere(element)]
    lines = [clean_line(str(_TEXT(element))) for element in marked]
    for line in lines:
        if _PREFIX.match(line) and not _WHEN.search(line):
            names = split_names([line])
            if names and all(map(_is_name, names)):
                return names
    for element, line in zip(marked, lines, strict=True):
        leaves = [clean_line(str(_TEXT(leaf))) for leaf in _LEAVES(element)] or [line]
        names = tuple(name for name in split_names(leaves) if _is_name(name))
        if names and (not is_sure or all(map(_is_person, names))):
            return names
    return ()


def _is_elsewhere(element: HtmlElement) -> bool:
    """Return whether an element is in a form, a sidebar, a comment or the teaser of another article."""
    parent: HtmlElement | None = element
    # farther out than three elements, a class is that of the whole page
    for _ in range(4):
        if parent is None:
            return False
        if parent.tag in _ELSEWHERE_TAGS or _ELSEWHERE.search(parent.get("class") or ""):
            return True
        parent = parent.getparent()
    return False


def _is_name(text: str) -> bool:
    # one or two characters are initials or separators, and a colon follows a label
    is_short = 2 < len(text) <= _MOST_CHARACTERS and len(text.split()) <= _MOST_WORDS
    return is_short and ":" not in text and not _WHEN.search(text)


def _is_person(name: str) -> bool:
    words = name.split()
    return len(words) > 1 and words[0][:1].isupper() and words[-1][:1].isupper()
