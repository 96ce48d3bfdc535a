"""Not what I meant: words that would leave such stories out, each with its price."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import log

from crawler.config.schema import Config
from crawler.config.watches import WatchSettings
from crawler.errors import QuerySyntaxError
from crawler.flows.history import Tell, list_story_sets
from crawler.matching.inflection import search_keys
from crawler.matching.matcher import CompiledWatch, compile_watch
from crawler.matching.query import parse_query
from crawler.storage.articles import find_current_row
from crawler.storage.keys import count_texts_with, open_key_counts, summarize_texts
from crawler.storage.rejections import list_rejected_stories
from crawler.storage.watches import make_watch

# how far back the price of an exclusion is measured
LOOK_BACK = timedelta(days=90)
# words that are looked at, and proposals that are shown
_MOST_WEIGHED = 12
_MOST_PROPOSED = 5
# the beginning of a text says what it is about
_READ_CHARACTERS = 4000
_IN_HEADLINE = 3
_FEWEST = 2
_MOST_READ = 3000
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[^\W\d_]{4,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A word that would leave stories out.

    query          the watch's query with the exclusion
    removed_count  stories it would have left out, of ``story_count`` the watch met
    rejected_removed_count  of these, the ones somebody rejected, of ``rejected_count``
    """

    word: str
    query: str
    removed_count: int
    story_count: int
    rejected_removed_count: int
    rejected_count: int

    @property
    def price(self) -> str:
        """Say what it does, in words."""
        others = self.removed_count - self.rejected_removed_count
        said = f"removes {self.removed_count} of the {self.story_count} stories"
        rejected = f"{self.rejected_removed_count} of {self.rejected_count} you rejected"
        return f"{said}: {rejected}, and {others} you did not"


def propose_exclusions(
    connection: sqlite3.Connection,
    settings: WatchSettings,
    config: Config,
    *,
    article_id: int,
    since: datetime,
    tell: Tell = lambda _done, _all: None,
) -> tuple[Exclusion, ...]:
    """Propose words to exclude, seen in an article that was not meant; those that leave out most rejected ones first.

    since  how far back the price is measured, on the newest 3,000 texts that could matter
    """
    base = compile_watch(make_watch(settings, config))
    words = _find_candidates(connection, article_id, base)
    queries = {word: exclude_word(settings.query, word) for word in words}
    narrowed = (replace(base.watch, query=query) for query in queries.values())
    watches = [base, *map(compile_watch, narrowed)]
    sets, _ = list_story_sets(connection, watches, config, since=since, most=_MOST_READ, tell=tell)
    kept, *left = sets
    rejected = list_rejected_stories(connection, settings.name) & kept
    found = [
        Exclusion(
            word=word,
            query=query,
            removed_count=len(kept - after),
            story_count=len(kept),
            rejected_removed_count=len((kept - after) & rejected),
            rejected_count=len(rejected),
        )
        for (word, query), after in zip(queries.items(), left, strict=True)
    ]
    useful = [one for one in found if one.removed_count and one.removed_count < one.story_count]
    return tuple(sorted(useful, key=lambda one: -one.rejected_removed_count))[:_MOST_PROPOSED]


def propose_for_reader(
    connection: sqlite3.Connection,
    watch_name: str,
    article_id: int,
    config: Config,
    *,
    now: datetime,
) -> tuple[Exclusion, ...]:
    """Propose what would leave out an article; nothing where its watch is no longer configured."""
    settings = config.watch_named(watch_name)
    if settings is None:
        return ()
    return propose_exclusions(
        connection, settings, config, article_id=article_id, since=now - LOOK_BACK
    )


def exclude_word(query: str, word: str) -> str:
    """Give a query that leaves out what says a word: ``drone`` becomes ``drone -racing``."""
    tree = parse_query(query)
    for text in (f"{query} -{word}", f"({query}) -{word}"):
        try:
            # without brackets the exclusion may belong to the last part only
            if str(parse_query(text)) == str(parse_query(f"({tree}) -{word}")):
                return text
        except QuerySyntaxError:
            continue
    return f"({query}) -{word}"


def _find_candidates(
    connection: sqlite3.Connection, article_id: int, watch: CompiledWatch
) -> tuple[str, ...]:
    """List words that set an article apart: said twice, or in the headline, and seldom elsewhere."""
    row = find_current_row(connection, article_id)
    if row is None:
        return ()
    language, own = row["language"], _keys_of_query(watch.watch.query, row["language"])
    counts = Counter[str](_words(row["body"][:_READ_CHARACTERS]))
    for word in _words(row["headline"]):
        counts[word] += _IN_HEADLINE
    open_key_counts(connection)
    text_count, _ = summarize_texts(connection, since=_EVER)
    best: dict[frozenset[str], tuple[float, str]] = {}
    for word, count in counts.items():
        keys = frozenset(search_keys(word, language))
        if count < _FEWEST or keys & own:
            continue
        elsewhere = max(count_texts_with(connection, keys).values(), default=0)
        weight = count * log((1 + text_count) / (1 + elsewhere))
        best[keys] = max(best.get(keys, (0.0, "")), (weight, word))
    ranked = sorted(best.values(), reverse=True)
    return tuple(word for weight, word in ranked[:_MOST_WEIGHED] if weight > 0)


def _words(text: str) -> Iterable[str]:
    return (found[0].casefold() for found in _WORD.finditer(text))


def _keys_of_query(query: str, language: str) -> frozenset[str]:
    return frozenset(
        key for found in _WORD.finditer(query) for key in search_keys(found[0], language)
    )
