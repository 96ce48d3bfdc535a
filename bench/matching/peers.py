"""The alternatives to our index: a loop of regular expressions, FTS5 with every watch, scanners for literals."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from bench.matching.watches import Text

Scan = Callable[[Text], int]


def make_re_loop(literals: Sequence[str]) -> Scan:
    """Return a matcher with one regular expression for each watch: the obvious first solution."""
    expressions = [re.compile(rf"\b{re.escape(text)}\b", re.IGNORECASE) for text in literals]

    def scan(text: Text) -> int:
        whole = f"{text.headline}\n{text.body}"
        return sum(expression.search(whole) is not None for expression in expressions)

    return scan


def make_fts5(queries: Sequence[str]) -> Scan:
    """Return a matcher that puts the article into an FTS5 table in memory and runs every watch's query."""
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=8)
    connection.execute(
        "CREATE VIRTUAL TABLE texts USING fts5 (title, body, tokenize = 'porter unicode61')"
    )

    def scan(text: Text) -> int:
        connection.execute("DELETE FROM texts")
        connection.execute("INSERT INTO texts VALUES (?, ?)", [text.headline, text.body])
        run, hits = connection.execute, 0
        for query in queries:
            hits += run("SELECT 1 FROM texts WHERE texts MATCH ?", [query]).fetchone() is not None
        return hits

    return scan


def make_pyahocorasick(literals: Sequence[str]) -> Scan | None:
    """Return a matcher that scans for all literals at once with pyahocorasick, ignoring word boundaries; None if not installed."""
    if find_spec("ahocorasick") is None:
        return None
    import ahocorasick  # only where it is installed

    automaton = ahocorasick.Automaton()
    for number, text in enumerate(literals):
        automaton.add_word(text.lower(), number)
    automaton.make_automaton()
    return lambda text: len(
        {found for _, found in automaton.iter(f"{text.headline}\n{text.body}".lower())}
    )


def make_ahocorasick_rs(literals: Sequence[str]) -> Scan | None:
    """Return a matcher that scans for all literals at once with ahocorasick_rs, ignoring word boundaries; None if not installed."""
    if find_spec("ahocorasick_rs") is None:
        return None
    import ahocorasick_rs  # only where it is installed

    automaton = ahocorasick_rs.AhoCorasick([text.lower() for text in literals])

    def scan(text: Text) -> int:
        whole = f"{text.headline}\n{text.body}".lower()
        return len(
            {found[0] for found in automaton.find_matches_as_indexes(whole, overlapping=True)}
        )

    return scan
