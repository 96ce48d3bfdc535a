"""Finding an article's text that its page holds but does not show: in JSON-LD, in data of scripts, in templates.

It is looked for only if the page shows less than a whole article: what readers see is preferred.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import unquote

from lxml import etree
from lxml.html import HtmlElement, fragment_fromstring

from crawler.errors import NotAnArticle
from crawler.extract.body.blocks import make_key
from crawler.extract.body.body import Body, clean_body
from crawler.extract.body.prose import count_words, is_prose, make_shingles, read_paragraphs
from crawler.extract.documents.lenient_json import find_json, load_json
from crawler.extract.documents.tree import parse_page
from crawler.extract.elsewhere.parts import read_lines
from crawler.extract.elsewhere.script_prose import find_prose, revive, unwrap_values
from crawler.extract.elsewhere.script_strings import find_run, read_stream
from crawler.extract.metadata.declared import Metadata, list_nodes
from crawler.model.article import Page
from crawler.text.lines import clean_line
from crawler.text.similarity import distinctive_words, share_of

# words of a shown body that counts as whole; a shorter one may be a teaser
_WHOLE_WORDS = 250
# words below which the page is a shell, so that its data is searched as well
_SHELL_WORDS = 80
# words of an article, as in refusals.py
_FEWEST_WORDS = 20
# a text found elsewhere must be this many times as long as the shown one, and hold this share of its shingles
_MUCH_MORE = 1.5
_FEWEST_SHARED = 0.6
# words of a stated text, and how many times as long as the shown one it must be, to replace one that shares less than this
# share of its shingles with it, or in which links make up this share
_FEWEST_STATED = 150
_LONGER = 1.35
_MOST_SHARED = 0.75
# share of the shown text's shingles from which on the two texts have something in common
_FEWEST_COMMON = 0.1
_MOST_LINKED = 0.25
# share of a headline's words that its article has in its first 4,000 characters
_FITTING = 0.5
# bounds for pages full of scripts: scripts and attributes, characters of all of them, templates; what is beyond is not
# read
_MOST_SCRIPTS = 300
_MOST_CHARACTERS = 3_000_000
_MOST_TEMPLATES = 30
# characters: a shorter attribute or script cannot hold an article
_FEWEST_ATTRIBUTE = 400
_FEWEST_SCRIPT = 40
# characters of HTML within a text; a longer piece is not parsed
_MOST_WRITTEN = 500_000
# JSON in percent escapes within a string, as scripts pass it to decodeURIComponent; at most this many a script
_ESCAPED_DATA = re.compile(r"""["'](%(?:7B|5B)[^"'<>\s]{200,2000000})["']""")
_MOST_ESCAPED = 5
# types of scripts that hold HTML
_MARKUP = re.compile(r"template|text/html|handlebars|mustache", re.IGNORECASE)
_LONG_ATTRIBUTES = etree.XPath(f"//@*[string-length() > {_FEWEST_ATTRIBUTE}]")
_STATED = etree.XPath("//meta[@itemprop = 'articleBody']/@content")
_TEMPLATES = etree.XPath("//template|//noscript")
_HEADINGS = etree.XPath(".//h1|.//h2")
_BODY_TAGS = frozenset({"article", "main"})
# classes, ids and itemprops of an article or its body
_BODY_CLASS = re.compile(r"article|story|content|body|post|entry|text", re.IGNORECASE)
# types of scripts that hold code or style, never an article
_NO_DATA = re.compile(r"module|importmap|speculationrules|template|shader|css", re.IGNORECASE)
# a noscript element often says "enable JavaScript", a template often holds a login or consent box
_NO_ARTICLE = re.compile(
    r"javascript|cookie|consent|einwilligung|log ?in|sign ?in|anmelden|subscribe|newsletter",
    re.IGNORECASE,
)


def find_fuller_body(
    page: Page, found: Body, *, headline: str, metadata: Metadata, title: str
) -> Body:
    """Return a body that is in the page but not shown, if the page shows less; else ``found``.

    found    the body that the page shows
    title    the title in the page's head
    returns  a body with ``origin`` set, worded for a person, if it is not ``found``
    """
    shown = " ".join(found.paragraphs)
    words = int(count_words(shown) * (1 - found.linked_share))
    stated = _find_other(found, shown, words, headline=headline, metadata=metadata)
    if stated is not None or words >= _WHOLE_WORDS:
        return stated or found
    names = tuple(dict.fromkeys(filter(None, (
        headline, page.entry.title, metadata.stated("headline"), metadata.meta("og:title", "twitter:title"), title,
    ))))  # fmt: skip
    for origin, lines in _list_elsewhere(page, names, metadata, is_shell=words < _SHELL_WORDS):
        body = clean_body(lines, titles=[headline])
        text = " ".join(body.paragraphs)
        if count_words(text) >= _FEWEST_WORDS and _is_fuller(text, shown, words):
            return replace(body, origin=origin)
    return found


def _find_other(
    found: Body, shown: str, shown_words: int, *, headline: str, metadata: Metadata
) -> Body | None:
    """Return the body that the page's JSON-LD states, if the shown one is another text and not the article; else None.

    A stated text that is a little longer, or holds all that is shown, proves nothing: it may have captions or links. Of two
    texts that have nothing in common, the one that the headline is about is the article.
    """
    stated = _find_stated(metadata, (headline,))
    if len(stated) < max(1, len(shown)):
        return None
    body = clean_body(read_paragraphs(stated), titles=[headline])
    text = " ".join(body.paragraphs)
    words = count_words(text)
    if words < _FEWEST_STATED or words < _LONGER * shown_words:
        return None
    whole, part = make_shingles(text), make_shingles(shown)
    shared = len(whole & part) / max(1, len(part))
    is_part = _FEWEST_COMMON <= shared < _MOST_SHARED
    is_other = shared < _FEWEST_COMMON and _fits(headline, text) and not _fits(headline, shown)
    is_list = found.linked_share >= _MOST_LINKED
    return replace(body, origin="the page's JSON-LD") if is_part or is_other or is_list else None


def _fits(headline: str, text: str) -> bool:
    """Return whether a text has half of the words of a headline, or more."""
    return share_of(distinctive_words(headline), distinctive_words(text)) >= _FITTING


def _is_fuller(text: str, shown: str, shown_words: int) -> bool:
    """Return whether a text is the article of which the page shows nothing or only the beginning."""
    if count_words(text) < _MUCH_MORE * shown_words:
        return False
    if shown_words < _FEWEST_WORDS:
        return True
    whole, part = make_shingles(text), make_shingles(shown)
    return len(whole & part) >= _FEWEST_SHARED * len(part)


def _list_elsewhere(
    page: Page, names: tuple[str, ...], metadata: Metadata, *, is_shell: bool
) -> Iterator[tuple[str, list[str]]]:
    """Yield pairs of where a text was found and its lines, the most trustworthy first."""
    if stated := _find_stated(metadata, names):
        yield "the page's JSON-LD", read_paragraphs(stated)
    # NULs are those of UTF-16
    if not is_shell and b"articleBody" not in page.body.replace(b"\0", b""):
        return
    try:
        # parsed again, because `prune` has removed the scripts from the shared tree; few pages come here
        tree = parse_page(page)
    except NotAnArticle:
        return
    yield from (("the page's JSON-LD", lines) for lines in _stated_bodies(tree, names))
    # where the page shows some paragraphs, its data often holds other articles as well
    if is_shell:
        yield "the page's data", _find_in_data(tree, names)
        yield "a part of the page that is not shown", _find_hidden(tree, names)


def _find_stated(metadata: Metadata, names: tuple[str, ...]) -> str:
    """Return the body of the JSON-LD node with the page's headline, else that of the page's article; empty without one."""
    keys = frozenset(map(make_key, names))
    own = (node for node in metadata.nodes if make_key(str(node.get("headline"))) in keys)
    stated = (node.get("articleBody") for node in (*own, metadata.article))
    return next((text for text in stated if isinstance(text, str) and text), "")


def _stated_bodies(tree: HtmlElement, names: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the bodies in JSON-LD nodes with the page's headline, then the one in microdata."""
    keys = frozenset(map(make_key, names))
    nodes = [node for node in list_nodes(tree) if _body_of(node)]
    own = [
        node for node in nodes if make_key(str(node.get("headline") or node.get("name"))) in keys
    ]
    # a node without the headline counts only if it is the only one
    for node in own or (nodes if len(nodes) == 1 else []):
        yield read_paragraphs(_body_of(node))
    for content in _STATED(tree)[:1]:
        yield read_paragraphs(str(content))


