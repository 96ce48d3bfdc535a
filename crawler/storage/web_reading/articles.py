"""What the page of an article shows, and notes on refused edits of the configuration. Reads only."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_instant_or_none
from crawler.storage.file.functions import BODY
from crawler.storage.file.parameters import numbered
from crawler.storage.process.refused_edits import find_refused_edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text an article has had.

    reason  why it was stored, in words
    """

    headline: str
    body: str
    word_count: int
    seen_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """How an article was found.

    kind, url    of the endpoint that announced it first; empty if that is not known any more
    stated_at    publication as the feed states it
    announced_at when we first saw it announced
    others       endpoints of the source that list articles too
    """

    kind: str
    url: str
    announced_at: datetime
    stated_at: datetime | None
    is_backfill: bool
    looked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another article that was measured to share much with this one.

    relation    same (one story) or related
    share       of the shorter text's three-word phrases, those in the longer one
    covered     of the shorter text's words, those in a shared phrase
    is_earlier  whether it was there before this one
    is_member   whether it is in the same story now: people split stories, too
    """

    article_id: int
    headline: str
    source: str
    relation: str
    share: float
    covered: float
    word_count: int
    longer_word_count: int
    reason: str
    is_earlier: bool
    is_member: bool


def list_edit_notes(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the reason why an edit of the configuration is not in force now; empty if there is none."""
    edit = find_refused_edit(connection)
    return () if edit is None else (edit.note,)


def find_article_page(connection: sqlite3.Connection, article_id: int) -> sqlite3.Row | None:
    """Return an article with its current text and the size of its story; None if there is no such article."""
    row: sqlite3.Row | None = connection.execute(
        f"""SELECT articles.*, sources.name AS source, {BODY} AS body, revisions.from_feed, revisions.word_count,
               stories.article_count
           FROM articles JOIN sources ON sources.id = articles.source_id
           JOIN revisions ON revisions.id = articles.revision_id
           JOIN stories ON stories.id = articles.story_id WHERE articles.id = ?""",  # noqa: S608
        [article_id],
    ).fetchone()
    return row


def list_matches_of(connection: sqlite3.Connection, article_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the last match of each watch with an article."""
    return tuple(
        connection.execute(
            """SELECT matches.*, watches.name AS watch FROM matches
               JOIN watches ON watches.id = matches.watch_id WHERE matches.id IN
                   (SELECT max(id) FROM matches WHERE article_id = ? GROUP BY watch_id) ORDER BY watches.name""",
            [article_id],
        )
    )


def list_texts_of(
    connection: sqlite3.Connection, article_id: int, *, limit: int
) -> tuple[Text, ...]:
    """Return the texts an article has had, the first one first; of more than ``limit``, the last."""
    rows = connection.execute(
        f"""SELECT * FROM (SELECT id, headline, {BODY} AS body, word_count, fetched_at, reason FROM revisions
               WHERE article_id = ? ORDER BY id DESC LIMIT ?) ORDER BY id""",  # noqa: S608
        [article_id, limit],
    )
    return tuple(
        Text(
            headline=row["headline"],
            body=row["body"],
            word_count=row["word_count"],
            seen_at=to_instant(row["fetched_at"]),
            reason=row["reason"],
        )
        for row in rows
    )


def list_others_of(
    connection: sqlite3.Connection, story_id: int, article_id: int
) -> tuple[sqlite3.Row, ...]:
    """Return the other articles of an article's story, the first seen first."""
    return tuple(
        connection.execute(
            """SELECT articles.id, articles.headline, articles.language, articles.first_seen_at, sources.name AS source
               FROM articles JOIN sources ON sources.id = articles.source_id
               WHERE story_id = ? AND articles.id <> ? AND withdrawn_at IS NULL ORDER BY first_seen_at""",
            [story_id, article_id],
        )
    )


def find_discovery(connection: sqlite3.Connection, article_id: int) -> Discovery | None:
    """Return how an article was found; None if its entry is not kept any more."""
    row = connection.execute(
        """SELECT entries.first_seen_at, entries.stated_at, entries.is_backfill, entries.looked_at,
               endpoints.kind, endpoints.url
           FROM entries LEFT JOIN endpoints ON endpoints.id = entries.endpoint_id
           WHERE entries.article_id = ? ORDER BY entries.first_seen_at, entries.id LIMIT 1""",
        [article_id],
    ).fetchone()
    if row is None:
        return None
    return Discovery(
        kind=row["kind"] or "",
        url=row["url"] or "",
        announced_at=to_instant(row["first_seen_at"]),
        stated_at=to_instant_or_none(row["stated_at"]),
        is_backfill=bool(row["is_backfill"]),
        looked_at=to_instant_or_none(row["looked_at"]),
    )


def list_neighbours(
    connection: sqlite3.Connection, article_id: int, *, limit: int
) -> tuple[Neighbour, ...]:
    """Return the articles that share most with this one."""
    rows = connection.execute(
        """WITH pairs AS (
               SELECT other_id AS id, similarities.* FROM similarities WHERE article_id = ?1
               UNION ALL
               SELECT article_id AS id, similarities.* FROM similarities WHERE other_id = ?1)
           SELECT pairs.*, articles.headline, sources.name AS source,
               (articles.first_seen_at, articles.id) < (own.first_seen_at, own.id) AS is_earlier, articles.story_id = own.story_id AS is_member
           FROM pairs JOIN articles ON articles.id = pairs.id JOIN articles AS own ON own.id = ?1
           JOIN sources ON sources.id = articles.source_id WHERE articles.withdrawn_at IS NULL
           -- what it is a copy of first, however many later copies are nearer
           ORDER BY is_member AND is_earlier AND relation = 'same' DESC, pairs.share DESC LIMIT ?2""",
        numbered(article_id, limit),
    )
    return tuple(
        Neighbour(
            article_id=row["id"],
            headline=row["headline"],
            source=row["source"],
            relation=row["relation"],
            share=row["share"],
            covered=row["covered"],
            word_count=row["word_count"],
            longer_word_count=row["longer_word_count"],
            reason=row["reason"],
            is_earlier=bool(row["is_earlier"]),
            is_member=bool(row["is_member"]),
        )
        for row in rows
    )
