"""Words that rejected stories have in common: meaningful words in at least two stories about different events."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log

from crawler.matching.analysis.inflection import keys_of, plain_keys, search_keys
from crawler.matching.languages.rules import rules_language
from crawler.model.watch import Watch
from crawler.storage.watch.keys import count_texts_with, open_key_counts, summarize_texts
from crawler.storage.watch.rejections import list_rejected_texts, list_similar, list_source_names
from crawler.text.languages.stop_words import is_stop_word

# words whose price is then measured: each is one more query that is tested on the past
_MOST_WEIGHED = 12
# the newest rejections: every text of them is analysed while a person waits
_MOST_REJECTED = 200
# the beginning of a text says what it is about, and analysing whole texts takes longer
_READ_CHARACTERS = 4000
# a topic stands in the headline, or once in 120 words of the text; five times are enough in any text
_IN_HEADLINE = 5
_FEWEST_TIMES, _MOST_TIMES = 2, 5
_WORDS_FOR_ONE = 120
# a word of a single story may be its topic or its event
FEWEST_STORIES = 2
# of many stories, a quarter must have the word
_FEWEST_SHARE = 4
# a word in a larger share of texts says nothing; one of the stop word lists ("football") has to be rarer
_COMMON_SHARE = 0.08
_COMMON_SHARE_OF_LISTED = 0.04
# with fewer texts a share is chance
_FEWEST_TEXTS = 100
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[^\W\d_]{3,30}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """The rejections of a watch.

    story_ids    the stories, as they are merged by now
    event_count  how many different events they are about
    words        that at least two of these have in common, the most significant first
    """

    story_ids: frozenset[int]
    event_count: int
    words: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """A word in all its forms: its events, how many times it occurs, its spellings, and the events with it in a headline."""

    language: str
    events: set[int]
    count: int
    forms: Counter[str]
    headlines: set[int]
    keys: set[str]


def read_rejected(connection: sqlite3.Connection, watch: Watch) -> Rejected:
    """Return the rejections of a watch and the words they have in common."""
    rows = list_rejected_texts(connection, watch.name, limit=_MOST_REJECTED)
    events = _group_events(connection, rows)
    found = _gather(rows, events, _list_own(watch, rows, list_source_names(connection)))
    event_count = len(set(events.values()))
    fewest = max(FEWEST_STORIES, -(-event_count // _FEWEST_SHARE))
    common = [one for one in found.values() if len(one.events) >= fewest]
    return Rejected(
        story_ids=frozenset(row["story_id"] for row in rows),
        event_count=event_count,
        words=_rank(connection, common),
    )


def _group_events(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> dict[int, int]:
    """Return the event of each article: articles of one story, or with much common text, are about one event."""
    event_of = {row["article_id"]: row["article_id"] for row in rows}

    def find(article_id: int) -> int:
        while event_of[article_id] != article_id:
            article_id = event_of[article_id]
        return article_id

    first_of = dict[int, int]()
    pairs = [
        (row["article_id"], first_of.setdefault(row["story_id"], row["article_id"])) for row in rows
    ]
    for one, other in (*pairs, *list_similar(connection, event_of)):
        event_of[find(one)] = find(other)
    return {article_id: find(article_id) for article_id in event_of}


def _gather(
    rows: Sequence[sqlite3.Row], events: dict[int, int], own: "_Own"
) -> dict[tuple[str, str], _Found]:
    """Return the words the articles are about, without those of the query."""
    found = dict[tuple[str, str], _Found]()
    for row in rows:
        language, event = row["language"], events[row["article_id"]]
        counts = Counter(_words(row["body"][:_READ_CHARACTERS]))
        in_headline = Counter(_words(row["headline"]))
        by_word = dict[str, list[str]]()
        needed = min(max(_FEWEST_TIMES, counts.total() // _WORDS_FOR_ONE), _MOST_TIMES)
        rules = rules_language(language)
        for word in {*counts, *in_headline}:
            keys = frozenset(plain_keys(word, rules))
            if keys and not own.holds(word, keys_of(word, rules)):
                by_word.setdefault(_choose_key(keys), []).append(word)
        for key, forms in by_word.items():
            times = sum(counts[word] + _IN_HEADLINE * in_headline[word] for word in forms)
            if times < needed:
                continue
            one = found.setdefault(
                (language, key), _Found(language, set(), 0, Counter(), set(), set())
            )
            one.events.add(event)
            one.count += times
            one.forms.update({word: counts[word] + in_headline[word] for word in forms})
            one.headlines |= {event} if any(in_headline[word] for word in forms) else set()
            one.keys |= {key for word in forms for key in plain_keys(word, rules)}
    return found


def _choose_key(keys: frozenset[str]) -> str:
    """Return the key under which a word's forms come together: a stem or lemma rather than the exact form."""
    return min(keys, key=lambda key: (key.startswith("="), key))


@dataclass(frozen=True, slots=True)
class _Own:
    """Words that are never proposed: those of the watch, in any form, and names of outlets."""

    keys: frozenset[str]
    beginnings: tuple[str, ...]
    names: frozenset[str]

    def holds(self, word: str, keys: tuple[str, ...]) -> bool:
        return (
            not self.keys.isdisjoint(keys) or word in self.names or word.startswith(self.beginnings)
        )


def _list_own(watch: Watch, rows: Sequence[sqlite3.Row], sources: Iterable[str]) -> _Own:
    terms = [
        term for row in rows for stored in json.loads(row["terms"]) for term in json.loads(stored)
    ]
    text = " ".join((watch.query, *terms, *(word for words in watch.synonyms for word in words)))
    languages = {rules_language(row["language"]) for row in rows}
    wildcards = re.findall(r"([^\W\d_]{2,})\*", text)
    return _Own(
        keys=frozenset(
            key
            for word in _words(text)
            for language in languages
            for key in search_keys(word, language)
        ),
        beginnings=tuple(word.casefold() for word in wildcards),
        names=frozenset(word for name in sources for word in _words(name)),
    )


def _rank(connection: sqlite3.Connection, found: Iterable[_Found]) -> tuple[str, ...]:
    """Return the most significant words, without stop words and words that are in many texts."""
    open_key_counts(connection)
    text_count, _ = summarize_texts(connection, since=_EVER)
    ranked = list[tuple[float, str]]()
    for one in found:
        word = one.forms.most_common(1)[0][0]
        texts = max(count_texts_with(connection, one.keys).values(), default=0)
        elsewhere = max(0, texts - len(one.events))
        if _is_common(one, elsewhere, text_count):
            continue
        # as tf-idf: in many rejected events and in few other texts
        weight = len(one.events) * log((1 + text_count) / (1 + elsewhere))
        ranked.append((weight + min(one.count, 50) / 100, word))
    return tuple(
        word for weight, word in sorted(ranked, reverse=True)[:_MOST_WEIGHED] if weight > 0
    )


def _is_common(one: _Found, elsewhere: int, text_count: int) -> bool:
    """Return whether a word is too common to say what a text is about."""
    is_listed = any(is_stop_word(word, one.language) for word in one.forms)
    if text_count < _FEWEST_TEXTS:
        return is_listed
    share = elsewhere / text_count
    if not is_listed:
        return share > _COMMON_SHARE
    # "football" is on the list, and may be what two headlines are about
    return share > _COMMON_SHARE_OF_LISTED or len(one.headlines) < FEWEST_STORIES


def _words(text: str) -> Iterable[str]:
    return (found[0].casefold() for found in _WORD.finditer(text))
