"""The inbox: what people ask of the daemon, who asked, and what came of it."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        arguments TEXT NOT NULL CHECK (json_valid(arguments) AND json_type(arguments) = 'object'),
        asked_by TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        taken_at TEXT,                                  -- when the daemon took it up
        done_at TEXT,                                   -- when it was answered
        is_done INTEGER,                                -- 1 done, 0 refused; NULL while there is no answer
        answer TEXT                                     -- one sentence for who asked
    ) STRICT""",
    "CREATE INDEX requests_open ON requests (id) WHERE done_at IS NULL",
)


@MIGRATIONS()
def m010_requests(database: Database) -> None:
    """Let everybody ask by one row, and one process do what is asked."""
    for statement in _STATEMENTS:
        database.execute(statement)
