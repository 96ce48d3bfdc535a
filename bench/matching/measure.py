"""The times of one article against a number of watches, with our index and with the peers."""

import gc
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from bench.matching.peers import (
    make_ahocorasick_rs,
    make_fts5,
    make_pyahocorasick,
    make_re_loop,
)
from bench.matching.unseen import read_new_texts, sum_up, time_forked, time_new, time_text
from bench.matching.watches import Text, WatchMaker, make_texts, read_bodies
from crawler.matching.analysis.analyzer import Document, analyze
from crawler.matching.languages.dictionaries import prepare
from crawler.matching.matcher import CompiledWatch, compile_watch
from crawler.matching.watch_index import CountKeys, WatchIndex
from crawler.model.watch import Watch

# a peer that takes seconds for an article is measured on fewer articles
_PEER_SECONDS = 8.0
_CHANGES = 300
# with fewer watches, what the process needs anyway outweighs them
_FEWEST_WEIGHED = 10_000
# of all texts here
_LANGUAGE = "en"
# articles read before the new ones are counted: as many as a worker has read after some minutes
_REMEMBERED = 300
_T = TypeVar("_T")


def measure(
    data: Path, new: Path, articles: int, count: int, *, alone: bool
) -> dict[str, float | None]:
    """Measure one article against a number of watches, with our index and with the peers; in milliseconds of CPU."""
    bodies = read_bodies(data)
    texts, unseen = make_texts(bodies, articles), read_new_texts(new)[: _REMEMBERED + articles]
    maker = WatchMaker([*bodies, *(text.body for text in unseen)])
    queries = maker.make_queries(count)
    literals = maker.make_literals(count)
    ours = measure_ours(texts, unseen, [query for query, _ in queries])
    row: dict[str, float | None] = {"watches": count, **ours}
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
    texts: Sequence[Text], unseen: Sequence[Text], queries: Sequence[str]
) -> dict[str, float | None]:
    """Measure analysing, matching and changing one watch; count hits and memory."""
    # its dictionary and the index are there before a worker is forked; no text has been analysed
    prepare(_LANGUAGE)
    gc.collect()
    before = _memory_bytes()
    began = time.process_time()
    watches = [_compile(number, query) for number, query in enumerate(queries, start=1)]
    parsed = time.process_time()
    index = WatchIndex(_count_articles([*texts, *unseen]))
    begun = time.process_time()
    index.replace(watches)
    index.preload(_LANGUAGE)
    indexed = time.process_time()
    gc.collect()
    after = _memory_bytes()
    forked = [time_forked(text, index, _analyze) for text in unseen[_REMEMBERED:]]
    new = time_new(unseen, index, _analyze, remembered=_REMEMBERED)
    for text in texts:
        time_text(text, index, _analyze)
    seen = [time_text(text, index, _analyze) for text in texts]
    return {
        "parse, us a watch": (parsed - began) / len(queries) * 1e6,
        "index, us a watch": (indexed - begun) / len(queries) * 1e6,
        "memory, KB a watch": (after - before) / len(queries) / 1024
        if len(queries) >= _FEWEST_WEIGHED
        else None,
        **sum_up(seen, "seen"),
        **sum_up(new, "new"),
        **sum_up(forked, "forked"),
        "change one watch": _time_changes(index, watches),
    }


def _count_articles(texts: Sequence[Text]) -> CountKeys:
    """Return how many articles say each key, as the database knows it: counted in another process, so that this one remembers nothing."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        counted: dict[str, int] = process.submit(_count_keys, texts).result()
    return lambda keys: {key: counted[key] for key in keys if key in counted}


def _count_keys(texts: Sequence[Text]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for text in texts:
        for key in _analyze(text).places:
            counted[key] = counted.get(key, 0) + 1
    return counted


def _analyze(text: Text) -> Document:
    return analyze(text.headline, text.body, language=_LANGUAGE, sources=("example.org", "org"))


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
        began = time.process_time()
        index.remove(watch.watch.id)
        index.add(watch)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds) * 1000


def _time_median(
    function: Callable[[_T], object], items: Sequence[_T], *, limit_seconds: float | None = None
) -> float:
    """Return the median time of a call in milliseconds, over each item once after a warm-up; at least three calls."""
    function(items[0])
    seconds: list[float] = []
    for item in items:
        began = time.process_time()
        function(item)
        seconds.append(time.process_time() - began)
        if limit_seconds is not None and len(seconds) >= 3 and sum(seconds) > limit_seconds:
            break
    return statistics.median(seconds) * 1000
