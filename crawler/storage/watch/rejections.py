"""The rejections table: alerts that somebody marked as not what the watch means.

Owner: daemon.
"""

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime

from crawler.storage.file.database import to_text
from crawler.storage.file.functions import BODY


def save_rejection(connection: sqlite3.Connection, alert_id: int, *, now: datetime) -> None:
    """Record that an alert was rejected."""
    connection.execute(
        "INSERT OR IGNORE INTO rejections (alert_id, rejected_at) VALUES (?, ?)",
        [alert_id, to_text(now)],
    )


def list_rejected_texts(
    connection: sqlite3.Connection, watch: str, *, limit: int
) -> tuple[sqlite3.Row, ...]:
    """Return the articles of a watch's rejected alerts, with their current text and story, newest first."""
    return tuple(
        connection.execute(
            f"""SELECT articles.id AS article_id, articles.story_id, articles.language, articles.headline,
                   {BODY} AS body, json_group_array(matches.terms) AS terms
               FROM rejections JOIN alerts ON alerts.id = rejections.alert_id
               JOIN matches ON matches.id = alerts.match_id JOIN watches ON watches.id = alerts.watch_id
               JOIN articles ON articles.id = matches.article_id
               JOIN revisions ON revisions.id = articles.revision_id
               WHERE watches.name = ? GROUP BY articles.id ORDER BY max(rejections.rejected_at) DESC,
               articles.id DESC LIMIT ?""",  # noqa: S608
            [watch, limit],
        )
    )


def list_similar(
    connection: sqlite3.Connection, article_ids: Collection[int]
) -> tuple[tuple[int, int], ...]:
    """Return the pairs of these articles that share much of their text."""
    rows = connection.execute(
        """SELECT article_id, other_id FROM similarities
           WHERE article_id IN (SELECT value FROM json_each(:ids))
               AND other_id IN (SELECT value FROM json_each(:ids))""",
        {"ids": json.dumps(sorted(article_ids))},
    )
    return tuple((row["article_id"], row["other_id"]) for row in rows)


def list_source_names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return names and addresses of all sources that were ever configured."""
    rows = connection.execute("SELECT name, url FROM sources")
    return tuple(f"{row['name']} {row['url']}" for row in rows)
