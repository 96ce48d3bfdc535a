"""What the tables of a database take, with their indexes."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.storage.retention.file_room import measure_file

_FREE = "(free)"


@dataclass(frozen=True, slots=True)
class Size:
    """What one table takes, in bytes, with its indexes."""

    table: str
    rows: int
    bytes: int


def measure_tables(connection: sqlite3.Connection, *, share: int) -> list[Size]:
    """Return what the tables take, the largest first, times ``share``; what is free in the file counts too."""
    tables = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master").fetchall())
    sizes = Counter[str]()
    for name, size in connection.execute(
        "SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name"
    ):
        owner = tables.get(name, name)
        sizes["revision_keys" if owner.startswith("revision_keys_") else owner] += size
    counted = [
        Size(table, _count(connection, table) * share, size * share)
        for table, size in sizes.most_common()
    ]
    return [*counted, Size(_FREE, 0, measure_file(connection).free_bytes * share)]


def _count(connection: sqlite3.Connection, table: str) -> int:
    if table.startswith("sqlite_") or table == "revision_keys":
        return 0
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def print_sizes(sizes: Sequence[Size], *, sources: int, days: int, share: int) -> None:
    """Print a table, and the sum."""
    print(f"{days} days of {sources} sources, one source in {share} simulated\n")
    print(f"| {'table':<22} | {'rows':>10} | {'GB':>7} |\n| {'-' * 22} | {'-' * 9}: | {'-' * 6}: |")
    small = [one for one in sizes if one.bytes < 5_000_000]
    for one in sizes:
        if one not in small:
            print(f"| {one.table:<22} | {one.rows or '':>10} | {one.bytes / 1e9:7.3f} |")
    print(f"| {'others':<22} | {'':>10} | {sum(one.bytes for one in small) / 1e9:7.3f} |")
    total = sum(one.bytes for one in sizes)
    print(f"| {'all':<22} | {'':>10} | {total / 1e9:7.3f} |")
