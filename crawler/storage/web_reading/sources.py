"""What the pages of sources show: their state, visits, endpoints, and how good what they bring is. Reads only."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.storage.crawl.source_standing import LATE_AFTER
from crawler.storage.file.database import to_text
from crawler.storage.web_reading.health import STANDING

# the last articles of a source: enough for shares, and few enough to read at every look
_LAST_ARTICLES = 200
_MOST_LINES = 30
_STATES = {"failing": 0, "never": 1, "late": 2, "quiet": 3, "new": 4, "ok": 5, "paused": 6}
_LIST = f"""
SELECT name, url, tags, is_active, last_success_at, next_due_at, article_count, last_failure, health, health_reason, CASE
    WHEN is_active = 0 THEN 'paused'
    {STANDING}
    WHEN health IN ('quiet', 'degraded') THEN 'quiet'
    ELSE 'ok' END AS state
FROM sources WHERE merged_into IS NULL AND (is_active = 1 OR article_count > 0)
"""  # noqa: S608  # our own text


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Shares of a source's last articles.

    undated_count, teaser_count, feed_count, agency_count   without a date; only their beginning; in the feed's words; of an agency
    refused_count   pages that were no articles, of the last ``page_count``
    """

    article_count: int
    undated_count: int
    teaser_count: int
    feed_count: int
    agency_count: int
    page_count: int
    refused_count: int


def list_source_rows(connection: sqlite3.Connection, *, now: datetime) -> tuple[sqlite3.Row, ...]:
    """Return the sources, those that need a look first."""
    rows = connection.execute(_LIST, {"late": to_text(now - LATE_AFTER)})
    return tuple(sorted(rows, key=lambda row: (_STATES[row["state"]], str(row["name"]).casefold())))


def find_source_page(
    connection: sqlite3.Connection, name: str, *, now: datetime
) -> sqlite3.Row | None:
    """Return a source with its state; None if there is none of this name."""
    row: sqlite3.Row | None = connection.execute(
        f"""SELECT sources.*, states.state FROM sources
            LEFT JOIN ({_LIST}) AS states ON states.name = sources.name WHERE sources.name = :name""",  # noqa: S608  # our own text
        {"late": to_text(now - LATE_AFTER), "name": name},
    ).fetchone()
    return row


def list_last_visits(
    connection: sqlite3.Connection, source_id: int, *, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the last visits of a source that have ended, the latest first."""
    return tuple(
        connection.execute(
            """SELECT * FROM visits WHERE source_id = ? AND finished_at IS NOT NULL ORDER BY id DESC LIMIT ?""",
            [source_id, limit],
        )
    )


def list_endpoints_of(connection: sqlite3.Connection, source_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the addresses a source is read at, those that find most first."""
    return tuple(
        connection.execute(
            """SELECT endpoints.* FROM endpoints JOIN sources ON sources.id = endpoints.source_id
               WHERE source_id = ? AND endpoints.is_active = 1 AND endpoints.version = sources.version
               ORDER BY first_count DESC, found_count DESC, endpoints.id LIMIT 30""",
            [source_id],
        )
    )


def measure_quality(connection: sqlite3.Connection, source_id: int) -> Quality:
    """Return the shares of a source's last articles and pages."""
    row = connection.execute(
        """SELECT count(*) AS articles, sum(published_at IS NULL) AS undated, sum(is_teaser) AS teasers, sum(is_agency) AS agency,
               sum(from_feed IS NOT NULL AND from_feed <> '') AS from_feed
           FROM (SELECT articles.*, revisions.from_feed FROM articles JOIN revisions ON revisions.id = articles.revision_id
               WHERE source_id = ? AND withdrawn_at IS NULL ORDER BY articles.id DESC LIMIT ?)""",
        [source_id, _LAST_ARTICLES],
    ).fetchone()
    pages = connection.execute(
        """SELECT count(*) AS pages, sum(state = 'refused') AS refused
           FROM (SELECT state FROM entries WHERE source_id = ? ORDER BY first_seen_at DESC LIMIT ?)
           WHERE state IN ('fetched', 'refused')""",
        [source_id, _LAST_ARTICLES],
    ).fetchone()
    return Quality(
        article_count=row["articles"],
        undated_count=row["undated"] or 0,
        teaser_count=row["teasers"] or 0,
        feed_count=row["from_feed"] or 0,
        agency_count=row["agency"] or 0,
        page_count=pages["pages"],
        refused_count=pages["refused"] or 0,
    )


def list_lines_of(connection: sqlite3.Connection, source_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the lines that a source's last pages repeat, and those a person ruled on, the most seen first."""
    return tuple(
        connection.execute(
            """SELECT * FROM boilerplate WHERE host IN (SELECT DISTINCT host FROM boilerplate_sightings WHERE url_key IN
                   (SELECT url_key FROM articles WHERE source_id = ? ORDER BY id DESC LIMIT ?))
               AND (url_count >= 3 OR ruling IS NOT NULL)
               ORDER BY ruling IS NULL, url_count DESC, line LIMIT ?""",
            [source_id, _LAST_ARTICLES, _MOST_LINES],
        )
    )


def list_last_articles(
    connection: sqlite3.Connection, source_id: int, *, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the last articles of a source."""
    return tuple(
        connection.execute(
            """SELECT id, story_id, headline, language, first_seen_at FROM articles
               WHERE source_id = ? AND withdrawn_at IS NULL ORDER BY id DESC LIMIT ?""",
            [source_id, limit],
        )
    )
