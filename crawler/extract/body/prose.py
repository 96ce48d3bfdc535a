"""Distinguishing prose from code and names, and reading the paragraphs of a string of plain text or HTML."""

import html
import re
from contextlib import suppress

import lxml.html
from lxml import etree

from crawler.extract.body.blocks import make_key
from crawler.extract.elsewhere.parts import read_lines
from crawler.text.languages.scripts import CUT_INTO_SIGNS
from crawler.text.lines import clean_line
from crawler.text.normalize import tokenize

# bounds for hostile data: characters of a text, its paragraphs, characters of a paragraph; what is beyond is dropped
_MOST_CHARACTERS = 1_000_000
_MOST_PARAGRAPHS = 5000
_MOST_LINE = 20_000
# tags by which a string is HTML; "<" alone may be a comparison
_TAG = re.compile(r"<(?:p|br|div|h[1-6]|li|ul|ol|span|a|b|i|em|strong|blockquote|section|article|figure|img)\b[^<>]{0,2000}>", re.I)  # fmt: skip
# HTML that was escaped once more, as some systems write it into their data
_ESCAPED_TAG = re.compile(r"&lt;(?:p|br|div)\b", re.IGNORECASE)
# bounded, so that a "<" without an end costs little
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
# words: shorter strings are labels
_FEWEST_WORDS = 8
# words in a row, as for near-duplicates
_SHINGLE = 5
_UNSPACED = re.compile(f"[{CUT_INTO_SIGNS}]")
# frequent in code, style sheets and lists of identifiers, rare in sentences
_CODE = re.compile(
    r"[{}<>=_|\\#@$^~]|;\S|://|\w\.\w+\.\w|\b(?:const|typeof|function|undefined|GMT)\b"
)
# such signs per word: with one in seven words it may be a sentence with an address or a sum of money
_MOST_CODE_SHARE = 0.15


def read_paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text that is HTML, escaped or not, or plain with line breaks; at most 5,000."""
    text = text[:_MOST_CHARACTERS]
    if _ESCAPED_TAG.search(text):
        text = html.unescape(text)
    if _TAG.search(text):
        with suppress(ValueError, etree.LxmlError, RecursionError):
            holder = lxml.html.fragment_fromstring(text.replace("\x00", ""), create_parent="div")
            return [line for line in read_lines(holder) if line][:_MOST_PARAGRAPHS]
    plain = html.unescape(text) if "&" in text else text
    lines = (
        clean_line(line, max_characters=_MOST_LINE) for line in re.split(r"[\r\n\u2029]+", plain)
    )
    return [line for line in lines if line][:_MOST_PARAGRAPHS]


def is_prose(text: str) -> bool:
    """Return whether a text reads as a sentence or more, and not as code, an address or a list of names.

    Prose has at least eight words. Only the first 2,000 characters are judged.
    """
    sample = text[:2000]
    # most strings of a script are too short for eight words of two characters, and need no further look
    if len(sample) < 2 * _FEWEST_WORDS:
        return False
    sample = _ANY_TAG.sub(" ", sample) if "<" in sample else sample
    words = count_words(sample)
    if words < _FEWEST_WORDS:
        return False
    return len(_CODE.findall(sample)) <= _MOST_CODE_SHARE * words


def count_words(text: str) -> int:
    """Return the number of words of a text; in scripts without spaces each character counts as one."""
    is_spaced = text.isascii() or _UNSPACED.search(text) is None
    return len(text.split()) if is_spaced else len(tokenize(text))


def make_shingles(text: str) -> set[str]:
    """Return every run of five words of a text; if it has fewer than ten or no spaces, every run of five letters."""
    words = [key for word in text.split() if (key := make_key(word))]
    if len(words) < 2 * _SHINGLE:
        key = make_key(text)
        return {key[at : at + _SHINGLE] for at in range(max(1, len(key) - _SHINGLE))}
    return {" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
