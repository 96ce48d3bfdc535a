"""What the key index is asked for watches: the texts that have the keys at least one of them needs (decision 016).

It finds every text that a watch could hold for, and more: what keys cannot decide, the matcher does.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from crawler.config.schema import Config
from crawler.matching.languages.rules import rules_language
from crawler.matching.matcher import CompiledWatch, is_limited, looks_at_sources
from crawler.matching.queries.expressions import label_key
from crawler.matching.queries.predicates import is_proven_by_keys
from crawler.matching.queries.prefilter import (
    AllOf,
    AnyOf,
    Key,
    Requirement,
    list_source_keys,
    require,
    without_sources,
)
from crawler.storage.news.article_sources import list_source_ids
from crawler.storage.watch.key_search import KeySearch, list_indexed_languages
from crawler.storage.watch.keys import find_first_revision

_Required = frozenset[Requirement | None]


def make_search(
    connection: sqlite3.Connection,
    watches: Sequence[CompiledWatch],
    config: Config,
    *,
    since: datetime,
) -> KeySearch | None:
    """Return the search for texts since an instant that could match one of these watches; None if there can be none."""
    required = _require_by_language(connection, watches)
    keys = _write_all(required)
    if not keys:
        return None
    sources = list_source_ids(connection)
    # the index holds each text with the source that brought it; other announcers are asked for in their table
    named = _find_named(sources, required)
    bare = {frozenset(map(without_sources, one)): codes for one, codes in required.items()}
    return KeySearch(
        keys=keys,
        other=f"({_write_all(bare)}) NOT ({keys})" if named else None,
        named=named,
        scoped=_find_scoped(sources, watches, config),
        first_id=find_first_revision(connection, since=since),
    )


def is_answered_by_keys(connection: sqlite3.Connection, compiled: CompiledWatch) -> bool:
    """Return whether a watch matches every text that its search finds, so that no text need be read."""
    if is_limited(compiled) or looks_at_sources(compiled):
        return False
    rules = {rules_language(code) for code in list_indexed_languages(connection)}
    return all(is_proven_by_keys(compiled.query, language) for language in rules)


def _require_by_language(
    connection: sqlite3.Connection, watches: Sequence[CompiledWatch]
) -> dict[_Required, list[str]]:
    """Return the languages of the index, by what the watches require in them."""
    wanted = frozenset[str]().union(*(one.watch.languages for one in watches))
    is_any = any(not one.watch.languages for one in watches)
    found = defaultdict[_Required, list[str]](list)
    for code in list_indexed_languages(connection):
        if is_any or code in wanted:
            rules = rules_language(code)
            found[frozenset(require(one.query, rules) for one in watches)].append(code)
    return dict(found)


def _find_named(
    sources: Iterable[tuple[int, str]], required: Iterable[_Required]
) -> tuple[int, ...]:
    """Return the ids of the sources that queries name."""
    keys = frozenset[str]().union(*(list_source_keys(one) for each in required for one in each))
    return tuple(one for one, name in sources if label_key("source", name) in keys) if keys else ()


def _find_scoped(
    sources: Iterable[tuple[int, str]], watches: Sequence[CompiledWatch], config: Config
) -> tuple[int, ...] | None:
    """Return the ids of the sources that all watches are limited to; None if one of them is not limited."""
    if any(not one.watch.sources for one in watches):
        return None
    scopes = frozenset[str]().union(*(one.watch.sources for one in watches))
    return tuple(one for one, name in sources if config.scopes_of(name) & scopes)


def _write_all(required: dict[_Required, list[str]]) -> str:
    """Return what is required as one FTS5 expression; empty without any language."""
    return " OR ".join(f"({_write_group(each, codes)})" for each, codes in required.items())


def _write_group(required: _Required, codes: Sequence[str]) -> str:
    labels = " OR ".join(_quote(Key(label_key("lang", code))) for code in codes)
    written = sorted(_write(one) for one in required if one is not None)
    # a watch that requires nothing is met by every text of the language
    if None in required:
        return labels
    return f"({labels}) AND ({' OR '.join(f'({one})' for one in written)})"


def _write(requirement: Requirement) -> str:
    """Return a requirement as an FTS5 expression."""
    match requirement:
        case Key():
            return _quote(requirement)
        case AllOf(parts):
            return " AND ".join(f"({_write(part)})" for part in parts)
        case AnyOf(parts):
            return " OR ".join(f"({_write(part)})" for part in parts)


def _quote(key: Key) -> str:
    quoted = '"' + key.key.replace('"', '""') + '"'
    return f"{quoted} *" if key.is_prefix else quoted
