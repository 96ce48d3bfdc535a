"""Several ways into a source, budgets of domains, robots.txt kept across crawls, and the health of sources."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.text.web.urls import article_key, budget_key

_TABLES = """
CREATE TABLE ways (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    kind TEXT NOT NULL,                             -- feed, sitemap, section, page
    url TEXT NOT NULL,
    origin TEXT NOT NULL,                           -- how it was found
    is_active INTEGER NOT NULL DEFAULT 1,
    pattern TEXT,                                   -- shape of article addresses on a section page
    due_at TEXT,                                    -- NULL: read at each visit
    wait_seconds REAL,                              -- how long a way that brings nothing of its own is left alone
    pause_seconds REAL,                             -- how long its last answer asked to be left alone
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    read_at TEXT,                                   -- first reading that succeeded
    read_in_full_at TEXT,                           -- last answer that was not a 304
    last_success_at TEXT,
    failure_count INTEGER NOT NULL DEFAULT 0,
    last_failure TEXT,
    window BLOB NOT NULL DEFAULT x'',               -- keys of the entries of the last reading, 8 bytes each
    found_count INTEGER NOT NULL DEFAULT 0,         -- articles it announced
    first_count INTEGER NOT NULL DEFAULT 0,         -- articles it announced before every other way
    UNIQUE (source_id, kind, url)
) STRICT;
CREATE TABLE domains (
    domain TEXT PRIMARY KEY,                        -- registrable domain, or host and port
    quiet_until TEXT,                               -- nothing of this domain is asked for before
    quiet_reason TEXT,
    refusal_count INTEGER NOT NULL DEFAULT 0        -- answers 429 or 503 in a row
) STRICT;
CREATE TABLE robots (
    origin TEXT PRIMARY KEY,                        -- scheme, host and port
    fetched_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    http_status INTEGER,
    body TEXT NOT NULL,
    refusal TEXT                                    -- why nothing may be fetched for now, NULL where it was read
) STRICT;
CREATE TABLE source_events (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    happened_at TEXT NOT NULL,
    health TEXT NOT NULL,
    health_before TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX source_events_by_source ON source_events (source_id, id);
ALTER TABLE sources ADD COLUMN domain TEXT NOT NULL DEFAULT '';
ALTER TABLE sources ADD COLUMN discovered_at TEXT;
ALTER TABLE sources ADD COLUMN backfill_from TEXT;
ALTER TABLE sources ADD COLUMN rhythm TEXT;
ALTER TABLE sources ADD COLUMN health TEXT NOT NULL DEFAULT 'new';
ALTER TABLE sources ADD COLUMN health_since TEXT;
ALTER TABLE sources ADD COLUMN health_reason TEXT;
ALTER TABLE sources ADD COLUMN article_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN url_key TEXT;
ALTER TABLE entries ADD COLUMN way_id INTEGER REFERENCES ways (id);
ALTER TABLE articles ADD COLUMN url_key TEXT;
ALTER TABLE runs ADD COLUMN is_gap INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN is_refused INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX entries_by_key ON entries (source_id, url_key);
CREATE UNIQUE INDEX articles_by_key ON articles (url_key);
CREATE INDEX entries_by_first_seen ON entries (source_id, first_seen_at);
CREATE INDEX entries_failed ON entries (source_id) WHERE state = 'failed';
CREATE INDEX sources_by_domain ON sources (domain) WHERE lease_until IS NOT NULL;
INSERT INTO ways (source_id, kind, url, origin, etag, last_modified, body_hash, read_at, read_in_full_at, last_success_at)
    SELECT id, 'feed', coalesce(feed_url, url), iif(kind = 'feed', 'stated', 'link'), etag, last_modified, body_hash,
        visited_at, read_in_full_at, last_success_at
    FROM sources WHERE kind = 'feed' OR feed_url IS NOT NULL;
UPDATE sources SET health = iif(visited_at IS NULL, 'new', 'ok'),
    article_count = (SELECT count(*) FROM articles WHERE source_id = sources.id)
"""
_GONE_COLUMNS = ("feed_url", "etag", "last_modified", "body_hash", "read_in_full_at")


@MIGRATIONS()
def m002_ways_in(database: Database) -> None:
    """Move what belonged to a source's one feed to its ways in, and give addresses their keys."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            database.execute(statement)
    for column in _GONE_COLUMNS:
        database.execute(f"ALTER TABLE sources DROP COLUMN {column}")
    database.conn.create_function("article_key", 1, article_key, deterministic=True)
    database.conn.create_function("budget_key", 1, budget_key, deterministic=True)
    # two addresses of one article from before: the first keeps the key, the other stays as it is, without one
    for table in ("entries", "articles"):
        database.execute(f"UPDATE OR IGNORE {table} SET url_key = article_key(url)")  # noqa: S608  # our own names
    database.execute("UPDATE sources SET domain = budget_key(url)")
