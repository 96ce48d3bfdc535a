"""Edits of the configuration that the running daemon refused: said in ``doctor``, on the home page and to the admin."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    """CREATE TABLE refused_edits (
        id INTEGER PRIMARY KEY,
        note TEXT NOT NULL,                              -- why it is not in force, without quoting it
        refused_at TEXT NOT NULL,                        -- when it was first found so
        ended_at TEXT,                                   -- when it was in force, or taken back
        delivery_id INTEGER REFERENCES deliveries (id)   -- the notice that told the admin
    ) STRICT""",
    # until now a line among the signs of life
    "DELETE FROM heartbeats WHERE name = 'configuration'",
)


@MIGRATIONS()
def m019_refused_edits(database: Database) -> None:
    """Keep edits that were refused, each once."""
    for statement in _STATEMENTS:
        database.execute(statement)
