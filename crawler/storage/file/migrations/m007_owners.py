"""One owner for each table: claims and ends of visits lie in ``runs``, alerts to be told in ``outbox``, and high-water marks say
how far the daemon has come with either."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS
from crawler.text.web.urls import source_version

_STATEMENTS = (
    "DROP INDEX runs_to_plan",
    "DROP INDEX sources_by_domain",
    "ALTER TABLE runs ADD COLUMN version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE runs ADD COLUMN lease_until TEXT",
    "ALTER TABLE runs ADD COLUMN read_at TEXT",
    "ALTER TABLE runs ADD COLUMN searched_at TEXT",
    "ALTER TABLE runs ADD COLUMN backfill_from TEXT",
    "ALTER TABLE runs ADD COLUMN finish_no INTEGER",
    "UPDATE runs SET finish_no = id WHERE finished_at IS NOT NULL AND is_planned = 1",
    """CREATE TABLE marks (
        name TEXT PRIMARY KEY,                          -- what is worked off in order: runs, outbox
        value INTEGER NOT NULL                          -- the last one that was
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO marks SELECT 'runs', coalesce(max(finish_no), 0) FROM runs",
    "INSERT INTO marks VALUES ('outbox', 0)",
    # what ended and is not planned yet comes after everything that is
    """UPDATE runs SET finish_no = id + (SELECT value FROM marks WHERE name = 'runs')
       WHERE finished_at IS NOT NULL AND is_planned = 0""",
    "ALTER TABLE runs DROP COLUMN is_planned",
    "CREATE UNIQUE INDEX runs_by_finish ON runs (finish_no) WHERE finish_no IS NOT NULL",
    "CREATE INDEX runs_open ON runs (source_id) WHERE finished_at IS NULL",
    "ALTER TABLE sources DROP COLUMN lease_until",
    "ALTER TABLE sources ADD COLUMN version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sources ADD COLUMN wanted_at TEXT",
    "CREATE INDEX sources_by_domain ON sources (domain)",
    "UPDATE sources SET version = source_version(url, kind)",
    "ALTER TABLE ways ADD COLUMN version TEXT NOT NULL DEFAULT ''",
    "UPDATE ways SET version = (SELECT version FROM sources WHERE sources.id = ways.source_id)",
    "ALTER TABLE entries ADD COLUMN missing_since TEXT",
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,                         -- in the order queued; the daemon's mark is the last it took up
        alert_id INTEGER NOT NULL REFERENCES alerts (id),
        recipient TEXT NOT NULL,                        -- a mail address, or the name of a channel
        is_backfill INTEGER NOT NULL DEFAULT 0,
        queued_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX outbox_by_alert ON outbox (alert_id)",
)


@MIGRATIONS()
def m007_owners(database: Database) -> None:
    """Part what two processes used to write."""
    database.conn.create_function("source_version", 2, source_version, deterministic=True)
    for statement in _STATEMENTS:
        database.execute(statement)
