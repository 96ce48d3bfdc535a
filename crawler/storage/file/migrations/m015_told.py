"""Which sources announced an article, what was held back from whom, and from which text on an alert counts what changed."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE article_sources (
        id INTEGER PRIMARY KEY,                         -- in the order in which they announced it
        article_id INTEGER NOT NULL REFERENCES articles (id),
        source_id INTEGER NOT NULL REFERENCES sources (id),
        revision_id INTEGER NOT NULL,                   -- its text at that time; 0: from before this was written down
        announced_at TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX article_sources_once ON article_sources (article_id, source_id)",
    "CREATE INDEX article_sources_by_source ON article_sources (source_id)",
    """INSERT INTO article_sources (article_id, source_id, revision_id, announced_at)
       SELECT id, source_id, 0, first_seen_at FROM articles""",
    """INSERT OR IGNORE INTO article_sources (article_id, source_id, revision_id, announced_at)
       SELECT article_id, source_id, 0, min(first_seen_at) FROM entries
       WHERE article_id IS NOT NULL GROUP BY article_id, source_id""",
    """CREATE TABLE withheld (
        id INTEGER PRIMARY KEY,
        match_id INTEGER NOT NULL REFERENCES matches (id),
        recipient TEXT NOT NULL,
        kind TEXT NOT NULL,                             -- of the alert it would have been
        reason TEXT NOT NULL,                           -- limit: told once that allows; mute: told with what follows; fault
        withheld_at TEXT NOT NULL,
        due_at TEXT,                                    -- when the limit allows it; NULL where nothing is told by itself
        tries INTEGER NOT NULL DEFAULT 0                -- that ended in a fault
    ) STRICT""",
    "CREATE UNIQUE INDEX withheld_once ON withheld (match_id, recipient, kind)",
    "CREATE INDEX withheld_due ON withheld (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX withheld_by_age ON withheld (withheld_at) WHERE due_at IS NULL",
    # a story is new to each recipient once, and not to all of them at the same time
    "DROP INDEX alerts_once_a_story",
    # the text of this article its recipients were told before, NULL where there is none
    "ALTER TABLE alerts ADD COLUMN since_revision_id INTEGER REFERENCES revisions (id)",
    # it is the last that the daily limit lets through
    "ALTER TABLE alerts ADD COLUMN is_last_today INTEGER NOT NULL DEFAULT 0",
)  # fmt: skip


@MIGRATIONS()
def m015_told(database: Database) -> None:
    """Let a watch look at an article by every source that announced it, and nothing held back count as told."""
    for statement in _STATEMENTS:
        database.execute(statement)
