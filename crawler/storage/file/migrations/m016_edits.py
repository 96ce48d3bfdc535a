"""Edits of the configuration: names that changed and are the same watch or source, and alerts that are left out of messages."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    "ALTER TABLE watches ADD COLUMN next_name TEXT",  # what `watch rename` asked for, until the configuration says it too
    "ALTER TABLE watches ADD COLUMN thread_name TEXT",  # its first name, where it has another now
    "ALTER TABLE watches ADD COLUMN merged_into INTEGER REFERENCES watches (id)",  # the row that has its name and history now
    "ALTER TABLE sources ADD COLUMN next_name TEXT",
    "ALTER TABLE sources ADD COLUMN merged_into INTEGER REFERENCES sources (id)",
    "ALTER TABLE delivery_alerts ADD COLUMN left_out TEXT",  # why the message does not bring it; NULL where it does
    "ALTER TABLE delivery_alerts ADD COLUMN left_out_by TEXT",  # configuration or mute
    "ALTER TABLE delivery_alerts ADD COLUMN left_out_at TEXT",
    "CREATE INDEX delivery_alerts_left_out ON delivery_alerts (left_out_at) WHERE left_out_at IS NOT NULL",
    "CREATE INDEX deliveries_reports ON deliveries (recipient, due_at) WHERE kind = 'receipt'",
    "ALTER TABLE deliveries ADD COLUMN is_asked INTEGER NOT NULL DEFAULT 0",  # 1: somebody asked for it by name
)


@MIGRATIONS()
def m016_edits(database: Database) -> None:
    """Let a name change, and a message say what it leaves out."""
    for statement in _STATEMENTS:
        database.execute(statement)
