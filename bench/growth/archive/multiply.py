"""Makes a large archive of a small one: its rows again and again under new numbers, addresses and times, all in SQL.

Each time has sketches and fingerprints of its own, as other texts have: nothing of one time is a near-duplicate of another,
except by what many texts say.
Only the words are the same, which the full-text indexes see no more of than of any million articles. Writing each article by
the functions of ``storage`` instead takes eight times as long.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.growth.archive.fill import CACHE_KB, LARGE_MEMORY, USUAL_MEMORY, set_memory
from bench.growth.archive.settings import ARTICLES_A_DAY, Archive
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.process.configure import apply_config
from crawler.storage.file.database import open_for_writing, to_instant, transaction
from crawler.storage.file.migrations.schema import migrate

# columns that refer to the rows of a table, by its name; ``id`` refers to its own
_REFERENCES = {
    "article_id": "articles",
    "other_id": "articles",
    "story_id": "stories",
    "revision_id": "revisions",
    "visit_id": "visits",
    "entry_id": "entries",
    "match_id": "matches",
    "alert_id": "alerts",
    "delivery_id": "deliveries",
}
# columns that must differ each time
_ADDRESSES = ("url", "url_key", "entry_key", "guid", "announced_url", "requested_url")
_OTHERS = {
    "finish_no": "finish_no + :visits",
    "fingerprint": "iif(:back, printf('%08x', (:back * 2654435761) & 4294967295) || substr(fingerprint, 9), fingerprint)",
    "message_id": "'<' || :turn || '.' || substr(message_id, 2)",
}
# what many texts have in common (closing lines, stock phrases) they have each time; else a key is another each time, and the
# last time that of the text, so that a copy of a new article is found. A sum stays in 64 bits, which a product would not
_COMMON = """CREATE TEMP TABLE common_keys AS SELECT key FROM base.shingles GROUP BY key HAVING count(*) >= 6"""
_SKETCHES = """INSERT INTO main.shingles (key, article_id)
    SELECT DISTINCT iif(key IN (SELECT key FROM common_keys), key, (key + :back * 2654435761) & 4294967295) AS new_key,
        article_id + :articles FROM base.shingles ORDER BY new_key, article_id"""
_LINES = """INSERT INTO main.boilerplate (host, key, line, url_count, first_seen_at)
    SELECT host, iif(key LIKE 'line%', key || 't' || :turn, key), line, url_count, first_seen_at FROM base.boilerplate WHERE true
    ON CONFLICT (host, key) DO UPDATE SET url_count = url_count + excluded.url_count"""
_SIGHTINGS = """INSERT INTO main.boilerplate_sightings (host, key, url_key)
    SELECT host, iif(key LIKE 'line%', key || 't' || :turn, key), replace(url_key, '/2026/', '/2026/' || :turn || '-')
    FROM base.boilerplate_sightings"""
_SUMS = """INSERT INTO main.visit_sums (block, checked, refused, failed, matches)
    SELECT finish_no / 1000, sum(new_count + copy_count + revised_count + seen_count), sum(refused_count), sum(failed_count),
        sum(match_count) FROM visits WHERE finish_no IS NOT NULL GROUP BY 1"""
# in this order: a statement that begins a savepoint makes the indexes write what they have gathered
_TABLES = ("stories", "articles", "revisions", "article_sources", "similarities", "entries", "visits", "matches", "alerts", "outbox", "deliveries", "delivery_alerts", "indexed_texts")  # fmt: skip
_KEYS = """INSERT INTO main.revision_keys (rowid, keys)
    SELECT id + :indexed_texts, keys FROM side.kept_keys ORDER BY id"""
_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One time that all rows are copied.

    back     how many times follow
    sizes    largest id of each table
    seconds  by which all times are later
    """

    number: int
    back: int
    sizes: dict[str, int]
    seconds: float

    @property
    def values(self) -> dict[str, object]:
        offsets = {name: size * self.number for name, size in self.sizes.items()}
        return {
            **offsets,
            "turn": self.number,
            "back": self.back,
            "shift": f"{self.seconds:+.3f} seconds",
        }


