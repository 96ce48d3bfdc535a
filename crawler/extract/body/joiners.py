"""Keeping the two joiners in a text: signs without width that words are spelt with.

Persian writes "اصلاح‌طلبان" with a non-joiner, Hindi, Bengali and Sinhala some of their letters with a joiner, and emoji of
several people are joined ones. trafilatura drops what Python calls not printable, and so glued the halves of 160 words of
one page: no watch written as the word is spelt found them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree
from lxml.html import HtmlElement

from crawler.text.languages.signs import JOINER, NON_JOINER

# printable letters of a script that nobody can read, which therefore stands in no news
_STAND_INS = {NON_JOINER: "\U00010600", JOINER: "\U00010601"}
_HIDE = str.maketrans(_STAND_INS)
# a third of a millisecond; to look into each piece of text takes four times as long, and most pages have no joiner
_TEXT = etree.XPath("string()", smart_strings=False)
_FIND = etree.XPath(
    f"//text()[contains(., '{NON_JOINER}') or contains(., '{JOINER}')]", smart_strings=True
)


@contextmanager
def hide_joiners(tree: HtmlElement) -> Iterator[None]:
    """Replace the joiners in a tree by stand-ins, which trafilatura keeps, until the block ends."""
    whole = str(_TEXT(tree))
    pieces = _FIND(tree) if NON_JOINER in whole or JOINER in whole else ()
    found = [(text.getparent(), bool(text.is_tail), str(text)) for text in pieces]
    for element, is_tail, text in found:
        _write(element, text.translate(_HIDE), is_tail=is_tail)
    try:
        yield
    finally:
        for element, is_tail, text in found:
            _write(element, text, is_tail=is_tail)


def show_joiners(text: str) -> str:
    """Return a text with the joiners in place of their stand-ins."""
    # replace() looks for one character with the processor's own search; translate() asks a table for each
    for sign, stand_in in _STAND_INS.items():
        text = text.replace(stand_in, sign)
    return text


def _write(element: HtmlElement, text: str, *, is_tail: bool) -> None:
    if is_tail:
        element.tail = text
    else:
        element.text = text
