"""The cost of matching, compared with alternatives; and whether queries find what people expect.

    python -m bench.matching [--watches 10 100 1000 10000 100000] [--articles 300] [--data DIR] [--json]
    python -m bench.matching --cases FILE

The first times one article against each number of watches, on one core: medians in milliseconds. The second runs a file of
cases (see matching_cases.py), lists those that fail, and ends with 1 if there are any.
"""

import argparse
import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.extraction.corpora import BODIES
from bench.matching.cases import run_cases
from bench.matching.peers import (
    make_ahocorasick_rs,
    make_fts5,
    make_pyahocorasick,
    make_re_loop,
)
from bench.matching.watches import Text, WatchMaker, make_texts, read_bodies
from crawler.matching.analysis.analyzer import Document, analyze
from crawler.matching.matcher import CompiledWatch, compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Watch

# a peer that takes seconds for an article is measured on fewer articles
_PEER_SECONDS = 8.0
_CHANGES = 300
_FEWEST_WEIGHED = 1000
_T = TypeVar("_T")


def main() -> None:
    """Run the cases of a file, or time matching."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=Path, help="a file of cases, one JSON object a line")
    parser.add_argument("--watches", type=int, nargs="+", default=[10, 100, 1000, 10_000, 100_000])
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--data", type=Path, default=BODIES, help="folder with a ground-truth.json")
    parser.add_argument("--alone", action="store_true", help="without the others")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.cases:
        sys.exit(_print_cases(options.cases, as_json=options.json))
    bodies = read_bodies(options.data)
    texts = make_texts(bodies, options.articles)
    rows = [
        measure(texts, WatchMaker(bodies), count, alone=options.alone) for count in options.watches
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows)


def _print_cases(file: Path, *, as_json: bool) -> int:
    outcomes = run_cases(file)
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    if as_json:
        facts = [
            {"id": one.id, "query": one.query, "expected": one.expected, "got": one.got}
            for one in wrong
        ]
        print(json.dumps({"cases": len(outcomes), "failed": facts}, ensure_ascii=False, indent=2))
    else:
        for one in wrong:
            line = f"{one.id}: {one.query!r}: expected {one.expected}, got {one.got} ({one.why})"
            print(line)
        print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} cases hold")
    return 1 if wrong else 0


def measure(
    texts: Sequence[Text], maker: WatchMaker, count: int, *, alone: bool
) -> dict[str, float | None]:
    """Measure one article against a number of watches, with our index and with the peers; in milliseconds."""
    queries = maker.make_queries(count)
    literals = maker.make_literals(count)
    row: dict[str, float | None] = {"watches": count, **measure_ours(texts, queries)}
    if alone:
        return row
    peers = {
        "FTS5, each watch": make_fts5([theirs for _, theirs in queries]),
        "re loop (literals)": make_re_loop(literals),
        "pyahocorasick (literals)": make_pyahocorasick(literals),
        "ahocorasick_rs (literals)": make_ahocorasick_rs(literals),
    }
    for name, scan in peers.items():
        row[name] = None if scan is None else _time_median(scan, texts, limit_seconds=_PEER_SECONDS)
    return row


def measure_ours(
    texts: Sequence[Text], queries: Sequence[tuple[str, str]]
) -> dict[str, float | None]:
    """Measure analysing, matching and changing one watch; count hits and memory."""
    gc.collect()
    before = _memory_bytes()
    began = time.perf_counter()
    watches = [_compile(number, ours) for number, (ours, _) in enumerate(queries, start=1)]
    parsed = time.perf_counter()
    documents = [_analyze(text) for text in texts]
    frequencies: dict[str, int] = {}
    for document in documents:
        for key in document.places:
            frequencies[key] = frequencies.get(key, 0) + 1
    index = WatchIndex(lambda keys: {key: frequencies[key] for key in keys if key in frequencies})
    begun = time.perf_counter()
    index.replace(watches)
    index.find_holding(documents[0])
    indexed = time.perf_counter()
    gc.collect()
    hits = statistics.mean(len(index.find_holding(document)) for document in documents)
    after = _memory_bytes()
    return {
        "parse, us a watch": (parsed - began) / len(queries) * 1e6,
        "index, us a watch": (indexed - begun) / len(queries) * 1e6,
        # with few watches, dictionaries and articles outweigh what the watches take
        "memory, KB a watch": (after - before) / len(queries) / 1024
        if len(queries) >= _FEWEST_WEIGHED
        else None,
        "analyse": _time_median(_analyze, texts),
        "match": _time_median(index.find_holding, documents),
        "change one watch": _time_changes(index, watches),
        "hits an article": hits,
    }


def _analyze(text: Text) -> Document:
    return analyze(text.headline, text.body, language="en", sources=("example.org", "org"))


def _compile(number: int, query: str) -> CompiledWatch:
    return compile_watch(Watch(id=number, name=f"w{number}", query=query))


def _memory_bytes() -> int:
    """Return the memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _time_changes(index: WatchIndex, watches: Sequence[CompiledWatch]) -> float:
    """Return the median time of removing a watch and adding it again, in milliseconds."""
    seconds = []
    for watch in watches[:: max(1, len(watches) // _CHANGES)]:
        began = time.perf_counter()
        index.remove(watch.watch.id)
        index.add(watch)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


def _time_median(
    function: Callable[[_T], object], items: Sequence[_T], *, limit_seconds: float | None = None
) -> float:
    """Return the median time of a call in milliseconds, over each item once after a warm-up; at least three calls."""
    function(items[0])
    seconds: list[float] = []
    for item in items:
        began = time.perf_counter()
        function(item)
        seconds.append(time.perf_counter() - began)
        if limit_seconds is not None and len(seconds) >= 3 and sum(seconds) > limit_seconds:
            break
    return statistics.median(seconds) * 1000


def _print_table(rows: Sequence[dict[str, float | None]]) -> None:
    names = [name for name in rows[0] if name != "watches"]
    head = " ".join(f"{row['watches']:>10,.0f}" for row in rows)
    print(f"{'watches':28}{head}")
    for name in names:
        cells = " ".join(
            f"{'-':>10}" if row[name] is None else f"{row[name]:>10,.3f}" for row in rows
        )
        print(f"{name:28}{cells}")
    if "FTS5, each watch" in rows[0]:
        ratios = " ".join(
            f"{(row['FTS5, each watch'] or 0) / (row['match'] or 1):>9,.0f}x" for row in rows
        )
        print(f"{'FTS5 / match':28}{ratios}")


if __name__ == "__main__":
    main()