def multiply(base: Archive, archive: Archive) -> None:
    """Fill an archive with as many copies of another as its count asks for."""
    config = load_config(archive.config, environ={})
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", f"cache_size = -{CACHE_KB}"):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        end = utc_now()
        apply_config(connection, config, now=end - timedelta(days=archive.count / ARTICLES_A_DAY))
        _attach(connection, base.database, base.kept_keys)
        set_memory(connection, LARGE_MEMORY)
        sizes = {name: _largest(connection, name) for name in (*_TABLES, "pages") if name not in ("similarities", "delivery_alerts")}  # fmt: skip
        for name in ("endpoints", "key_index"):
            connection.execute(
                f"INSERT INTO main.{name} SELECT * FROM base.{name}"
            )  # our own names
        connection.execute(_COMMON)
        newest = to_instant(_ask(connection, "SELECT max(first_seen_at) FROM base.articles"))
        turns, lasts = archive.count // base.count, timedelta(days=base.count / ARTICLES_A_DAY)
        for number in range(turns):
            back = turns - 1 - number
            ago = back * lasts
            turn = _Turn(number, back, sizes, (end - ago - newest).total_seconds())
            with transaction(connection):
                _copy(connection, turn, has_pages=ago < _KEPT)
        connection.execute(_SUMS)
        set_memory(connection, USUAL_MEMORY)
        _settle(connection)
        connection.execute("DETACH DATABASE base")
        connection.execute("DETACH DATABASE side")
        connection.execute("PRAGMA journal_mode = WAL")
    (archive.folder / "filled").touch()


def _attach(connection: sqlite3.Connection, database: Path, keys: Path) -> None:
    connection.execute("ATTACH DATABASE ? AS base", [str(database)])
    connection.execute("ATTACH DATABASE ? AS side", [str(keys)])


def _copy(connection: sqlite3.Connection, turn: _Turn, *, has_pages: bool) -> None:
    """Copy all rows once."""
    for name in (*_TABLES, *(("pages",) if has_pages else ())):
        columns = [row[1] for row in connection.execute(f"PRAGMA base.table_info({name})")]
        chosen = ", ".join(_express(name, column) for column in columns)
        connection.execute(
            f"INSERT INTO main.{name} SELECT {chosen} FROM base.{name}", turn.values
        )  # our own names
    for statement in (_SKETCHES, _LINES, _SIGHTINGS, _KEYS):
        connection.execute(statement, turn.values)


def _express(table: str, column: str) -> str:
    """Return what a column of a copied row holds."""
    if column == "id":
        return f"id + :{table}"
    if column in _REFERENCES:
        return f"{column} + :{_REFERENCES[column]}"
    if column in _ADDRESSES:
        return f"replace({column}, '/2026/', '/2026/' || :turn || '-')"
    if column.endswith("_at"):
        return f"strftime('%Y-%m-%dT%H:%M:%fZ', {column}, :shift)"
    return _OTHERS.get(column, column)


def _settle(connection: sqlite3.Connection) -> None:
    """Mark everything as taken up, and the sources as read."""
    connection.execute(
        "UPDATE marks SET value = (SELECT max(finish_no) FROM visits) WHERE name = 'visits'"
    )
    connection.execute(
        "UPDATE marks SET value = (SELECT max(id) FROM outbox) WHERE name = 'outbox'"
    )
    connection.execute(
        """UPDATE sources SET visited_at = (SELECT max(finished_at) FROM visits),
               last_success_at = (SELECT max(finished_at) FROM visits)"""
    )


def _largest(connection: sqlite3.Connection, table: str) -> int:
    return int(_ask(connection, f"SELECT coalesce(max(id), 0) FROM base.{table}"))  # our own names


def _ask(connection: sqlite3.Connection, statement: str) -> str:
    return str(connection.execute(statement).fetchone()[0])
