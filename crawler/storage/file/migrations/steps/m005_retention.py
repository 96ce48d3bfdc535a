"""What lets a file be kept small for years: visits added up by day, entries remembered in eight bytes, and texts compressed."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration

_RETENTION = """
CREATE TABLE forgotten_entries (                        -- what the entries that were deleted were known by: they are no news if listed again
    source_id INTEGER NOT NULL REFERENCES sources (id),
    digest INTEGER NOT NULL,                            -- of an entry's key, address or guid
    PRIMARY KEY (source_id, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE packed_texts (                             -- older texts; revisions.body is empty for them
    revision_id INTEGER PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
    body BLOB NOT NULL                                  -- brotli
) STRICT;
CREATE TABLE file_sizes (                               -- how large this file was, a row a day: doctor says how it grows
    day TEXT PRIMARY KEY,                               -- in UTC
    bytes INTEGER NOT NULL,                             -- without what is free in it
    free_bytes INTEGER NOT NULL                         -- of deleted rows, used again by the next ones
) STRICT, WITHOUT ROWID;
ALTER TABLE visits ADD COLUMN visit_count INTEGER NOT NULL DEFAULT 1;
CREATE INDEX boilerplate_rare ON boilerplate (first_seen_at) WHERE ruling IS NULL AND url_count < 3;
-- what refers to a text: else each that is deleted is looked for in every match and alert
CREATE INDEX revisions_by_visit ON revisions (visit_id);
CREATE INDEX matches_by_revision ON matches (revision_id);
CREATE INDEX alerts_by_revision ON alerts (revision_id);
CREATE INDEX alerts_by_since ON alerts (since_revision_id) WHERE since_revision_id IS NOT NULL;
CREATE INDEX articles_by_revision ON articles (revision_id);
"""


@migration
def m005_retention(database: Database) -> None:
    """Create the tables, the column and the indexes."""
    for statement in _RETENTION.split(";\n"):
        if statement.strip():
            database.execute(statement)
