"""Finding the article in the data of an app page: such a page shows nothing, and its script holds headline and text.

The object with the page's headline is looked for. Its sentences are the article, without the parts that are other
articles, comments or settings (adbar/trafilatura#85).
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from crawler.extract.body.blocks import make_key
from crawler.extract.body.prose import count_words, is_prose, read_paragraphs
from crawler.extract.documents.lenient_json import load_json

# bounds for hostile data: nodes of one walk, their depth, places with the headline; what is beyond is not read
_MOST_NODES = 60_000
_MOST_DEPTH = 60
_MOST_HEADLINES = 20
# characters of JSON within a string; less holds no paragraph
_FEWEST_JSON = 100
# objects around the headline that are read, the nearest first; farther out is the data of the whole site
_MOST_ABOVE = 4
# letters and digits: a shorter headline ("News") is a label in many places
_FEWEST_HEADLINE = 4
# words of prose: an object with fewer is a teaser, and the one around it is tried
_FEWEST_WORDS = 20
# names of fields that are beside an article's text and not part of it
_ASIDE = re.compile(
    r"relat|recommend|comment(?!ary)|repl(?:y|ies)$|teaser|promo|newsletter|(?:^|_)next|(?:^|_)prev|more(?:_|[A-Z]|$)|trending|popular"
    r"|most_?read|author|byline|contributor|bio$|seo|meta|descr|summary|excerpt|caption|credit|alt$|legal|consent|cookie|privacy"
    r"|nav|menu|footer|breadcrumb|advert|(?:^|_)ads?(?:_|$)|sponsor|i18n|locale|translat|messages?$|labels?$|config"
    r"|settings|flags?$|styles?$|theme|css|tracking|analytics|image|gallery|video|audio|podcast|media|tags?$|topics?$|categor|section(?:Name)?$"
    r"|siblings|latest|search|user|schema|error|sidebar|widget|faq|poll|quiz",
    re.IGNORECASE,
)
# fields with the name of a thing, and fields with its address: an object with both is another article
_NAMES = ("headline", "title", "name")
_ADDRESSES = ("url", "slug", "href", "link", "path", "uri", "permalink", "canonicalUrl", "webUrl")
# fields with the text of an inline node
_TEXTS = ("text", "value", "insert", "content", "html")
# node types that are parts of a line, in the trees that rich-text editors store
_INLINE = frozenset(
    {None, "text", "a", "link", "strong", "em", "b", "i", "u", "span", "bold", "italic", "hyperlink", "#text", "mark"}
)  # fmt: skip
# also in Chinese, Japanese, Arabic and Hindi, with quotes and brackets after it
_SENTENCE_END = re.compile(
    r"[.!?\u2026\u3002\uff01\uff1f\u061f\u0964:][\"'\u201d\u2019\u00bb)\]]*\s*$"
)


def find_prose(data: object, headlines: tuple[str, ...]) -> list[str]:
    """Return the paragraphs of the article that parsed JSON holds beside its headline; empty if it holds none.

    headlines  the page's headline and titles; any of them may be the one in the data
    returns    the longest text, if several objects have the headline
    """
    keys = tuple(key for name in headlines if len(key := make_key(name)) >= _FEWEST_HEADLINE)
    best: list[str] = []
    for chain in islice(_find_headline(data, keys), _MOST_HEADLINES):
        found = _Reading(data, keys).read_nearest(chain)
        best = max(best, found, key=_count)
    return best


def unwrap_values(data: object) -> object:
    """Return data without the type number that Astro writes before each value: ``{"title": [0, "..."]}``."""
    is_wrapped = isinstance(data, dict) and data and all(map(_is_wrapped, data.values()))
    return _unwrap(data, 0) if is_wrapped else data


def revive(data: object) -> object:
    """Return the data of Nuxt 3, a flat list in which the number of an entry stands for it; any other data unchanged.

    An entry that is one of those around it is left out, as is what is beyond 60,000 entries.
    """
    if not isinstance(data, list) or len(data) < 3 or not _is_flat(data[0]):
        return data
    left = iter(range(_MOST_NODES))

    def read(number: object, above: frozenset[int]) -> object:
        if type(number) is not int or not 0 <= number < len(data) or number in above:
            return None
        if next(left, None) is None or len(above) > _MOST_DEPTH:
            return None
        entry, inside = data[number], above | {number}
        if isinstance(entry, dict):
            return {name: read(each, inside) for name, each in entry.items()}
        if isinstance(entry, list):
            # ["Reactive", 7]: what kind of object the entry is
            return [read(each, inside) for each in entry if not isinstance(each, str)]
        return entry

    return read(0, frozenset())


def _is_flat(entry: object) -> bool:
    numbers = entry.values() if isinstance(entry, dict) else entry[1:] if isinstance(entry, list) else ()  # fmt: skip
    return bool(numbers) and all(type(each) is int for each in numbers)


def _unwrap(node: object, depth: int) -> object:
    if depth > _MOST_DEPTH:
        return None
    if isinstance(node, dict):
        return {name: _unwrap(value, depth + 1) for name, value in node.items()}
    value = node[1] if isinstance(node, list) and _is_wrapped(node) else node
    if isinstance(value, list):
        return [_unwrap(each, depth + 1) for each in value]
    return _unwrap(value, depth + 1) if isinstance(value, dict) else value


def _is_wrapped(value: object) -> bool:
    # Astro numbers its types from 0 to 11; `type` and not isinstance, because True is an int
    return isinstance(value, list) and len(value) == 2 and type(value[0]) is int and value[0] < 12


def _count(lines: list[str]) -> int:
    return sum(map(count_words, lines))


def _find_headline(data: object, keys: tuple[str, ...]) -> Iterator[tuple[Mapping[str, Any], ...]]:
    """Yield, for each string that is the headline, the objects around it (at most 4), the nearest first."""
    waiting: list[tuple[object, tuple[Mapping[str, Any], ...]]] = [(data, ())]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node, above = waiting.pop()
        if isinstance(node, str):
            if _is_headline(node, keys) and above:
                yield above
            # an answer that was asked for on the server, kept as text within the data (SvelteKit)
            elif node[:1] in {"{", "["} and len(node) > _FEWEST_JSON:
                waiting.append((load_json(node), ()))
        elif isinstance(node, dict):
            around = (node, *above)[:_MOST_ABOVE]
            waiting.extend((value, around) for value in reversed(node.values()))
        elif isinstance(node, list):
            # the object around a list of articles is not one of them, so the chain begins anew
            waiting.extend((value, ()) for value in reversed(node) if not isinstance(value, str))


def _is_headline(text: str, keys: tuple[str, ...]) -> bool:
    # a longer string is a paragraph, and no key is made of it
    if not _FEWEST_HEADLINE <= len(text) <= 600:
        return False
    key = make_key(text)
    # a title may have the site's name after the headline; a beginning of fewer than 20 letters may be another text's
    return any(key == other or (len(key) >= 20 and other.startswith(key)) for other in keys)


class _Reading:
    """Reads the prose of objects, at most 60,000 nodes; each reference is followed once, as they may form a circle."""

    def __init__(self, data: object, keys: tuple[str, ...]) -> None:
        self._root = data if isinstance(data, dict) else {}
        self._keys = keys
        self._left = _MOST_NODES
        self._open: set[str] = set()

    def read_nearest(self, chain: tuple[Mapping[str, Any], ...]) -> list[str]:
        """Return the prose of the innermost object that has at least 20 words of it; empty if none has.

        chain  the objects around a headline, the innermost first
        """
        for node in chain:
            lines = self._choose(self._read(node, 0))
            if _count(lines) >= _FEWEST_WORDS:
                return lines
        return []

    def _choose(self, lines: list[str]) -> list[str]:
        """Return the lines from the first line of prose to the last, each once, without the headline.

        Short lines between them stay: they are subheadings.
        """
        kept: dict[str, str] = {}
        for line in lines:
            key = make_key(line)
            if key and key not in self._keys:
                kept.setdefault(key, line)
        whole = list(kept.values())
        places = [place for place, line in enumerate(whole) if is_prose(line)]
        return whole[places[0] : places[-1] + 1] if places else []

    def _read(self, node: object, depth: int) -> list[str]:
        self._left -= 1
        if self._left < 0 or depth > _MOST_DEPTH:
            return []
        if isinstance(node, str):
            return self._read_text(node, depth)
        if isinstance(node, list):
            return self._read_list(node, depth)
        return self._read_object(node, depth) if isinstance(node, dict) else []

    def _read_text(self, text: str, depth: int) -> list[str]:
        if text[:1] in "{[" and len(text) > _FEWEST_JSON:
            inner = load_json(text)
            if inner is not None:
                return self._read(inner, depth + 1)
        # markup may hide that a text is prose
        return read_paragraphs(text) if is_prose(text) or ("<p" in text and len(text) > 100) else []

    def _read_list(self, node: list[Any], depth: int) -> list[str]:
        pieces = [_inline_text(item) for item in node]
        # a list of inline nodes is a paragraph; with more than 500 it is a list of names
        if node and len(node) <= 500 and all(piece is not None for piece in pieces):
            return _join([piece or "" for piece in pieces])
        return [line for item in node for line in self._read(item, depth + 1)]

    def _read_object(self, node: Mapping[str, Any], depth: int) -> list[str]:
        # references of Apollo: {"__ref": id}, in older versions {"type": "id", "id": id}, perhaps with a third field
        reference = node.get("__ref") or (node.get("id") if node.get("type") == "id" else None)
        if isinstance(reference, str) and len(node) <= 3:
            return self._follow(reference, depth)
        # the object asked for holds the headline, so it is not another article
        if depth and self._is_another(node):
            return []
        parts = (value for name, value in node.items() if not _ASIDE.search(name))
        return [line for value in parts for line in self._read(value, depth + 1)]

    def _follow(self, reference: str, depth: int) -> list[str]:
        """Return the prose of an object that a normalised store (Apollo) keeps at the root of the data."""
        if reference in self._open or reference not in self._root:
            return []
        self._open.add(reference)
        return self._read(self._root[reference], depth + 1)

    def _is_another(self, node: Mapping[str, Any]) -> bool:
        """Return whether an object is another article: it has an address, and a name that is not the page's."""
        name = next((node[key] for key in _NAMES if isinstance(node.get(key), str | dict)), None)
        # WordPress: {"title": {"rendered": "..."}}
        if isinstance(name, dict):
            name = name.get("rendered")
        if not isinstance(name, str) or not name or _is_headline(name, self._keys):
            return False
        return any(isinstance(node.get(key), str) for key in _ADDRESSES)


