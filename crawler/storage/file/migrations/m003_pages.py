"""Pages as they were fetched, kept for a while; lines that are furniture of a site; articles that are only beginnings."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL REFERENCES entries (id),
        article_id INTEGER REFERENCES articles (id),    -- NULL: no article was understood from it
        url TEXT NOT NULL,                              -- after redirects
        requested_url TEXT NOT NULL,
        fetched_at TEXT NOT NULL,
        content_type TEXT NOT NULL,
        size INTEGER NOT NULL,                          -- bytes before compression
        body BLOB NOT NULL                              -- zlib
    ) STRICT""",
    "CREATE INDEX pages_by_article ON pages (article_id)",
    "CREATE INDEX pages_by_entry ON pages (entry_id)",
    "CREATE INDEX pages_by_fetched_at ON pages (fetched_at)",
    """CREATE TABLE furniture (
        host TEXT NOT NULL,
        key TEXT NOT NULL,                              -- letters and digits of the line, case folded
        line TEXT NOT NULL,
        url_count INTEGER NOT NULL DEFAULT 0,           -- addresses it was seen on
        ruling TEXT,                                    -- what a person says: cut or keep; NULL: nothing
        first_seen_at TEXT NOT NULL,
        PRIMARY KEY (host, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE furniture_sightings (
        host TEXT NOT NULL,
        key TEXT NOT NULL,
        url_key TEXT NOT NULL,
        PRIMARY KEY (host, key, url_key)
    ) STRICT, WITHOUT ROWID""",
    "ALTER TABLE articles ADD COLUMN is_teaser INTEGER NOT NULL DEFAULT 0",
)


@MIGRATIONS()
def m003_pages(database: Database) -> None:
    """Make room for pages and for what is learned of sites."""
    for statement in _STATEMENTS:
        database.execute(statement)
