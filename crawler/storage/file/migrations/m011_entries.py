"""An entry is more than an address: its own identity within a source, and the feed's own words on it."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    # UNIQUE (source_id, url) was the identity; the rule stays with the column, which is called what it is now
    "ALTER TABLE entries RENAME COLUMN url TO entry_key",
    "ALTER TABLE entries ADD COLUMN url TEXT NOT NULL DEFAULT ''",
    "UPDATE entries SET url = entry_key",
    # a row from before without a key of its own is a second spelling of another row's address: it keeps its address
    "UPDATE entries SET entry_key = url_key WHERE url_key IS NOT NULL",
    "DROP INDEX entries_by_key",
    "CREATE INDEX entries_by_key ON entries (source_id, url_key)",
    "CREATE INDEX entries_by_guid ON entries (source_id, guid) WHERE guid IS NOT NULL",
    "ALTER TABLE entries ADD COLUMN text TEXT NOT NULL DEFAULT ''",      # the feed's own words
    "ALTER TABLE entries ADD COLUMN language TEXT",                      # what its feed claims
    "ALTER TABLE entries ADD COLUMN is_shared INTEGER NOT NULL DEFAULT 0",  # other entries have the same page
    "ALTER TABLE entries ADD COLUMN unread_since TEXT",                  # since when its page could not be read
    "ALTER TABLE entries ADD COLUMN held_until TEXT",                    # its site asked to be left alone so long
    "ALTER TABLE entries ADD COLUMN looked_at TEXT",                     # last look at its page
    "ALTER TABLE entries ADD COLUMN vain_count INTEGER NOT NULL DEFAULT 0",  # looks in a row that found nothing new
    "ALTER TABLE revisions ADD COLUMN from_feed TEXT",                   # why the text is the feed's; NULL: the page's
    "ALTER TABLE runs ADD COLUMN listed_count INTEGER NOT NULL DEFAULT 0",  # entries its feeds listed, taken or not
)  # fmt: skip


@MIGRATIONS()
def m011_entries(database: Database) -> None:
    """Tell entries apart that share a page, and keep what the feed itself says."""
    for statement in _STATEMENTS:
        database.execute(statement)
