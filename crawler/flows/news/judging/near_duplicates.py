"""Finds stored articles that share text with a new one: candidates from the index, each compared word by word."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import Bounds, Text, compare, make_text
from crawler.dedup.siblings import SHORT_WORDS
from crawler.model.article import KnownArticle
from crawler.model.story import Relation, SimilarArticle, Similarity
from crawler.storage.news.sketches import find_candidates
from crawler.storage.news.stories import (
    StoredText,
    are_ruled_apart,
    find_same_words,
    first_id_since,
    get_texts,
)

# texts read at a time: most often the first candidates decide
_AT_ONCE = 8


def find_similar(
    connection: sqlite3.Connection,
    text: Text,
    keys: tuple[int, ...],
    fingerprint: str,
    *,
    known: KnownArticle | None,
    since: datetime,
) -> tuple[SimilarArticle, ...]:
    """Return the articles first seen since an instant that share much with a text.

    Of texts of at least 120 words, articles with exactly the same words count whenever they were seen.

    keys   the text's sketch
    known  the article whose text this is, if it is stored
    """
    words = text.words
    own = known.article_id if known else None
    oldest = first_id_since(connection, since)
    same = find_same_words(
        connection, fingerprint, since_id=oldest if len(words) < SHORT_WORDS else 0
    )
    # none of these is more promising than another
    unranked = Bounds(most_in_vain=len(same) + 1)
    similar = [*_compare(text, same, unranked, words=words)]
    known_ids = {one.article_id for one in same} | {own}
    ranked = find_candidates(connection, keys, since_id=oldest)
    others = [other for other in ranked if other not in known_ids]
    similar += _compare(text, _read_texts(connection, others), Bounds())
    return _without_ruled_apart(
        connection, [one for one in similar if one.article_id != own], known
    )


def _read_texts(connection: sqlite3.Connection, article_ids: Sequence[int]) -> Iterator[StoredText]:
    """Yield the texts of articles in this order, read as far as they are wanted."""
    for start in range(0, len(article_ids), _AT_ONCE):
        some = article_ids[start : start + _AT_ONCE]
        texts = {one.article_id: one for one in get_texts(connection, some)}
        yield from (texts[one] for one in some if one in texts)


def _compare(
    text: Text,
    candidates: Iterable[StoredText],
    bounds: Bounds,
    *,
    words: tuple[str, ...] | None = None,
) -> Iterator[SimilarArticle]:
    """Yield the candidates that share much with a text; ``words``: their comparable words, if these are known."""
    for stored in candidates:
        if bounds.is_over:
            return
        if not bounds.include(stored.story_id):
            continue
        found = compare(text, _make_text(stored, words))
        bounds.note(stored.story_id, found.relation)
        if found.relation is not Relation.OTHER:
            yield _make_similar(stored, found)


def _make_text(stored: StoredText, words: tuple[str, ...] | None = None) -> Text:
    """Return a stored text prepared for comparison; ``words``: its comparable words, if they are known."""
    return make_text(
        comparable_words(stored.body) if words is None else words,
        headline=stored.headline,
        body=stored.body,
        source=stored.source,
    )


def _make_similar(stored: StoredText, similarity: Similarity) -> SimilarArticle:
    return SimilarArticle(
        article_id=stored.article_id,
        story_id=stored.story_id,
        source=stored.source,
        similarity=similarity,
    )


def _without_ruled_apart(
    connection: sqlite3.Connection, similar: list[SimilarArticle], known: KnownArticle | None
) -> tuple[SimilarArticle, ...]:
    """Return the articles, without those of a story that a person split from another that shares more with the text."""
    joined: list[int] = [known.story_id] if known else []
    kept: list[SimilarArticle] = []
    for one in sorted(similar, key=lambda one: (-one.similarity.share, one.article_id)):
        apart = any(
            are_ruled_apart(connection, one.story_id, story)
            for story in joined
            if story != one.story_id
        )
        if apart:
            continue
        kept.append(one)
        if one.similarity.relation is Relation.SAME and one.story_id not in joined:
            joined.append(one.story_id)
    return tuple(kept)
