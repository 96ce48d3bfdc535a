"""Each table has one owner, named at the head of its file, and a connection writes nothing else."""

import re
import sqlite3
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.storage.file import owners
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.owners import TABLES, Owner, owner_of

STORAGE = Path(owners.__file__).parents[1]
WRITES = re.compile(r"\b(?:INSERT (?:OR \w+ )?INTO|UPDATE(?: OR \w+)?|DELETE FROM)\s+(\w+)")
NAMED = re.compile(r"^Owner: (crawl process|daemon)\b", re.MULTILINE)


def files_that_write() -> dict[str, set[str]]:
    """Map each storage file to the tables it writes."""
    files = [path for path in STORAGE.rglob("*.py") if "migrations" not in path.parts]
    found = {
        str(path.relative_to(STORAGE)): set(WRITES.findall(path.read_text())) for path in files
    }
    return {
        name: tables & TABLES.keys() for name, tables in found.items() if tables & TABLES.keys()
    }


@pytest.mark.parametrize("name", sorted(files_that_write()))
def test_a_file_names_the_owner_of_what_it_writes(name: str) -> None:
    head = (STORAGE / name).read_text().split('"""')[1]
    named = NAMED.search(head)

    assert named, f"{name} does not say who owns what it writes"
    written = {table: TABLES[table].value for table in files_that_write()[name]}
    assert set(written.values()) == {named.group(1)}, written


def test_every_table_has_an_owner(database: sqlite3.Connection) -> None:
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {row[0] for row in rows if not row[0].startswith(("sqlite_", "_sqlite"))}

    assert {name for name in names if owner_of(name) is None} == set()
    assert TABLES.keys() <= names


@pytest.mark.parametrize("owner", [Owner.CRAWL, Owner.DAEMON, Owner.PERSON])
def test_a_connection_writes_its_owners_tables_and_no_others(
    database: sqlite3.Connection, config: Config, owner: Owner
) -> None:
    connection = open_for_writing(config.store.path, owner=owner)
    refused = set()
    for table in TABLES.keys() - {"revision_keys"}:
        try:
            connection.execute(f"DELETE FROM {table} WHERE 0")
        except sqlite3.DatabaseError as error:
            assert "not authorized" in str(error)
            refused.add(table)

    assert refused == {table for table, own in TABLES.items() if own is not owner} - {
        "revision_keys",
    }
    connection.close()
