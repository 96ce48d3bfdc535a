"""The body: the paragraphs an editor would call the article, and nothing that stands around them."""

import re
from copy import deepcopy

import trafilatura
from lxml.html import HtmlElement

from crawler.extract.byline import read_byline_line
from crawler.text.normalize import tokenize

_TOP_LINES = 6
_NEARLY_EMPTY_WORDS = 25
_RELATIVE = (
    r"(?:an?|one|\d{1,3})\s+(?:second|minute|min|hour|hr|day|week|month)s?\s+ago|just now|yesterday|"
    r"(?:vor|il y a|hace)\s+\w+\s+\w+"
)
# lines that are furniture wherever they stand: a time alone, a share bar, an invitation to read on
_FURNITURE = re.compile(
    rf"(?:{_RELATIVE})"
    r"|(?:(?:published|updated|posted|last updated?|last modified)\b.{0,60})"
    r"|(?:share(?: this)?(?: article| story| on \w+)?|tweet|print|email|copy link|(?:star\s*)?add to favou?rites|comments?|advertisement|"
    r"related (?:news|articles|stories|topics)|most read|recommended|read (?:more|also|next)|see also|sign up.{0,60}|"
    r"subscribe.{0,60}|follow us.{0,60}|click here.{0,60})"
    r"|(?:(?:read (?:more|also|next)|see also|related|more on this|watch|listen)\s*:.{0,200})",
    re.IGNORECASE,
)


def extract_paragraphs(tree: HtmlElement, *, headline: str) -> list[str]:
    """Give the body's paragraphs in reading order, cleaned; an empty list where there is no article.

    tree  parsed page; it is not changed
    """
    text = _extract(tree, is_fast=True)
    if len(tokenize(text)) < _NEARLY_EMPTY_WORDS:
        slower = _extract(tree, is_fast=False)
        text = slower if len(slower) > len(text) else text
    return clean_paragraphs([line.strip() for line in text.split("\n")], headline=headline)


def _extract(tree: HtmlElement, *, is_fast: bool) -> str:
    """Run trafilatura on a copy: what it prunes must still be there for the metadata."""
    document = trafilatura.bare_extraction(
        deepcopy(tree), fast=is_fast, include_comments=False, with_metadata=False
    )
    return str(getattr(document, "text", None) or "")


def clean_paragraphs(lines: list[str], *, headline: str) -> list[str]:
    """Drop empty lines, furniture, and on top the repeated headline and the byline."""
    title = tokenize(headline)
    kept: list[str] = []
    for line in lines:
        if not line or _FURNITURE.fullmatch(line):
            continue
        if len(kept) < _TOP_LINES and _is_head(line, title, is_first=not kept):
            continue
        kept.append(line)
    return kept


def _is_head(line: str, title: tuple[str, ...], *, is_first: bool) -> bool:
    """Tell whether a line on top is the headline again, or a byline before the first prose."""
    return tokenize(line) == title or (is_first and read_byline_line(line) is not None)
