"""Story cards: one for each story, however many watches and outlets. Reads only."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.model.watch import Snippet
from crawler.storage.file.database import to_instant, to_instant_or_none
from crawler.storage.news.story_reading import PUBLISHED_OR_SEEN_AT
from crawler.storage.watch.story_marks import map_marks

_MEMBERS = f"""
SELECT articles.story_id, articles.id, articles.url, articles.headline, articles.language, articles.revision_count,
    articles.published_at, articles.published_precision, articles.published_zone, articles.published_evidence,
    articles.published_origin, articles.first_seen_at, sources.name AS source
FROM articles JOIN sources ON sources.id = articles.source_id
WHERE articles.story_id IN (SELECT value FROM json_each(?)) AND articles.withdrawn_at IS NULL
ORDER BY {PUBLISHED_OR_SEEN_AT}, articles.id
"""  # noqa: S608  # our own expression
# stories all of whose articles were withdrawn: they have no card and count nowhere; few, and looked up once a statement
WITHDRAWN = """(SELECT gone.story_id FROM articles AS gone WHERE gone.withdrawn_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM articles AS kept WHERE kept.story_id = gone.story_id AND kept.withdrawn_at IS NULL))"""
# the sentence of the match that says most about the watch, of the earliest text where several say as much
_MATCHES = """
SELECT matches.story_id, matches.snippet, matches.snippet_marks, matches.matched_at, watches.name AS watch
FROM matches JOIN watches ON watches.id = matches.watch_id
WHERE matches.story_id IN (SELECT value FROM json_each(?))
ORDER BY watches.is_active DESC, matches.score DESC, matches.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When an article was published, as sure as it is known.

    at         None if nothing states it
    precision  minute, hour or day
    zone       the zone it was stated in, if any
    evidence   the words it was read from
    seen_at    when we first saw the article
    """

    at: datetime | None
    precision: str | None
    zone: str | None
    evidence: str | None
    origin: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A story as lists show it. Headline, address and date are those of the article that had it first.

    watches       names of the watches that match it, active ones first
    said          the sentence that proves the match; None for a story that no watch matches
    outlet_count  sources that have it
    languages     of its articles, the first one's first
    edit_count    changes of its articles after they were first read
    matched_at    when a watch first matched it
    """

    story_id: int
    article_id: int
    url: str
    headline: str
    language: str
    published: Published
    first_source: str
    outlet_count: int
    languages: tuple[str, ...]
    edit_count: int
    watches: tuple[str, ...]
    said: Snippet | None
    matched_at: datetime | None
    is_starred: bool
    is_read: bool


def list_cards(
    connection: sqlite3.Connection, story_ids: Sequence[int], *, reader: str
) -> tuple[Card, ...]:
    """Return the cards of these stories, in this order; a story all of whose articles were withdrawn has none.

    reader  whose stars and unread marks are shown; empty for nobody's
    """
    asked = json.dumps([*story_ids])
    members = _by_story(connection.execute(_MEMBERS, [asked]))
    matches = _by_story(connection.execute(_MATCHES, [asked]))
    marks = map_marks(connection, reader, story_ids) if reader else {}
    return tuple(
        _make_card(members[one], matches.get(one, []), marks.get(one, (False, False)))
        for one in dict.fromkeys(story_ids)
        if one in members
    )


def read_published(row: sqlite3.Row) -> Published:
    """Return when an article was published, from a row with the columns of ``articles``."""
    return Published(
        at=to_instant_or_none(row["published_at"]),
        precision=row["published_precision"],
        zone=row["published_zone"],
        evidence=row["published_evidence"],
        origin=row["published_origin"],
        seen_at=to_instant(row["first_seen_at"]),
    )


def _by_story(rows: sqlite3.Cursor) -> dict[int, list[sqlite3.Row]]:
    found: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        found.setdefault(row["story_id"], []).append(row)
    return found


def _join_marks(matches: Sequence[sqlite3.Row]) -> Snippet:
    """Return the best sentence, with the words of every watch that has the same one."""
    text = matches[0]["snippet"]
    spans = sorted(
        span
        for row in matches
        if row["snippet"] == text
        for span in Snippet.read(text, row["snippet_marks"]).marks
    )
    marks: list[tuple[int, int]] = []
    for start, end in spans:
        if not marks or start >= marks[-1][1]:
            marks.append((start, end))
    return Snippet(text=text, marks=tuple(marks))


def _make_card(
    members: Sequence[sqlite3.Row], matches: Sequence[sqlite3.Row], marks: tuple[bool, bool]
) -> Card:
    first = members[0]
    best = matches[0] if matches else None
    return Card(
        story_id=first["story_id"],
        article_id=first["id"],
        url=first["url"],
        headline=first["headline"],
        language=first["language"],
        published=read_published(first),
        first_source=first["source"],
        outlet_count=len({row["source"] for row in members}),
        languages=tuple(dict.fromkeys(row["language"] for row in members)),
        edit_count=sum(row["revision_count"] - 1 for row in members),
        watches=tuple(dict.fromkeys(row["watch"] for row in matches)),
        said=_join_marks(matches) if best else None,
        matched_at=to_instant(min(row["matched_at"] for row in matches)) if matches else None,
        is_starred=marks[0],
        is_read=marks[1],
    )
