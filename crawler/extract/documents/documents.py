"""Reading documents that are not HTML (plain text, tables, JSON, XML, PDF) as a headline and lines of text."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from typing import Any

from lxml import etree
from lxml.html import Element

from crawler.errors import NotAnArticle
from crawler.extract.body.prose import count_words, read_paragraphs
from crawler.extract.documents.charset import decode_page
from crawler.extract.documents.lenient_json import MOST_CHARACTERS, find_json, load_json
from crawler.extract.documents.pdf import read_pdf
from crawler.extract.elsewhere.script_prose import find_prose
from crawler.extract.metadata.language import find_language
from crawler.extract.published.date_claims import find_announced_date
from crawler.model.article import Article, Page
from crawler.text.lines import clean_line
from crawler.text.web.urls import canonical_url

# bounds for endless documents: lines, characters of all lines, of one line, of the headline; the rest is dropped
_MOST_LINES = 5000
_MOST_CHARACTERS = 2_000_000
_MOST_LINE = 20_000
_MOST_HEADLINE = 200
# characters: a longer first line is a sentence of the text, not its heading
_MOST_HEADING = 120
# lines among which one without numbers is looked for
_MOST_TRIED = 20
# bounds for hostile JSON and XML: nodes that are read, and their depth
_MOST_NODES = 50_000
_MOST_DEPTH = 30
# words: a shorter document is an error message ("404 page not found")
_FEWEST_WORDS = 10
# an answer without a type counts as a web page
_WEB = re.compile(r"^(?:text/html|application/xhtml\+xml)?$")
# types that hold no text, unless they are listed below (SVG is XML)
_MEDIA = re.compile(r"^(?:audio|video|image|font)/")
# types that servers state for any file: the bytes decide
_UNKNOWN = frozenset({"application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download"})  # fmt: skip
# types that have a reader of their own, with the names in use besides the registered ones
_JSON = re.compile(r"^(?:application|text)/(?:[\w.-]+\+)?(?:json|x-json|x-ndjson|jsonl)$")
_XML = re.compile(r"^(?:application|text|image|model)/(?:[\w.-]+\+)?xml$")
_TABLE = re.compile(
    r"^(?:text|application)/(?:csv|tab-separated-values|x-csv|(?:vnd\.)?(?:ms-)?excel|x-excel)$"
)
# scripts and style sheets: read if the page is watched, never an article
_CODE = re.compile(r"^(?:text|application)/(?:x-)?(?:javascript|ecmascript|css|typescript|wasm)$")
# JSONP: callback({...})
_CALLED = re.compile(r"\s*(?:/\*.{0,100}?\*/\s*)?[\w.$]{1,80}\s?\(\s?[\[{]")
# control characters: no text has any, but one byte in ten of packed data and images is one
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HTML_START = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)  # fmt: skip
# also in Chinese, Japanese, Arabic and Hindi, with quotes and brackets after it
_SENTENCE_END = re.compile(
    r"[.!?\u2026:\u3002\uff01\uff1f\u061f\u0964][\"'\u201d\u2019\u00bb)\]]*$"
)
# lengths in characters of the full lines of a text that is wrapped by hand
_WRAPPED = range(35, 101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The text of a document.

    title  its own title; may be empty
    lines  its paragraphs, rows or values, one a line
    """

    title: str = ""
    lines: tuple[str, ...] = field(default=(), repr=False)


def find_reader(page: Page) -> "Callable[[Page], Document] | None":
    """Return the function that reads a page that is not HTML; None for a web page.

    First bytes that are those of PDF or HTML win over the type that the server states.
    raises  NotAnArticle with the reason, worded for a person, if no function reads its kind
    """
    kind = page.content_type.partition(";")[0].strip().lower()
    # room for a declaration and a long comment before the first element
    start = page.body[:2500]
    if start.lstrip()[:5] == b"%PDF-":
        return read_pdf_document
    if _WEB.match(kind) or _HTML_START.match(start):
        # servers also state text/html for the bare line or object that a program prints
        return _reader_of("text/plain", start) if _is_bare(page.body) else None
    if kind == "application/pdf":
        raise NotAnArticle("it claims to be a PDF but is not one")
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotAnArticle(f"it is {kind} and contains no text")
    reader = _reader_of(kind, start)
    if reader is None and not (_MEDIA.match(kind) or _NO_TEXT.search(start)):
        # servers know few file types: tables come as "octet-stream", YAML as "application/yaml"
        reader = _read_xml if start.lstrip().startswith(b"<?xml") else _read_text
    if reader is None or (_CODE.match(kind) and not page.settings.is_watched):
        raise NotAnArticle(f"it is {kind}, not a web page")
    return reader


