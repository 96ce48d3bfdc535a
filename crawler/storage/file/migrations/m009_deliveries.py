"""Finding a digest that can be joined, and what is not sent yet, without reading all letters ever sent."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import MIGRATIONS

_STATEMENTS = (
    # asked for every match and recipient, in the transaction of the article
    "CREATE INDEX deliveries_digests ON deliveries (recipient, series, due_at) WHERE kind = 'digest'",
    "CREATE INDEX deliveries_unsent ON deliveries (state, due_at) WHERE state <> 'sent'",
)


@MIGRATIONS()
def m009_deliveries(database: Database) -> None:
    """Index what is looked up among letters that are not sent, and among digests."""
    for statement in _STATEMENTS:
        database.execute(statement)
