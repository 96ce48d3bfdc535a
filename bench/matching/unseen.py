"""Texts that no process has seen before: what analysing and matching them costs when words are not remembered yet.

The analysis remembers the words of a language, so recombined articles are read from memory from the second on. Real news brings
new words in every article, and a parse worker that was just forked remembers none at all. Both are measured here: articles of a
collection, each once and in turn; and the same in a process of its own for each, forked before any text was analysed.
"""

import gzip
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.matching.watches import Text
from crawler.matching.analysis.analyzer import Document
from crawler.matching.watch_index import WatchIndex

# shorter ones are notices; with these the mean is 4 KB
_FEWEST_CHARACTERS = 2500
Analyse = Callable[[Text], Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds of CPU for one text: analysing it, finding the watches that hold, and making their matches.

    prove  find the same watches again, with the place and the snippet of each
    hits   the number of watches that hold
    """

    analyse: float
    find: float
    prove: float
    hits: int


def read_new_texts(file: Path) -> tuple[Text, ...]:
    """Return the English articles of a labelled collection (``bench.dedup``) that are no edits of others, in its order."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        items = map(json.loads, lines)
        return tuple(
            Text(item["title"] or "", item["body"])
            for item in items
            if item["lang"] == "en" and not item["fam"] and len(item["body"]) >= _FEWEST_CHARACTERS
        )


def time_text(text: Text, index: WatchIndex, analyse: Analyse) -> Times:
    """Return what one text costs here and now."""
    began = time.process_time()
    document = analyse(text)
    analysed = time.process_time()
    hits = len(index.find_holding(document))
    found = time.process_time()
    index.find_matches(document)
    proven = time.process_time()
    return Times(
        analyse=(analysed - began) * 1000,
        find=(found - analysed) * 1000,
        prove=(proven - found) * 1000,
        hits=hits,
    )


def time_forked(text: Text, index: WatchIndex, analyse: Analyse) -> Times:
    """Return what one text costs in a process forked for it.

    raises  ChildProcessError if it ends without an answer
    """
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            one = time_text(text, index, analyse)
            answer = json.dumps([one.analyse, one.find, one.prove, one.hits])
            os.write(writes, answer.encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(pid, 0)
    if not answer:
        raise ChildProcessError("the forked process ended without an answer")
    analyse_ms, find, prove, hits = json.loads(answer)
    return Times(analyse=analyse_ms, find=find, prove=prove, hits=hits)


def time_new(
    texts: Sequence[Text], index: WatchIndex, analyse: Analyse, *, remembered: int
) -> list[Times]:
    """Return what each text costs, in turn, without the first, which are remembered; each text is read once."""
    return [time_text(text, index, analyse) for text in texts][remembered:]


def sum_up(times: Sequence[Times], name: str) -> dict[str, float | None]:
    """Return the medians, and the mean number of watches that hold."""
    return {
        f"analyse, {name}": statistics.median(one.analyse for one in times),
        f"find, {name}": statistics.median(one.find for one in times),
        f"find and prove, {name}": statistics.median(one.prove for one in times),
        f"hits an article, {name}": statistics.mean(one.hits for one in times),
    }
