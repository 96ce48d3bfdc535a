"""What Today shows: stories that watches matched, counts since the last look, counts a day, and what comes next. Reads only."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.web_reading.cards import WITHDRAWN

# texts among which edits are looked for: a day or more of any installation we know
_RECENT_TEXTS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of an article that a watch matches, after it was first read."""

    article_id: int
    headline: str
    language: str
    source: str
    seen_at: datetime
    diff: str


def list_matched_stories(
    connection: sqlite3.Connection, *, limit: int, before: int = 0, watch_id: int = 0
) -> tuple[tuple[int, int], ...]:
    """Return the stories that watches matched, the latest first match first, each with the number of that match.

    before    only stories first matched before the match with this number; 0 for all
    watch_id  only those of this watch; 0 for those of every active watch
    """
    # of all watches by number, from the newest match on; of one by its own index, as its last match may be a million matches ago
    chosen = (
        "watch_id = :watch"
        if watch_id
        else "watch_id IN (SELECT id FROM watches WHERE is_active = 1)"
    )
    plus = "" if watch_id else "+"
    order = "matched_at DESC, id DESC" if watch_id else "id DESC"
    rows = connection.execute(
        f"""SELECT story_id, id FROM matches AS own
           WHERE {plus}{chosen} AND (:before = 0 OR id < :before)
               AND NOT EXISTS (SELECT 1 FROM matches AS earlier WHERE earlier.story_id = own.story_id AND earlier.id < own.id
                   AND earlier.{chosen})
           ORDER BY {order} LIMIT :limit""",  # noqa: S608  # our own text
        {"before": before, "watch": watch_id, "limit": limit},
    )
    return tuple((row["story_id"], row["id"]) for row in rows)


def count_new_stories(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Return how many stories active watches matched for the first time since an instant, and how many each of them did.

    A story that was matched before and is edited now is not new, and one whose articles were all withdrawn is none.
    """
    # the plus has SQLite look through the matches of the story, of which there are few, and not through those of the watch
    rows = connection.execute(
        f"""SELECT watches.name, recent.story_id,
               EXISTS (SELECT 1 FROM matches AS earlier WHERE earlier.story_id = recent.story_id
                   AND +earlier.watch_id = recent.watch_id AND earlier.matched_at < :since) AS was_matched,
               EXISTS (SELECT 1 FROM matches AS earlier JOIN watches AS other ON other.id = +earlier.watch_id
                   WHERE earlier.story_id = recent.story_id AND other.is_active = 1 AND earlier.matched_at < :since) AS was_known
           FROM watches LEFT JOIN matches AS recent ON recent.watch_id = watches.id AND recent.matched_at >= :since
               AND recent.story_id NOT IN {WITHDRAWN}
           WHERE watches.is_active = 1 GROUP BY watches.name, recent.story_id""",  # noqa: S608  # our own text
        {"since": to_text(since)},
    )
    stories: set[int] = set()
    counts: dict[str, int] = {}
    for row in rows:
        is_met = row["story_id"] is not None
        counts[row["name"]] = counts.get(row["name"], 0) + (is_met and not row["was_matched"])
        if is_met and not row["was_known"]:
            stories.add(row["story_id"])
    return len(stories), tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def count_articles(connection: sqlite3.Connection, *, since: datetime, until: datetime) -> int:
    """Return how many articles were first read between two instants, without those that turned out to be none."""
    row = connection.execute(
        """SELECT (SELECT count(*) FROM articles WHERE first_seen_at >= :since AND first_seen_at < :until)
               - (SELECT count(*) FROM articles INDEXED BY articles_withdrawn
                  WHERE withdrawn_at IS NOT NULL AND first_seen_at >= :since AND first_seen_at < :until)""",
        {"since": to_text(since), "until": to_text(until)},
    ).fetchone()
    return int(row[0])


def count_matched_stories(
    connection: sqlite3.Connection, *, since: datetime, until: datetime
) -> int:
    """Return how many stories active watches matched between two instants."""
    row = connection.execute(
        f"""SELECT count(DISTINCT story_id) FROM watches JOIN matches ON watch_id = watches.id
            WHERE is_active = 1 AND matched_at >= ? AND matched_at < ? AND story_id NOT IN {WITHDRAWN}""",  # noqa: S608  # our own text
        [to_text(since), to_text(until)],
    ).fetchone()
    return int(row[0])


def list_edits(connection: sqlite3.Connection, *, limit: int) -> tuple[Edit, ...]:
    """Return the last edits of articles that a watch matches, the latest first."""
    rows = connection.execute(
        """SELECT revisions.article_id, articles.headline, articles.language, sources.name AS source,
               revisions.fetched_at, revisions.diff
           FROM revisions JOIN articles ON articles.id = revisions.article_id
           JOIN sources ON sources.id = articles.source_id
           WHERE revisions.id > (SELECT max(id) FROM revisions) - ? AND revisions.diff IS NOT NULL
               AND articles.withdrawn_at IS NULL
               AND EXISTS (SELECT 1 FROM matches WHERE matches.article_id = revisions.article_id)
           ORDER BY revisions.id DESC LIMIT ?""",
        [_RECENT_TEXTS, limit],
    )
    return tuple(
        Edit(
            article_id=row["article_id"],
            headline=row["headline"],
            language=row["language"],
            source=row["source"],
            seen_at=to_instant(row["fetched_at"]),
            diff=row["diff"],
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What comes next; None for nothing.

    digest_at    when the next digest is sent, and ``digest_count`` how many alerts it has so far
    visit_at     when a source is read next
    """

    digest_at: datetime | None
    digest_count: int
    visit_at: datetime | None


def find_ahead(connection: sqlite3.Connection) -> Ahead:
    """Return what the daemon does next."""
    digest = connection.execute(
        # by what is not sent: of all digests there ever were only the last are pending
        """SELECT id, due_at FROM deliveries WHERE +kind = 'digest' AND state = 'pending' AND state <> 'sent'
           ORDER BY due_at LIMIT 1"""
    ).fetchone()
    count = 0
    if digest is not None:
        count = connection.execute(
            "SELECT count(*) FROM delivery_alerts WHERE delivery_id = ? AND left_out IS NULL",
            [digest["id"]],
        ).fetchone()[0]
    visit = connection.execute(
        "SELECT min(next_due_at) FROM sources WHERE is_active = 1 AND next_due_at IS NOT NULL"
    ).fetchone()
    return Ahead(
        digest_at=to_instant(digest["due_at"]) if digest else None,
        digest_count=count,
        visit_at=to_instant_or_none(visit[0]),
    )