def _body_of(node: dict[str, Any]) -> str:
    """Return the body that a JSON-LD node states, also as a list or as the posts of a live blog; else empty."""
    stated = node.get("articleBody")
    if isinstance(stated, list) and all(isinstance(part, str) for part in stated):
        return "\n".join(stated)
    if isinstance(stated, str):
        return stated
    updates = node.get("liveBlogUpdate")
    posts = updates if isinstance(updates, list) else []
    # at most 500 posts; those beyond are dropped
    texts = [post.get("articleBody") for post in posts[:500] if isinstance(post, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _find_in_data(tree: HtmlElement, names: tuple[str, ...]) -> list[str]:
    """Return the article in the page's scripts and attributes: from an object with the headline, else from near it."""
    best: list[str] = []
    loose: list[str] = []
    for text in _list_data(tree):
        # a script may begin with a byte order mark or "<!--"
        is_json = text.lstrip("\ufeff \t\r\n<!-")[:1] in {"{", "["}
        data = load_json(text) if is_json else find_json(text)
        if isinstance(data, dict | list):
            best = max(best, find_prose(unwrap_values(revive(data)), names), key=_count)
        # a list of strings has no object with the headline: only the order of its strings is known
        if not is_json or isinstance(data, list):
            loose.append(text)
    for row in read_stream(loose):
        best = max(best, find_prose(row, names), key=_count)
    return best or find_run(loose, names)


def _count(lines: list[str]) -> int:
    return sum(map(count_words, lines))


def _list_data(tree: HtmlElement) -> Iterator[str]:
    """Yield the texts of scripts and attributes that may be data, together at most 3,000,000 characters."""
    left = _MOST_CHARACTERS
    for script in islice(tree.iter("script"), _MOST_SCRIPTS):
        text = script.text or ""
        if len(text) < _FEWEST_SCRIPT or _NO_DATA.search(script.get("type") or ""):
            continue
        if len(text) <= left:
            left -= len(text)
            yield text
            yield from map(unquote, _ESCAPED_DATA.findall(text)[:_MOST_ESCAPED])
    for value in _LONG_ATTRIBUTES(tree)[:_MOST_SCRIPTS]:
        # "{" and "[" as percent escapes
        plain = unquote(value) if value[:3] in {"%7B", "%5B"} else str(value)
        if plain.lstrip()[:1] in {"{", "["} and len(plain) <= left:
            left -= len(plain)
            yield plain


def _find_hidden(tree: HtmlElement, names: tuple[str, ...]) -> list[str]:
    """Return the longest text in a template or noscript element that is the article, by its heading or class; or none."""
    keys = frozenset(map(make_key, names))
    best: list[str] = []
    for part in (
        *_TEMPLATES(tree)[:_MOST_TEMPLATES],
        *islice(_list_written(tree), _MOST_TEMPLATES),
    ):
        lines = read_lines(part)
        prose = [line for line in lines if is_prose(line)]
        # fewer than 40 words are a hint or a box; so is a text that begins with such words
        if _count(prose) < 2 * _FEWEST_WORDS or _NO_ARTICLE.search(" ".join(lines)[:600]):
            continue
        if _is_article(part, keys) and _count(prose) > _count(best):
            best = prose
    return best


def _list_written(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the parsed pieces of HTML that are in a page as text: templates in scripts, text fields, frames."""
    texts = [
        script.text for script in tree.iter("script") if _MARKUP.search(script.get("type") or "")
    ]
    texts += [field.text for field in tree.iter("textarea")]
    texts += [str(frame.get("srcdoc") or "") for frame in tree.iter("iframe")]
    for text in texts:
        if text and _FEWEST_ATTRIBUTE < len(text) <= _MOST_WRITTEN and "<" in text:
            with suppress(ValueError, etree.LxmlError, RecursionError):
                yield fragment_fromstring(text, create_parent="div")


def _is_article(part: HtmlElement, keys: frozenset[str]) -> bool:
    # the first ten headings; further down they may be other articles'
    titles = (make_key(clean_line(heading.text_content())) for heading in _HEADINGS(part)[:10])
    if any(title in keys for title in titles) or part.find(".//article") is not None:
        return True
    # the part, what is directly in it, and three elements around it; body and html have the classes of the whole page
    marks = (part, *part.iterchildren(), *islice(part.iterancestors(), 3))
    if any(mark.tag in _BODY_TAGS for mark in marks):
        return True
    return any(
        _BODY_CLASS.search(
            f"{mark.get('class') or ''} {mark.get('id') or ''} {mark.get('itemprop') or ''}"
        )
        for mark in marks
        if mark.tag not in {"body", "html"}
    )
