"""Measures how well pages are understood (bodies, titles, authors, dates) and what it costs, compared with other libraries.

    python -m bench.extraction [--data DIR ...] [--json] [--alone] [--worst N] [--cost] [--save FILE] [--before FILE]

A folder holds ``ground-truth.json`` and ``html/<id>.html.gz``. What is scored follows from its truth: ``articleBody`` (without
standfirst) or ``articleBodyWithSummary`` (with it, one token a sign in scripts that do not space words), snippets ``with`` and
``without``, ``title``, ``authors``, ``publishing_date`` or ``date``. A day stated to lie after the crawl is an error of the truth
and not judged. ``python -m bench.extraction.public`` makes such folders of public collections.

--alone      only Watchword      --worst N  the pages with the worst bodies      --cost  time and memory of reading a page
--save FILE  keep the scores of each page; --before FILE compares bodies, titles, authors and dates with scores that were kept,
by a paired bootstrap over pages. To score an earlier version, copy this folder into a work tree of it and run it there.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from bench.extraction.before import Kept, compare, name_part, print_change, read_kept, write_kept
from bench.extraction.corpora import BODIES, DATES, NEWS, Corpus, Sample, read_corpus
from bench.extraction.fields import judge_day, score_fields
from bench.extraction.readers import READERS, Found, Reader, make_page
from bench.extraction.scores import (
    Row,
    compare_f1,
    score_body,
    score_days,
    score_metadata,
    score_snippets,
    sum_up,
)
from crawler.errors import WatchwordError
from crawler.extract.article import extract_article

# the slowest reader takes 0.4 s a page
_COST_PAGES = 150


def _read_one(number: int, sample: Sample) -> Found:
    return dict(READERS[number].reads(sample))


def _read_all(reader: Reader, corpus: Corpus) -> list[Found]:
    number = READERS.index(reader)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(partial(_read_one, number), corpus.samples, chunksize=8))


def _body_rows(corpus: Corpus, found: Sequence[Found]) -> list[Row]:
    rows = []
    for sample, made in zip(corpus.samples, found, strict=True):
        if "with" in sample.truth:
            whole = str(made.get("body_with_standfirst") or "")
            rows.append(score_snippets(sample.truth["with"], sample.truth["without"], whole))
            continue
        summary = sample.truth.get("articleBodyWithSummary")
        truth = sample.truth["articleBody"] if summary is None else summary
        text = made.get("body" if summary is None else "body_with_standfirst") or ""
        rows.append(score_body(str(truth), str(text), by_sign=summary is not None))
    return rows


def score_corpus(corpus: Corpus, readers: Sequence[Reader]) -> dict[str, dict[str, object]]:
    """Return the figures of each reader on a corpus; the others are compared with the first one."""
    figures: dict[str, dict[str, object]] = {}
    first_rows: list[Row] = []
    for reader in readers:
        found = _read_all(reader, corpus)
        row: dict[str, object] = {}
        kept: dict[str, object] = dict(score_fields(corpus, found))
        if corpus.has_bodies and "body" in reader.knows:
            rows = _body_rows(corpus, found)
            row.update(sum_up(rows))
            if first_rows:
                row["behind"] = compare_f1(first_rows, rows)
            first_rows = first_rows or rows
            kept["bodies"] = {s.key: each for s, each in zip(corpus.samples, rows, strict=True)}
            row["worst"] = _worst(corpus, rows)
        if corpus.has_metadata and reader.knows & {"title", "authors"}:
            made = score_metadata([sample.truth for sample in corpus.samples], found)
            row.update({name: made[name] for name in made if name in reader.knows})
        if (corpus.has_metadata or corpus.has_dates_alone) and "date" in reader.knows:
            pairs = zip(corpus.samples, found, strict=True)
            row.update(score_days([judge_day(sample, each) for sample, each in pairs]))
        if row:
            figures[reader.name] = {**row, "rows": kept}
    return figures


def _worst(corpus: Corpus, rows: Sequence[Row]) -> list[tuple[float, str]]:
    scored = [
        (sum_up([row])["f1"], sample.key) for sample, row in zip(corpus.samples, rows, strict=True)
    ]
    return sorted(scored)[:20]


def _read_whole(sample: Sample) -> None:
    try:
        extract_article(make_page(sample))
    except WatchwordError:
        return


def _read_body_alone(sample: Sample) -> None:
    import trafilatura

    trafilatura.bare_extraction(
        sample.html.replace(b"\0", b""), fast=True, include_comments=False, with_metadata=False
    )


_COSTS: dict[str, Callable[[Sample], None]] = {
    "Watchword, all of it": _read_whole,
    "trafilatura fast, body alone": _read_body_alone,
}


def measure_cost(corpora: Sequence[Corpus]) -> dict[str, dict[str, float]]:
    """Measure full extraction against trafilatura's fast body alone, in turn on each page, in one process.

    Peak memory is measured in a fresh process that reads the pages in one way only.
    """
    import crawler.extract.preload  # noqa: F401  # as in the parse pool

    samples = [sample for corpus in corpora for sample in corpus.samples]
    random.Random(1).shuffle(samples)
    samples = samples[:_COST_PAGES]
    times: dict[str, list[float]] = {name: [] for name in _COSTS}
    for sample in samples[:10]:
        for read in _COSTS.values():
            read(sample)
    for sample in samples:
        for name, read in _COSTS.items():
            started = time.process_time()
            read(sample)
            times[name].append(1000 * (time.process_time() - started))
    return {
        name: {**_sum_times(values), "peak_mb": _measure_peak(name, samples)}
        for name, values in times.items()
    }


def _measure_peak(name: str, samples: Sequence[Sample]) -> float:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_peak_mb, name, samples).result()


def _peak_mb(name: str, samples: Sequence[Sample]) -> float:
    for sample in samples:
        _COSTS[name](sample)
    # not getrusage: its peak includes that of the parent before exec
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _sum_times(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "mean_ms": statistics.mean(ordered),
        "p50_ms": ordered[len(ordered) // 2],
        "p95_ms": ordered[int(len(ordered) * 0.95)],
        "max_ms": ordered[-1],
    }


def _print_corpus(corpus: Corpus, figures: dict[str, dict[str, object]], worst: int) -> None:
    hidden = {"worst", "rows"}
    names = {name: None for row in figures.values() for name in row if name not in hidden}
    print(f"\n{corpus.name}: {len(corpus.samples)} pages\n")
    print(f"| reader | {' | '.join(names)} |")
    print(f"| --- |{' --- |' * len(names)}")
    for reader, row in figures.items():
        print(f"| {reader} | {' | '.join(_write(row.get(name)) for name in names)} |")
    ours = next(iter(figures.values()))
    for f1, key in list(ours.get("worst", []))[:worst]:  # type: ignore[call-overload]  # a list of pairs
        print(f"  {f1:.3f}  {key}")


def _write(value: object) -> str:
    if isinstance(value, tuple):
        difference, low, high = value
        return f"{-difference:+.4f} [{-high:+.4f}, {-low:+.4f}]"
    return f"{value:.4f}" if isinstance(value, float) else ""


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, action="append", help="a folder; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--alone", action="store_true", help="only Watchword")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep Watchword's scores")
    parser.add_argument("--before", type=Path, metavar="FILE", help="compare with kept scores")
    parser.add_argument("--cost", action="store_true", help="measure time and memory too")
    return parser.parse_args()


def _read_corpora(folders: Sequence[Path] | None) -> list[Corpus]:
    if folders:
        return [read_corpus(folder) for folder in folders]
    corpora = [read_corpus(folder) for folder in (BODIES, NEWS)]
    return [*corpora, read_corpus(DATES, only="eval_mediacloud_2020")]


def main() -> int:
    """Score the readers and print the tables."""
    options = _read_options()
    corpora = _read_corpora(options.data)
    readers = [reader for reader in READERS[: 1 if options.alone else None] if reader.is_there]
    missing = [reader.name for reader in READERS if not reader.is_there]
    if missing and not options.alone:
        print(f"not installed, left out: {', '.join(missing)}", file=sys.stderr)
    result: dict[str, object] = {}
    kept: Kept = {}
    for corpus in corpora:
        figures = score_corpus(corpus, readers)
        # the scores of the first reader, Watchword
        ours: dict[str, Mapping[str, Row]] = next(iter(figures.values()))["rows"]  # type: ignore[assignment]  # set in score_corpus
        kept.update({name_part(corpus.name, field): rows for field, rows in ours.items()})
        result[corpus.name] = {
            reader: {name: value for name, value in row.items() if name != "rows"}
            for reader, row in figures.items()
        }
        if not options.json:
            _print_corpus(corpus, figures, options.worst)
    result.update(_compare(options, kept))
    if options.cost:
        cost = measure_cost(corpora)
        result["cost"] = cost
        if not options.json:
            _print_cost(cost)
    if options.json:
        print(json.dumps(result, indent=1))
    return 0


def _compare(options: argparse.Namespace, kept: Kept) -> dict[str, object]:
    result: dict[str, object] = {}
    if options.before:
        change = compare(read_kept(options.before), kept)
        result["change"] = {name: asdict(row) for name, row in change.items()}
        if not options.json:
            print_change(change)
    if options.save:
        write_kept(options.save, kept)
    return result


def _print_cost(cost: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(cost.values())))
    print(f"\n| cost of a page | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}")
    for name, row in cost.items():
        print(f"| {name} | {' | '.join(f'{row[key]:.1f}' for key in names)} |")
    ours, theirs = (row["mean_ms"] for row in cost.values())
    print(f"\nratio of the means {ours / theirs:.2f}")


if __name__ == "__main__":
    sys.exit(main())
