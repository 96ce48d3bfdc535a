"""Reading JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from crawler.errors import NotAFeed
from crawler.extract.documents.lenient_json import find_json, load_json
from crawler.extract.feeds.feed_fields import read_instant, read_text
from crawler.extract.feeds.feed_limit import choose_newest
from crawler.model.source import Feed, FeedEntry
from crawler.text.languages.language_tags import find_code
from crawler.text.lines import clean_line, strip_markup
from crawler.text.markup import read_paragraphs
from crawler.text.web.typed_links import read_typed_link

# characters kept of an entry's text, as long as a long article (decision 024)
MOST_CHARACTERS = 20_000
_OWN_KEYS = frozenset({"home_page_url", "feed_url"})
_VERSION, _HEAD_CHARACTERS = "jsonfeed.org/version", 4096


def is_json_feed(text: str) -> bool:
    """Return whether an answer is meant as JSON, even if the server printed a warning before it."""
    return text.lstrip()[:1] == "{" or (
        _VERSION in text[:_HEAD_CHARACTERS] and "<rss" not in text[:_HEAD_CHARACTERS]
    )


def parse_json_feed(text: str, *, url: str, fetched_at: datetime, max_entries: int) -> Feed:
    """Return the entries and properties of a JSON Feed; see ``parse_feed`` for its arguments.

    raises  NotAFeed with a reason, worded for a person
    """
    document = _load(text)
    if not isinstance(document, dict):
        raise NotAFeed("the answer looks like JSON but cannot be read as JSON")
    items = _find_items(document)
    if items is None:
        raise NotAFeed("the answer is JSON, but not a JSON Feed")
    entries: dict[FeedEntry, None] = {}
    empty_count = 0
    for item in _choose(items, max_entries, fetched_at=fetched_at):
        entry = _read_item(item, url=url, fetched_at=fetched_at) if isinstance(item, dict) else None
        if entry is None or not (entry.url or entry.title or entry.text):
            empty_count += 1
        else:
            entries.setdefault(entry)
    language = find_code(read_text(document, "language"))
    return Feed(
        title=strip_markup(read_text(document, "title")),
        language=language,
        entries=tuple(replace(entry, language=language) for entry in entries),
        empty_count=empty_count,
        cut_count=max(0, len(items) - max_entries),
    )


def _find_items(document: Mapping[str, object]) -> list[object] | None:
    """Return the items of a JSON Feed; None if it is none.

    A feed without its version is recognised by what only feeds have. PHP writes a list with a gap as an object.
    """
    is_feed = "jsonfeed.org" in str(document.get("version", "")) or not _OWN_KEYS.isdisjoint(
        document
    )
    items = document.get("items")
    if isinstance(items, dict) and all(str(key).isdecimal() for key in items):
        items = list(items.values())
    return items if is_feed and isinstance(items, list) else None


def _load(text: str) -> object:
    """Return the value of a JSON text, with the usual mistakes repaired; None if it cannot be read."""
    # mistakes are repaired only if this fails; what precedes the first brace was printed by the server
    try:
        document: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        plain = text[max(0, text.find("{")) :]
        document = load_json(plain) or find_json(plain)
    return document


def _choose(items: list[object], count: int, *, fetched_at: datetime) -> list[object]:
    if len(items) <= count:
        return items
    dates = [
        read_instant(item, ("date_published",), fetched_at=fetched_at)
        if isinstance(item, dict)
        else None
        for item in items
    ]
    return [items[place] for place in choose_newest(dates, count)]


def _read_item(item: Mapping[str, object], *, url: str, fetched_at: datetime) -> FeedEntry:
    stated = read_text(item, "url") or read_text(item, "external_url") or read_text(item, "id")
    words = (read_text(item, key) for key in ("content_html", "content_text", "summary"))
    published_at = read_instant(item, ("date_published",), fetched_at=fetched_at)
    updated_at = read_instant(item, ("date_modified",), fetched_at=fetched_at)
    return FeedEntry(
        url=(read_typed_link(stated, base=url) if "/" in stated else None) or "",
        guid=clean_line(str(item.get("id", ""))) or None,
        title=strip_markup(read_text(item, "title")),
        stated_at=published_at or updated_at,
        updated_at=updated_at,
        text=max((read_paragraphs(one, max_characters=MOST_CHARACTERS) for one in words), key=len),
    )
