"""``watchword watch test`` on an archive, as a person runs it: from the start of the command to its first match and its end."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from crawler.config.load import load_config
from crawler.matching.analysis.inflection import keys_of
from crawler.storage.file.database import open_for_reading
from crawler.storage.watch.keys import count_texts_with, open_key_counts

# a word that stands in a third of the texts, and a query whose matches have to be read
COMMON, READ = "more", "more NEAR/5 people"
_NOTHING = "zyzzyvaquux"
# a rare word is said by so many texts, if there is one
_RARE = range(3, 60)


def measure_watch_tests(file: Path) -> dict[str, float]:
    """Return seconds of CPU, and of the clock until the first match, of queries that find nothing, little, and much."""
    found = {}
    queries = {
        "nothing": _NOTHING,
        "a rare word": _choose_rare(file),
        "a common word": COMMON,
        "nearness": READ,
    }
    for name, query in queries.items():
        cpu, first, whole = _run(file, query)
        found[f"watch test: {name}, CPU s"] = cpu
        found[f"watch test: {name}, s"] = whole
        if first:
            found[f"watch test: {name}, first match, s"] = first
    return found


def _run(file: Path, query: str) -> tuple[float, float, float]:
    """Return CPU seconds of a command, and the seconds to its first match (0 without one) and to its end."""
    command = [
        sys.executable,
        "-m",
        "watchword",
        "--config",
        str(file),
        "watch",
        "test",
        "--since",
        "200d",
        query,
    ]
    began, before, first = time.monotonic(), os.times(), 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if not first and "(article " in line:
                first = time.monotonic() - began
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    after = os.times()
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return cpu, first, time.monotonic() - began


def _choose_rare(file: Path) -> str:
    """Return a word of a recent headline that few texts have."""
    with closing(open_for_reading(load_config(file, environ={}).store.path)) as connection:
        open_key_counts(connection)
        rows = connection.execute("SELECT headline FROM articles ORDER BY id DESC LIMIT 500")
        for (headline,) in rows.fetchall():
            for word in headline.split():
                if len(word) > 8 and word.isascii():
                    counts = count_texts_with(connection, set(keys_of(word.lower(), "en")))
                    if counts and max(counts.values()) in _RARE:
                        return str(word)
    return _NOTHING
