"""What readers of the web pages starred and read, story by story; and an index of matches by watch and time, for their counts."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration

_MARKS = """
CREATE TABLE story_marks (                              -- what a reader of the web pages starred and read
    reader TEXT NOT NULL,                               -- owner, or the name a proxy signed in
    story_id INTEGER NOT NULL REFERENCES stories (id),
    read_at TEXT,                                       -- NULL: unread
    starred_at TEXT,                                    -- NULL: without a star
    PRIMARY KEY (reader, story_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_marks_starred ON story_marks (reader, starred_at) WHERE starred_at IS NOT NULL;
CREATE INDEX story_marks_by_story ON story_marks (story_id);
CREATE INDEX matches_by_watch ON matches (watch_id, matched_at, story_id);
"""


@migration
def m002_story_marks(database: Database) -> None:
    """Create the table of marks, and the index."""
    for statement in _MARKS.split(";\n"):
        if statement.strip():
            database.execute(statement)
