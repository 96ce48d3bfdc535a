"""The first schema: sources to deliveries. Instants are UTC text, truth values 0 or 1, lists JSON."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_SOURCES_AND_RUNS = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]',
    is_active INTEGER NOT NULL DEFAULT 1,           -- 0: paused, or no longer in the configuration
    next_due_at TEXT,                               -- NULL: being visited, or waiting to be planned
    lease_until TEXT,
    visited_at TEXT,                                -- first visit that succeeded
    last_success_at TEXT,
    failure_count INTEGER NOT NULL DEFAULT 0,       -- failures in a row
    last_failure TEXT,
    last_failure_at TEXT,
    every_seconds REAL,                             -- current rhythm
    feed_url TEXT,                                  -- the feed that a home page led to
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    read_in_full_at TEXT                            -- last answer that was not a 304
) STRICT;
CREATE INDEX sources_by_due ON sources (next_due_at) WHERE is_active = 1;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    outcome TEXT,                                   -- ok, unchanged, failed, interrupted
    http_status INTEGER,
    found_count INTEGER NOT NULL DEFAULT 0,
    announced_count INTEGER NOT NULL DEFAULT 0,     -- entries never seen before
    new_count INTEGER NOT NULL DEFAULT 0,
    copy_count INTEGER NOT NULL DEFAULT 0,
    revised_count INTEGER NOT NULL DEFAULT 0,
    seen_count INTEGER NOT NULL DEFAULT 0,
    refused_count INTEGER NOT NULL DEFAULT 0,
    failed_count INTEGER NOT NULL DEFAULT 0,
    match_count INTEGER NOT NULL DEFAULT 0,
    is_planned INTEGER NOT NULL DEFAULT 0,          -- 1: the scheduler has set the next visit from it
    note TEXT
) STRICT;
CREATE INDEX runs_by_source ON runs (source_id, id);
CREATE INDEX runs_to_plan ON runs (id) WHERE is_planned = 0;
"""

_ARTICLES = """
CREATE TABLE stories (
    id INTEGER PRIMARY KEY,
    headline TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    article_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE articles (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    revision_id INTEGER REFERENCES revisions (id),  -- the current one
    headline TEXT NOT NULL,
    byline TEXT,
    is_agency INTEGER NOT NULL DEFAULT 0,
    section TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    language TEXT NOT NULL,
    image_url TEXT,
    published_at TEXT,
    published_precision TEXT,
    published_zone TEXT,
    published_evidence TEXT,
    published_origin TEXT,
    published_confidence TEXT,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    revision_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX articles_by_story ON articles (story_id);
CREATE INDEX articles_by_first_seen ON articles (first_seen_at);
CREATE INDEX articles_by_source ON articles (source_id);
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    fetched_at TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    headline TEXT NOT NULL,
    body TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    reason TEXT NOT NULL                            -- why dedup judged it so
) STRICT;
CREATE INDEX revisions_by_article ON revisions (article_id);
CREATE INDEX revisions_by_fingerprint ON revisions (fingerprint);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES sources (id),
    url TEXT NOT NULL,                              -- canonical
    announced_url TEXT NOT NULL,
    guid TEXT,
    title TEXT NOT NULL DEFAULT '',
    stated_at TEXT,
    updated_at TEXT,                                -- last change the feed stated
    first_seen_at TEXT NOT NULL,
    state TEXT NOT NULL,                            -- skipped, waiting, fetched, refused, failed
    attempt_count INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT,
    reason TEXT,
    article_id INTEGER REFERENCES articles (id),
    UNIQUE (source_id, url)
) STRICT;
CREATE INDEX entries_waiting ON entries (source_id, next_try_at) WHERE state = 'waiting';
CREATE VIEW article_texts AS
    SELECT articles.id AS id, revisions.headline AS headline, revisions.body AS body
    FROM articles JOIN revisions ON revisions.id = articles.revision_id;
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    headline, body, content = 'article_texts', content_rowid = 'id', tokenize = 'porter unicode61'
);
"""

_WATCHES_AND_ALERTS = """
CREATE TABLE watches (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL,
    sources TEXT NOT NULL DEFAULT '[]',
    alert TEXT NOT NULL,
    is_active INTEGER NOT NULL DEFAULT 1            -- 0: no longer in the configuration
) STRICT;
CREATE TABLE matches (
    id INTEGER PRIMARY KEY,
    watch_id INTEGER NOT NULL REFERENCES watches (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    article_id INTEGER NOT NULL REFERENCES articles (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    matched_at TEXT NOT NULL,
    terms TEXT NOT NULL,
    hit_count INTEGER NOT NULL,
    in_headline INTEGER NOT NULL,
    snippet TEXT NOT NULL,
    snippet_marks TEXT NOT NULL,                    -- JSON [[start, end], ...] into snippet
    UNIQUE (watch_id, revision_id)
) STRICT;
CREATE INDEX matches_by_article ON matches (article_id);
CREATE INDEX matches_by_story ON matches (story_id);
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    match_id INTEGER NOT NULL UNIQUE REFERENCES matches (id),
    watch_id INTEGER NOT NULL REFERENCES watches (id),
    story_id INTEGER NOT NULL REFERENCES stories (id),
    kind TEXT NOT NULL,                             -- new, update
    raised_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alerts_once_a_story ON alerts (watch_id, story_id) WHERE kind = 'new';
CREATE INDEX alerts_by_story ON alerts (watch_id, story_id);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    alert_id INTEGER NOT NULL REFERENCES alerts (id),
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'owed',             -- owed, sent, dead
    attempt_count INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    lease_until TEXT,
    sent_at TEXT,
    answer TEXT,                                    -- the mail server's last word, or the Maildir file
    UNIQUE (alert_id, recipient)
) STRICT;
CREATE INDEX deliveries_owed ON deliveries (next_try_at) WHERE state = 'owed';
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    attempted_at TEXT NOT NULL,
    outcome TEXT NOT NULL,                          -- sent, deferred, refused
    answer TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery_id);
CREATE TABLE heartbeats (
    name TEXT PRIMARY KEY,                          -- daemon, crawl process
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    beat_at TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
) STRICT;
"""


@MIGRATIONS()
def m001_first_schema(database: Database) -> None:
    """Create every table of the first release."""
    for script in (_SOURCES_AND_RUNS, _ARTICLES, _WATCHES_AND_ALERTS):
        for statement in script.split(";\n"):
            if statement.strip():
                database.execute(statement)
