"""Watches that answer for the past: the keys of every text, what a watch was before its last change, scores, digests."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    # one row a revision, holding its keys with spaces between; the text itself is in revisions
    """CREATE VIRTUAL TABLE revision_keys USING fts5 (
        keys, content = '', detail = none, tokenize = "ascii tokenchars '=@:.-_+#'"
    )""",
    """CREATE TABLE key_index (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        analyzer_version TEXT NOT NULL,                 -- of the keys in revision_keys
        complete_from INTEGER NOT NULL                  -- revisions with this id or a later one are in it
    ) STRICT""",
    "ALTER TABLE revisions ADD COLUMN language TEXT",
    "ALTER TABLE matches ADD COLUMN score REAL NOT NULL DEFAULT 0",
    # when it was to leave: at once, or with a digest; NULL for those of earlier releases, which left at once
    "ALTER TABLE deliveries ADD COLUMN due_at TEXT",
    "ALTER TABLE watches ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE watches ADD COLUMN earlier_settings TEXT",
    "ALTER TABLE watches ADD COLUMN changed_at TEXT",
)


@MIGRATIONS()
def m005_watches(database: Database) -> None:
    """Make room for the key index, scores, a watch's earlier settings, and deliveries that wait for a digest."""
    for statement in _STATEMENTS:
        database.execute(statement)
