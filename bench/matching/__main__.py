"""The cost of matching, compared with alternatives; and whether queries find what people expect.

    python -m bench.matching [--watches 10 100 1000 10000 100000] [--articles 300] [--data DIR] [--new FILE] [--json]
    python -m bench.matching --cases FILE [--peers] [--json]
    python -m bench.matching --languages [--treebanks DIR] [--before CHECKOUT] [--analyse]

The first times one article against each number of watches, in one process: medians in milliseconds of CPU. "Seen" are articles
recombined from the paragraphs of real ones, whose words are remembered from earlier texts; "new" are real articles, each read once;
"forked" are these in a process of its own for each, which remembers nothing. To prove is to make the match of each watch that
was found, with its place and snippet. Peers read the articles that are seen. The second runs a file of cases (see cases.py),
lists those that fail, and ends with 1 if there are any; with --peers it says how many of them the peers answer right.
The third says what queries find in each language (see languages.py), and with --analyse what analysing costs (analysing.py).
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.extraction.corpora import BODIES, CORPORA
from bench.matching.analysing import print_times
from bench.matching.case_peers import count_right
from bench.matching.cases import run_cases
from bench.matching.languages import print_languages
from bench.matching.measure import measure

_NEW = CORPORA / "dedup" / "open" / "articles.jsonl.gz"


def main() -> None:
    """Run the cases of a file, or time matching."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=Path, help="a file of cases, one JSON object a line")
    parser.add_argument("--peers", action="store_true", help="ask the peers the cases too")
    parser.add_argument("--languages", action="store_true", help="what is found in each language")
    parser.add_argument("--treebanks", type=Path, help="folder of CoNLL-U files, named cs_….conllu")
    parser.add_argument("--analyse", action="store_true", help="time both checkouts, in turns")
    parser.add_argument("--before", type=Path, help="another checkout to compare with")
    parser.add_argument("--watches", type=int, nargs="+", default=[10, 100, 1000, 10_000, 100_000])
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--data", type=Path, default=BODIES, help="folder with a ground-truth.json")
    parser.add_argument("--new", type=Path, default=_NEW, help="articles that are read once")
    parser.add_argument("--alone", action="store_true", help="without the others")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.languages:
        print_languages(options.treebanks, options.before)
        if options.analyse and options.treebanks and options.before:
            print_times(options.treebanks, options.before)
        return
    if options.cases:
        peers = count_right(options.cases) if options.peers else {}
        sys.exit(_print_cases(options.cases, peers, as_json=options.json))
    rows = [_measure_apart(options, count) for count in options.watches]
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows)


def _print_cases(file: Path, peers: Mapping[str, tuple[int, int, int]], *, as_json: bool) -> int:
    outcomes = run_cases(file)
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    if as_json:
        facts = [
            {"id": one.id, "query": one.query, "expected": one.expected, "got": one.got}
            for one in wrong
        ]
        result = {"cases": len(outcomes), "failed": facts, "peers": peers}
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        for one in wrong:
            line = f"{one.id}: {one.query!r}: expected {one.expected}, got {one.got} ({one.why})"
            print(line)
        print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} cases hold")
        for name, (right, asked, judged) in peers.items():
            print(f"{name}: {right} of {judged} that have an answer, {asked} can be expressed")
    return 1 if wrong else 0


def _measure_apart(options: argparse.Namespace, count: int) -> dict[str, float | None]:
    """Measure a number of watches in a process of its own, which has seen no text yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(
            measure, options.data, options.new, options.articles, count, alone=options.alone
        ).result()


def _print_table(rows: Sequence[dict[str, float | None]]) -> None:
    heads = [f"{row['watches']:,.0f}" for row in rows]
    print(f"| watches | {' | '.join(heads)} |\n|{' --- |' * (len(rows) + 1)}")
    for name in rows[0]:
        if name != "watches":
            print(f"| {name} | {' | '.join(_write_figure(row[name]) for row in rows)} |")
    if "FTS5, each watch" in rows[0]:
        ratios = ((row["FTS5, each watch"] or 0) / (row["find, seen"] or 1) for row in rows)
        print(f"| FTS5 / find, seen | {' | '.join(f'{ratio:,.0f}x' for ratio in ratios)} |")


def _write_figure(value: float | None) -> str:
    """Return a number with three digits that say something."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
