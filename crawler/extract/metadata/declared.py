"""Reading the metadata of a page: its JSON-LD article node and its meta tags.

A reader of our own, because on 258 pages its titles were right on 0.810 and its authors on 0.830 of them, trafilatura's
on 0.686 and 0.775, in less time. ``articleBody`` never counts as the body by itself: on 4 of the 8 pages that had one
it was a teaser or wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml.html import HtmlElement

from crawler.extract.documents.lenient_json import load_json
from crawler.text.lines import strip_markup

# bounds for hostile pages: JSON-LD blocks, characters of one block (a longer one is skipped), nodes of all blocks
_MOST_SCRIPTS = 20
_MOST_SCRIPT_CHARACTERS = 500_000
_MOST_NODES = 2000
# endings of schema.org's types of articles: NewsArticle, LiveBlogPosting, SocialMediaPosting
_ARTICLE_TYPES = ("Article", "BlogPosting", "Posting", "ReportageNewsArticle", "Report")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of one page.

    article  the JSON-LD node of the article, ``author`` resolved to names; empty if there is none
    metas    name, property or itemprop of a meta tag, in lower case -> its first content
    tags     contents of the article:tag meta tags
    nodes    all objects of its JSON-LD, outer ones first
    """

    article: Mapping[str, Any] = field(default_factory=dict)
    metas: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    nodes: tuple[Mapping[str, Any], ...] = ()

    def meta(self, *names: str) -> str:
        """Return the content of the first of these meta tags that the page has; empty if it has none."""
        return next((self.metas[name] for name in names if self.metas.get(name)), "")

    @property
    def houses(self) -> tuple[str, ...]:
        """Return the names of the publisher and the site, as stated; empty if there are none."""
        publisher = self.article.get("publisher")
        name = publisher.get("name") if isinstance(publisher, dict) else None
        names = (name, self.meta("og:site_name"), self.meta("application-name"))
        return tuple(name for name in names if isinstance(name, str) and name)

    @property
    def description(self) -> str:
        """Return the page's description, a sentence or two; may be empty, and is often cut off at its end."""
        return self.meta("og:description", "description", "twitter:description")

    def stated(self, key: str) -> str:
        """Return a text of the article node without markup, of a list its first; empty if it has none."""
        value = self.article.get(key)
        value = value[0] if isinstance(value, list) and value else value
        return strip_markup(value) if isinstance(value, str) else ""


def read_metadata(tree: HtmlElement) -> Metadata:
    """Return the metadata of a page; broken JSON-LD is skipped."""
    metas: dict[str, str] = {}
    tags: list[str] = []
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        # some systems write "value", which no standard knows
        stated = element.get("content") or element.get("value") or ""
        content = strip_markup(stated, max_characters=1000)
        if name and content:
            metas.setdefault(name.strip().lower(), content)
        if name.strip().lower() == "article:tag" and content:
            tags.append(content)
    nodes = tuple(list_nodes(tree))
    return Metadata(article=_find_article(nodes), metas=metas, tags=tuple(tags), nodes=nodes)


def _find_article(nodes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the first article node, its authors resolved (also those stated by @id); empty if there is none."""
    by_id = {
        node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node
    }
    for node in nodes:
        if any(map(is_article_type, types_of(node))):
            return {**node, "author": _resolve(node.get("author"), by_id)}
    return {}


def is_article_type(kind: str) -> bool:
    """Return whether a schema.org type is Article or one of its subtypes."""
    return kind.endswith(_ARTICLE_TYPES)


def list_nodes(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the objects in the JSON-LD blocks of a page, outer ones first, within the first 2,000 nodes."""
    waiting: list[object] = []
    scripts = [s for s in tree.iter("script") if "ld+json" in (s.get("type") or "").lower()]
    for script in scripts[:_MOST_SCRIPTS]:
        text = script.text or ""
        if len(text) > _MOST_SCRIPT_CHARACTERS:
            continue
        waiting.append(load_json(text))
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            waiting.extend(value for value in node.values() if isinstance(value, dict | list))


def types_of(node: Mapping[str, Any]) -> list[str]:
    """Return the types of a JSON-LD node, which states one or a list; empty if it states none."""
    stated = node.get("@type")
    kinds = stated if isinstance(stated, list) else [stated]
    return [kind for kind in kinds if isinstance(kind, str)]


def _resolve(author: object, by_id: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of authors, which may be stated as text, object, reference, or a list of these."""
    names: list[str] = []
    for item in author if isinstance(author, list) else [author]:
        named: object = item
        if isinstance(item, dict):
            named = item.get("name") or by_id.get(str(item.get("@id")), {}).get("name")
        stated = named if isinstance(named, list) else [named]
        names += [name for name in stated if isinstance(name, str) and name.strip()]
    return list(dict.fromkeys(strip_markup(name, max_characters=200) for name in names))
