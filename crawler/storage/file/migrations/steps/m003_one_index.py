"""One index of words, that of the watch language: the second one, which only a search box of the tables asked, is dropped.

And an index of withdrawn articles.
"""

from sqlite_utils import Database

from crawler.storage.file.migrations.registry import migration


@migration
def m003_one_index(database: Database) -> None:
    """Drop the full-text index of current texts, and the view it read them from (decision 040)."""
    database.execute("DROP TABLE articles_fts")
    database.execute("DROP VIEW article_texts")
    # few of a million: so that counts of stories can leave out those that turned out to be none
    database.execute(
        "CREATE INDEX articles_withdrawn ON articles (story_id) WHERE withdrawn_at IS NOT NULL"
    )
