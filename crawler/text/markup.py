"""Reading plain paragraphs out of the HTML that feeds carry."""

import html
import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from crawler.text.lines import clean_line

# what a reader sees as a line of its own
_BREAKS = frozenset(
    {
        "p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "table",
        "blockquote", "section", "article", "figure", "figcaption", "hr", "pre",
    }
)  # fmt: skip
# never shown, whatever text they hold
_HIDDEN = frozenset({"script", "style", "svg", "noscript", "iframe", "template", "head"})
# "&lt;p&gt;" where markup was expected: a feed that escapes twice
_ESCAPED_TAG = re.compile(r"&lt;/?[a-z]{1,10}[\s/&]", re.IGNORECASE)
_TAG = re.compile(r"<[a-z!/]", re.IGNORECASE)
_BREAK_MARK = "\n\n"


def read_paragraphs(markup: str, *, max_characters: int) -> str:
    """Return the words of a piece of HTML, or of plain text, as paragraphs separated by a blank line.

    max_characters  most characters of the result; the input is read up to twenty times that, as most of it may be markup
    """
    text = markup[: 20 * max_characters]
    # some feeds escape twice, which the first 5,000 characters show
    if not _TAG.search(text) and _ESCAPED_TAG.search(text[:5000]):
        text = html.unescape(text)
    lines: list[str] = []
    room = max_characters
    for piece in _read_pieces(text):
        line = clean_line(piece, max_characters=max(1, room))
        if line:
            lines.append(line)
            room -= len(line) + len(_BREAK_MARK)
        if room <= 0:
            break
    return _BREAK_MARK.join(lines)


def _read_pieces(text: str) -> list[str]:
    if not _TAG.search(text):
        return re.split(r"\n\s*\n", html.unescape(text))
    # lxml refuses NUL; the <div> keeps a text that begins without a tag inside the body
    try:
        tree = lxml.html.document_fromstring(f"<div>{text.replace(chr(0), ' ')}</div>")
    except (etree.LxmlError, ValueError):
        return []
    return "".join(_walk(tree)).split(_BREAK_MARK)


def _walk(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield the visible texts in order, and a mark where a line ends."""
    hidden_depth = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment")):
        is_element = isinstance(element.tag, str)
        if is_element and element.tag in _HIDDEN:
            hidden_depth += 1 if event == "start" else -1
        if is_element and element.tag in _BREAKS:
            yield _BREAK_MARK
        text = element.text if event == "start" and is_element else None
        # comments and hidden elements are invisible; the text that follows them is not
        text = element.tail if event != "start" else text
        if text and not hidden_depth:
            yield text.replace(_BREAK_MARK, " ")
