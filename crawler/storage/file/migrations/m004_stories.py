"""Stories of near copies: the index of sketches, what articles share, stories that merged, and what a person ruled.

And what becomes of an article: how a revision differs, when it is looked at again, whether it is gone.
"""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE shingles (
        key INTEGER NOT NULL,                           -- one of the 16 numbers that stand for a text
        article_id INTEGER NOT NULL,
        PRIMARY KEY (key, article_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE kinships (
        article_id INTEGER NOT NULL REFERENCES articles (id),   -- the one that came, or changed, later
        other_id INTEGER NOT NULL REFERENCES articles (id),
        kinship TEXT NOT NULL,                          -- same, related
        share REAL NOT NULL,                            -- of the shorter text's phrases, those in the longer one
        covered REAL NOT NULL,                          -- of the shorter text's words, those in a shared phrase
        covered_longer REAL NOT NULL,                   -- of the longer text's words
        word_count INTEGER NOT NULL,                    -- of the shorter text
        longer_word_count INTEGER NOT NULL,
        reason TEXT NOT NULL,
        measured_at TEXT NOT NULL,
        PRIMARY KEY (article_id, other_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX kinships_by_other ON kinships (other_id)",
    """CREATE TABLE story_rulings (
        article_id INTEGER NOT NULL REFERENCES articles (id),
        other_id INTEGER NOT NULL REFERENCES articles (id),
        ruled_at TEXT NOT NULL,                         -- when a person said that these two are not one story
        PRIMARY KEY (article_id, other_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX story_rulings_by_other ON story_rulings (other_id)",
    "ALTER TABLE stories ADD COLUMN merged_into INTEGER REFERENCES stories (id)",
    "ALTER TABLE stories ADD COLUMN merged_at TEXT",
    "ALTER TABLE stories ADD COLUMN merge_reason TEXT",
    "ALTER TABLE revisions ADD COLUMN diff TEXT",
    "ALTER TABLE articles ADD COLUMN gone_at TEXT",
    "ALTER TABLE articles ADD COLUMN gone_status INTEGER",
    "ALTER TABLE entries ADD COLUMN revisit_at TEXT",
    "CREATE INDEX entries_to_revisit ON entries (source_id, revisit_at) WHERE revisit_at IS NOT NULL",
    "CREATE INDEX stories_merged ON stories (merged_into) WHERE merged_into IS NOT NULL",
)


@MIGRATIONS()
def m004_stories(database: Database) -> None:
    """Make room for near copies, differences and revisits."""
    for statement in _STATEMENTS:
        database.execute(statement)
