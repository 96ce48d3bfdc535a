"""The watches table: the watches of the configuration, and those that left it.

Owner: daemon.
"""

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from crawler.errors import Overtaken
from crawler.model.watch import Watch
from crawler.storage.file.database import to_instant, to_text

if TYPE_CHECKING:  # listings start faster without pydantic
    from crawler.config.schema import Config
    from crawler.config.sections.watches import WatchSettings

# a name with its settings; None for a watch that left the configuration
ChangedWatch = tuple[str, "WatchSettings | None"]


def list_changed_watches(
    connection: sqlite3.Connection, settings: Iterable["WatchSettings"]
) -> tuple[ChangedWatch, ...]:
    """Return the watches whose rows differ from the configuration, by name; None for one that left it."""
    known = {
        row["name"]: row["settings"] if row["is_active"] else None
        for row in connection.execute("SELECT name, settings, is_active FROM watches")
    }
    wanted = {watch.name: watch for watch in settings}
    gone = ((name, None) for name, text in known.items() if name not in wanted and text is not None)
    changed = (
        (name, watch) for name, watch in wanted.items() if known.get(name) != write_settings(watch)
    )
    return (*gone, *changed)


def save_watches(
    connection: sqlite3.Connection,
    changed: Iterable[ChangedWatch],
    *,
    now: datetime,
) -> None:
    """Save changed watches; those that left the configuration stay, inactive. Call inside a transaction.

    The settings before the last change are kept too.
    """
    for name, watch in changed:
        if watch is None:
            connection.execute(
                "UPDATE watches SET is_active = 0, inactive_since = ? WHERE name = ?",
                [to_text(now), name],
            )
            continue
        connection.execute(
            """INSERT INTO watches (name, query, sources, alert, settings) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET query = excluded.query, sources = excluded.sources,
                   alert = excluded.alert, is_active = 1,
                   returned_at = iif(is_active = 0, ?, returned_at),
                   earlier_settings = iif(settings IN (excluded.settings, '{}'), earlier_settings, settings),
                   changed_at = iif(settings IN (excluded.settings, '{}'), changed_at, ?),
                   settings = excluded.settings""",
            [
                name,
                watch.query,
                json.dumps(watch.sources),
                watch.alert.value,
                write_settings(watch),
                to_text(now),
                to_text(now),
            ],
        )


def list_returned(
    connection: sqlite3.Connection, *, since: datetime
) -> tuple[tuple[int, datetime, datetime], ...]:
    """Return the watches that came back into the configuration since an instant, as (id, left at, came back at)."""
    rows = connection.execute(
        """SELECT id, inactive_since, returned_at FROM watches
           WHERE is_active = 1 AND returned_at >= ? AND inactive_since <= returned_at""",
        [to_text(since)],
    )
    return tuple(
        (row["id"], to_instant(row["inactive_since"]), to_instant(row["returned_at"]))
        for row in rows
    )


def write_settings(watch: "WatchSettings") -> str:
    """Return the settings of a watch as JSON, without its recipients: everybody may read the table."""
    return watch.model_dump_json(exclude_defaults=True, exclude={"to", "channels"})


def load_watches(connection: sqlite3.Connection, config: "Config") -> tuple[Watch, ...]:
    """Return the configured watches with their row ids, in the order of the configuration.

    raises  Overtaken if one has no row: the configuration is not in force yet, or not any more
    """
    ids = list_watch_ids(connection)
    strangers = [watch.name for watch in config.watches if watch.name not in ids]
    if strangers:
        raise Overtaken(f"the database knows no watch called {', '.join(strangers[:3])}")
    return tuple(make_watch(watch, config, watch_id=ids[watch.name]) for watch in config.watches)


def list_watch_ids(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the ids of all watches by name, also of those that left the configuration."""
    return {row["name"]: row["id"] for row in connection.execute("SELECT id, name FROM watches")}


def list_merged_ids(connection: sqlite3.Connection) -> dict[int, int]:
    """Return the ids of merged watches, each with the id of the row it was merged into."""
    rows = connection.execute("SELECT id, merged_into FROM watches WHERE merged_into IS NOT NULL")
    return {row["id"]: row["merged_into"] for row in rows}


def make_watch(settings: "WatchSettings", config: "Config", *, watch_id: int = 0) -> Watch:
    """Return a watch made of its settings; synonyms, and the zone of ``mute_until``, come from the configuration."""
    words = {item.name: item.words for item in config.synonyms}
    muted, zone = settings.mute_until, settings.timezone or config.timezone
    return Watch(
        id=watch_id,
        name=settings.name,
        query=settings.query,
        sources=settings.sources,
        languages=settings.languages,
        title_only=settings.title_only,
        min_mentions=settings.min_mentions,
        synonyms=tuple(words[name] for name in settings.synonyms if name in words),
        alert=settings.alert,
        digest=settings.digest,
        group=settings.group or "",
        timezone=zone,
        on_revision=settings.on_revision,
        recipients=config.recipients_of(settings),
        mute_until=_start_of(muted, ZoneInfo(zone)) if muted else None,
    )


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def find_watch(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Return a watch's row by name."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM watches WHERE name = ?", [name]
    ).fetchone()
    return row


def list_group(connection: sqlite3.Connection, name: str) -> tuple[sqlite3.Row, ...]:
    """Return the watches that share the digest of a group."""
    return tuple(
        connection.execute(
            "SELECT id, name FROM watches WHERE json_extract(settings, '$.group') = ?", [name]
        )
    )


def list_watches(connection: sqlite3.Connection) -> tuple[sqlite3.Row, ...]:
    """Return watches with what they have found so far, by name."""
    return tuple(
        connection.execute(
            """SELECT watches.*,
                   (SELECT count(*) FROM matches WHERE watch_id = watches.id) AS match_count,
                   (SELECT count(*) FROM alerts WHERE watch_id = watches.id) AS alert_count,
                   (SELECT max(matched_at) FROM matches WHERE watch_id = watches.id)
                       AS last_match_at
               FROM watches WHERE merged_into IS NULL ORDER BY name"""
        )
    )