def _looks_like_json(start: bytes) -> bool:
    """Return whether a text begins like a JSON object, or a list of objects."""
    return re.match(rb"\s*(?:\{\s*\"|\[\s*\{|\{\s*\}|\[\s*\])", start) is not None


def _is_bare(body: bytes) -> bool:
    """Return whether a body has text and no ``<`` at all."""
    return b"<" not in body and b"\x00" not in body and bool(body.strip())


def _reader_of(kind: str, start: bytes) -> "Callable[[Page], Document] | None":
    for pattern, reader in ((_JSON, _read_json), (_XML, _read_xml), (_TABLE, _read_table)):
        if pattern.match(kind):
            return reader
    if (kind in _UNKNOWN or kind == "text/plain") and _looks_like_json(start):
        return _read_json
    if _CODE.match(kind) and _CALLED.match(start.decode("latin-1")):
        return _read_json
    return _read_text if kind.startswith("text/") else None


def make_article(page: Page, reader: "Callable[[Page], Document]") -> Article:
    """Return a document as an article.

    reader  the function that ``find_reader`` returned for the page
    raises  NotAnArticle with the reason, worded for a person, if it holds no text
    """
    document = reader(page)
    lines = [line for line in _limit(document.lines) if line]
    if not lines:
        raise NotAnArticle("the document shows no text")
    headline = clean_line(page.entry.title or document.title, max_characters=_MOST_HEADLINE)
    if not headline:
        headline = clean_line(_first_line(lines, page), max_characters=_MOST_HEADLINE)
        is_heading = len(lines[0]) <= _MOST_HEADING and not _SENTENCE_END.search(lines[0][-20:])
        lines = (
            lines[1:] if is_heading and len(lines) > 1 and not page.settings.is_watched else lines
        )
    body = "\n\n".join(lines)
    words = count_words(body)
    if not page.settings.is_watched and words < _FEWEST_WORDS:
        raise NotAnArticle(f"the document contains no article text ({words} words)")
    return Article(
        url=canonical_url(page.url) or page.url,
        headline=headline,
        body=body,
        language=find_language(
            Element("html"), headline, body[:5000], stated=page.settings.language
        ),
        publication_date=find_announced_date(page),
    )


def _first_line(lines: list[str], page: Page) -> str:
    """Return the line that serves as a document's headline; of a watched one, the first line without a number.

    Numbers change: with a count as its headline, each change alerted a second time, as a changed headline.
    """
    if not page.settings.is_watched:
        return lines[0]
    steady = (line for line in lines[:_MOST_TRIED] if not any(map(str.isdigit, line)))
    return next(steady, lines[0])


def _limit(lines: tuple[str, ...]) -> Iterator[str]:
    left = _MOST_CHARACTERS
    for line in islice(lines, _MOST_LINES):
        left -= len(line)
        if left < 0:
            return
        yield line


def _text_of(page: Page) -> str:
    return decode_page(page.body, page.content_type)[:_MOST_CHARACTERS].replace("\x00", "")


def _read_text(page: Page) -> Document:
    text = _text_of(page)
    lines = text.splitlines()
    return Document(lines=tuple(_clean(lines) if page.settings.is_watched else join_lines(lines)))


def _clean(lines: list[str]) -> list[str]:
    cleaned = (clean_line(line, max_characters=_MOST_LINE) for line in lines)
    return list(islice((line for line in cleaned if line), _MOST_LINES))


