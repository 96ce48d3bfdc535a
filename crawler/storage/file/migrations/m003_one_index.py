"""One index of words, that of the watch language: the second one, which only a search box of the tables asked, is dropped."""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration


@migration
def m003_one_index(database: Database) -> None:
    """Drop the full-text index of current texts, and the view it read them from (decision 040)."""
    database.execute("DROP TABLE articles_fts")
    database.execute("DROP VIEW article_texts")