def _inline_text(item: object) -> str | None:
    """Return the text of an inline node, with that of the nodes in it; None if it is not an inline node."""
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        return None
    kind = item.get("type", item.get("nodeType", item.get("_type", item.get("tag"))))
    if not isinstance(kind, str | None) or kind not in _INLINE:
        return None
    texts = [text for key in _TEXTS if isinstance(text := item.get(key), str)]
    if texts:
        return texts[0]
    inner = next((item[key] for key in ("children", "content", "nodes") if isinstance(item.get(key), list)), None)  # fmt: skip
    # at most a hundred nodes within a node of a line; the text of those beyond is dropped
    pieces = [_inline_text(part) for part in (inner or [])[:100]] if inner else [None]
    return "".join(piece or "" for piece in pieces) if None not in pieces else None


def _join(pieces: list[str]) -> list[str]:
    """Return the paragraphs that pieces of text make up.

    A piece begins a new paragraph if a sentence ends before it, or if it begins with a capital and no space precedes it.
    """
    lines: list[str] = []
    for piece in pieces:
        last = lines[-1] if lines else ""
        is_new = not last or _SENTENCE_END.search(last[-20:]) is not None
        is_new = is_new or (not last[-1:].isspace() and piece[:1].isupper())
        if is_new and not piece[:1].isspace():
            lines.append(piece)
        elif lines:
            lines[-1] += piece
    return [paragraph for line in lines for paragraph in read_paragraphs(line)]