def join_lines(lines: list[str]) -> list[str]:
    """Return the paragraphs of lines that may have been wrapped by hand; a blank line or a short last line ends one."""
    full = [line for line in map(str.rstrip, lines) if line.strip()]
    # wrapped are half of the lines at least, else each line is a paragraph
    wrapped = sum(1 for line in full if len(line) in _WRAPPED)
    if len(full) < 3 or 2 * wrapped < len(full):
        return _clean(full)
    # the 90th percentile, because a line with an address may be longer than the text is wide
    longest = sorted(map(len, full))[len(full) * 9 // 10]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        words = line.strip()
        if not words:
            paragraphs.append([])
            continue
        last = paragraphs[-1]
        # a word that was divided at the end of the line
        if last and last[-1].endswith("-") and words[:1].islower():
            last[-1] = last[-1][:-1] + words
        else:
            last.append(words)
        # a sentence that ends well before the margin is the last of its paragraph
        if _SENTENCE_END.search(words[-20:]) and len(words) < 0.8 * longest:
            paragraphs.append([])
    return _clean([" ".join(parts) for parts in paragraphs])


def _read_table(page: Page) -> Document:
    """Return a table as a document, one line for each row."""
    text = _text_of(page)
    # the sign that is most frequent in the first 20,000 characters
    delimiter = max(",;\t|", key=text[:20_000].count)
    try:
        rows = list(islice(csv.reader(StringIO(text), delimiter=delimiter), _MOST_LINES))
    except csv.Error:
        return Document(lines=tuple(_clean(text.splitlines())))
    return Document(lines=tuple(_clean([" | ".join(filter(str.strip, row)) for row in rows])))


def _read_json(page: Page) -> Document:
    """Return JSON as a document: the article in it if it has the announced title, else one line for each value."""
    text = decode_page(page.body, page.content_type)
    if len(text) > MOST_CHARACTERS:
        raise NotAnArticle("the document is JSON, and too long to be read")
    data = find_json(text) if _CALLED.match(text[:300]) else load_json(text)
    if data is None:
        # JSON Lines: a value in each line
        values = [load_json(line) for line in text.splitlines()[:_MOST_LINES] if line.strip()]
        data = [value for value in values if value is not None]
        is_said = _JSON.match(page.content_type.partition(";")[0].strip().lower())
        if not data and (page.settings.is_watched or not is_said):
            return _read_text(page)  # it only looked like JSON, or is cut off
        if not data:
            raise NotAnArticle("the document is declared as JSON but cannot be read as JSON")
    if not page.settings.is_watched and page.entry.title:
        prose = find_prose(data, (page.entry.title,))
        if prose:
            return Document(title=page.entry.title, lines=tuple(prose))
    title = next((str(data[key]) for key in ("headline", "title", "name") if isinstance(data.get(key), str)), "") if isinstance(data, dict) else ""  # fmt: skip
    return Document(title=title, lines=tuple(islice(_list_values(data), _MOST_LINES)))


def _list_values(data: object) -> Iterator[str]:
    """Yield a line for each value, with its name before it.

    The name has no indexes of lists, because they change when an item is added. It is its last 100 characters.
    """
    waiting: list[tuple[str, Any, int]] = [("", data, 0)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        name, node, depth = waiting.pop()
        if isinstance(node, dict) and depth < _MOST_DEPTH:
            inner = [(f"{name}.{key}"[-100:].lstrip("."), value, depth + 1) for key, value in node.items()]  # fmt: skip
            waiting.extend(reversed(inner))
        elif isinstance(node, list) and depth < _MOST_DEPTH:
            waiting.extend((name, value, depth + 1) for value in reversed(node))
        elif isinstance(node, str | int | float | bool):
            for line in read_paragraphs(node) if isinstance(node, str) else [str(node)]:
                yield clean_line(f"{name}: {line}" if name else line, max_characters=_MOST_LINE)


def _read_xml(page: Page) -> Document:
    """Return XML of any kind as a document, one line for each text in it; entities are not resolved (XXE)."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(page.body[:_MOST_CHARACTERS].lstrip(), parser=parser)
        # of &#xD800; the parser makes bytes that are no text, which shows only when they are asked for
        texts = [] if tree is None else list(islice(tree.itertext(), _MOST_NODES))
    except (etree.LxmlError, ValueError) as error:
        raise NotAnArticle("the document is declared as XML but cannot be read as XML") from error
    if tree is None:
        raise NotAnArticle("the document is declared as XML but cannot be read as XML")
    return Document(lines=tuple(_clean([text for text in texts if isinstance(text, str)])))


def read_pdf_document(page: Page) -> Document:
    """Return a PDF as a document; raises NotAnArticle if it cannot be read, or the extra for it is not installed."""
    title, lines = read_pdf(page.body)
    return Document(title=title, lines=tuple(join_lines(lines)))
