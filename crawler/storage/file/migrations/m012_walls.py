"""Walls taken for articles: what answers that looked odd said, and which articles were taken back; lines of watched pages."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE odd_answers (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id),
        host TEXT NOT NULL,
        asked_key TEXT NOT NULL,                        -- key of the address asked for
        answered_key TEXT NOT NULL,                     -- key of the address that answered
        title TEXT NOT NULL,                            -- as announced
        words TEXT NOT NULL,                            -- the first words of its text, each once, without numbers
        article_id INTEGER REFERENCES articles (id),    -- what it was stored as; NULL: it was not
        fetched_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX odd_answers_by_host ON odd_answers (host, fetched_at)",
    "CREATE INDEX odd_answers_by_article ON odd_answers (article_id)",
    """CREATE TABLE withdrawals (
        id INTEGER PRIMARY KEY,
        source_id INTEGER NOT NULL REFERENCES sources (id),
        url TEXT NOT NULL,
        headline TEXT NOT NULL,
        reason TEXT NOT NULL,
        withdrawn_at TEXT NOT NULL,
        told_count INTEGER NOT NULL,                    -- alerts that had left by then
        cancelled_count INTEGER NOT NULL,               -- alerts that had not
        last_alert_id INTEGER NOT NULL                  -- no later alert gets this number or a smaller one
    ) STRICT""",
    """CREATE TABLE watched_lines (
        article_id INTEGER NOT NULL REFERENCES articles (id),
        key TEXT NOT NULL,                              -- its place: what it says but for digits, or its neighbours
        value TEXT NOT NULL,                            -- stands for its words at the last reading
        line TEXT NOT NULL,
        read_at TEXT NOT NULL,
        same_count INTEGER NOT NULL,
        change_count INTEGER NOT NULL,
        is_held INTEGER NOT NULL,                       -- 1: it changes by itself, and is left out of what is compared
        PRIMARY KEY (article_id, key)
    ) STRICT, WITHOUT ROWID""",
    "ALTER TABLE articles ADD COLUMN withdrawn_at TEXT",
    "CREATE INDEX entries_by_article ON entries (article_id) WHERE article_id IS NOT NULL",
)


@MIGRATIONS()
def m012_walls(database: Database) -> None:
    """Make room for what tells a wall from an article, and a counter from a price."""
    for statement in _STATEMENTS:
        database.execute(statement)
