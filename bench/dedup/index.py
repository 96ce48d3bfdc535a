"""The cost of recognising copies: signing a text, and the index at 10,000, 100,000 and 1,000,000 articles.

    python -m bench.dedup.index [--sizes 10000 100000] [--json]

The articles of the index are random keys, a quarter of them near copies of an earlier one, and one key in sixteen is
boilerplate that a hundredth of all share. They are stored in
the order of arrival. The file is in WAL mode on disk; lookups are of random articles, warm.
"""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from bench.dedup.__main__ import OPEN, read_labelled
from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_words
from crawler.dedup.near import compare, make_text
from crawler.dedup.sketch import SKETCH_SIZE, sketch
from crawler.storage.news.sketches import find_candidates, save_sketch

# enough that a lookup of 50 microseconds is measured over a tenth of a second
_LOOKUPS = 3000
# rows of one transaction: the filling is not what is measured
_BATCH = 100_000
# while filling only: lookups are measured with the size of cache that the program has
_FILL_CACHE_KB = 800_000
# keys that many texts share, as those of agencies' closing lines
_HOT_KEYS = 100
_T = TypeVar("_T")


def make_sketches(count: int) -> Iterator[tuple[int, ...]]:
    """Return generated sketches of ``count`` articles, the same in each run."""
    chance = random.Random(7)
    hot = [chance.getrandbits(32) for _ in range(_HOT_KEYS)]
    recent: list[tuple[int, ...]] = []
    for _ in range(count):
        keys = [chance.getrandbits(32) for _ in range(SKETCH_SIZE)]
        if recent and chance.random() < 0.25:
            keys[:12] = chance.choice(recent)[:12]
        if chance.random() < 1 / 16:
            keys[-1] = chance.choice(hot)
        made = tuple(keys)
        recent = [*recent[-999:], made]
        yield made


def measure_index(folder: Path, count: int) -> dict[str, float]:
    """Fill an index, and measure lookups in it."""
    path = folder / f"{count}.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        times = _measure(connection, count)
    return {**times, "bytes_per_article": path.stat().st_size / count}


def _measure(connection: sqlite3.Connection, count: int) -> dict[str, float]:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE shingles (key INTEGER NOT NULL, article_id INTEGER NOT NULL, "
        "PRIMARY KEY (key, article_id)) STRICT, WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE revisions (id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT"
    )
    connection.execute("CREATE INDEX revisions_by_fingerprint ON revisions (fingerprint)")
    sketches = list(make_sketches(count))
    _fill(connection, sketches)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    chance = random.Random(3)
    chosen = [sketches[chance.randrange(count)] for _ in range(_LOOKUPS)]
    for keys in chosen[:500]:
        find_candidates(connection, keys, since_id=0)
    lookups = _time_each(lambda keys: find_candidates(connection, keys, since_id=0), chosen)
    additions = list(make_sketches(count + 500))[count:]
    numbers = iter(range(count, count + 500))
    inserts = _time_each(lambda keys: _insert(connection, next(numbers), keys), additions)
    return {
        "lookup_median_us": statistics.median(lookups),
        "lookup_p95_us": _p95(lookups),
        "insert_median_us": statistics.median(inserts),
    }


def _fill(connection: sqlite3.Connection, sketches: list[tuple[int, ...]]) -> None:
    """Store all sketches in the order of arrival, which fills the index's pages unevenly, as real use does."""
    chance = random.Random(9)
    connection.execute(f"PRAGMA cache_size = -{_FILL_CACHE_KB}")
    connection.execute("BEGIN")
    for number, keys in enumerate(sketches):
        save_sketch(connection, number, keys)
        fingerprint = f"{chance.getrandbits(128):032x}"
        connection.execute("INSERT INTO revisions VALUES (?, ?)", [number, fingerprint])
        if number % _BATCH == _BATCH - 1:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
    connection.execute("COMMIT")
    connection.execute("PRAGMA cache_size = -2000")


def _insert(connection: sqlite3.Connection, number: int, keys: tuple[int, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    save_sketch(connection, number, keys)
    connection.execute("COMMIT")


def measure_signing() -> dict[str, float]:
    """Measure signing real articles of about 5 KB, and comparing each with the next."""
    bodies = sorted(body for body in read_labelled(OPEN).bodies.values() if 4500 < len(body) < 5500)
    bodies = bodies[:300]

    def sign(body: str) -> None:
        words = comparable_words(body)
        fingerprint_words(words)
        sketch(words)

    texts = [make_text(comparable_words(body)) for body in bodies]
    pairs = list(pairwise(texts))
    for body in bodies[:20]:
        sign(body)
    signing = _time_each(sign, bodies)
    comparing = _time_each(lambda pair: compare(*pair), pairs)
    return {
        "sign_median_us": statistics.median(signing),
        "sign_p95_us": _p95(signing),
        "compare_median_us": statistics.median(comparing),
    }


def _time_each(action: Callable[[_T], object], items: list[_T]) -> list[float]:
    times = []
    for item in items:
        started = time.perf_counter()
        action(item)
        times.append(1e6 * (time.perf_counter() - started))
    return times


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures: dict[str, dict[str, float]] = {}
    if OPEN.exists():
        figures["a text of 5 KB"] = measure_signing()
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            figures[f"{size:,} articles"] = measure_index(Path(folder), size)
    if options.json:
        print(json.dumps(figures, indent=1))
        return 0
    for name, row in figures.items():
        print(name, "  ".join(f"{key} {value:.0f}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
