"""From a feed to the stored, matched article: the whole of Watchword beside bare Scrapy and what people use instead.

    python -m bench.endtoend [--pages 720] [--sites 200] [--watches 1000 10] [--cores 2 1] [--runs 2] [--limit 300]
                             [--only PROGRAM ...] [--cache DIR] [--data DIR ...]

Real pages on as many sites as loopback has addresses, politeness set to nothing. The programs run one after another, in
turns: bare Scrapy parses nothing and is the ceiling; the afternoon script extracts with trafilatura's defaults; newspaper4k,
news-please and fundus fetch and extract as their documentation says, installed in environments of their own. Each searches all
words of the watches with one expression and commits each page. ``--cores``: all processes of a program may use so many cores;
the sites, the mail server and this process use the others, or all if none are left. A program that takes longer than
``--limit`` seconds is stopped, and its row is about what it had stored until then.

CPU is that of all processes of the program. "Steady" are the articles a second between the first and the last 10 %. The bound
is cores / (CPU of bare Scrapy + CPU of Watchword's extraction alone, a page): "of it" are articles a second in percent of the
bound, steady, and from the start to the end.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.endtoend.pages import Original, read_originals, write_sites
from bench.endtoend.programs.catalogue import BARE, PROGRAMS
from bench.endtoend.running import (
    ProgramFailed,
    Result,
    Terms,
    choose_cores,
    on_cores,
    run_program,
    run_watchword,
)
from bench.endtoend.server import find_host
from bench.endtoend.table import HEADS, make_row
from bench.endtoend.watches import choose_words

_ROOT = Path(__file__).resolve().parents[2]
_CORPORA = _ROOT.parent / "shared" / "corpora"
_CACHE = _ROOT / "build" / "endtoend-envs"
DATA = (
    _CORPORA / "article-extraction-benchmark" / "open",
    _CORPORA / "metadata" / "fundus" / "open",
)
_WATCHWORD = "Watchword"


def main() -> None:
    """Print a table for each number of cores."""
    options = _parse()
    originals = read_originals(options.data or DATA)
    with tempfile.TemporaryDirectory() as name:
        sites = Path(name)
        write_sites(originals, sites, page_count=options.pages, site_count=options.sites)
        command = [sys.executable, "-m", "bench.endtoend.server", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            try:
                for count in options.cores:
                    _compare_on(count, options, originals, sites, server.pid, port)
            finally:
                server.kill()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [_WATCHWORD, *(program.name for program in PROGRAMS)]
    parser.add_argument("--pages", type=int, default=720)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--watches", type=int, nargs="+", default=[1000, 10])
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=300, help="seconds a program may take")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="PROGRAM")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where programs are installed")
    parser.add_argument("--data", type=Path, action="append", help="a folder of real pages")
    return parser.parse_args()


def _compare_on(
    count: int, options: argparse.Namespace, originals: tuple[Original, ...], sites: Path, server: int, port: int
) -> None:  # fmt: skip
    """Print the table of a number of cores."""
    theirs, others = choose_cores(count)
    os.sched_setaffinity(server, others)
    os.sched_setaffinity(0, others)
    feeds = tuple(f"http://{find_host(site)}:{port}/rss" for site in range(options.sites))
    shared = " too" if theirs & others else ""
    print(
        f"\nPrograms on core {_list(theirs)}, sites and mail server on {_list(others)}{shared}:\n"
    )
    print(f"| {' | '.join(HEADS)} |\n{'| --- ' * len(HEADS)}|", flush=True)
    for watches in options.watches:
        wanted = choose_words([one.body for one in originals], watches)
        terms = Terms(feeds=feeds, wanted=wanted, cores=theirs, limit_seconds=options.limit)
        compare(terms, options, sites)


def _list(cores: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(cores)))


def compare(terms: Terms, options: argparse.Namespace, sites: Path) -> None:
    """Run the programs in turns and print a row each."""
    runners: dict[str, Callable[[], Result]] = {
        program.name: lambda program=program: run_program(program, terms, options.cache)  # type: ignore[misc]  # defaults bind
        for program in PROGRAMS
    }
    runners[_WATCHWORD] = lambda: run_watchword(terms)
    chosen = {name: run for name, run in runners.items() if name in options.only}
    results, failures = defaultdict[str, list[Result]](list), dict[str, str]()
    for _ in range(options.runs):
        for name, run in chosen.items():
            if name in failures:
                continue
            try:
                results[name].append(run())
            except ProgramFailed as error:
                failures[name] = str(error)
    extraction, rest = measure_alone(sites, terms)
    bound = _find_bound(results[BARE.name], extraction, len(terms.cores))
    for name in chosen:
        found = [] if name in failures else results[name]
        print(make_row(name, len(terms.wanted.queries), found, bound), flush=True)
    print(
        f"{_WATCHWORD}'s extraction alone: {extraction:.1f} ms of CPU a page; all else its parse workers do: {rest:.1f} ms"
        + (f"; bound: {bound:.1f} articles/s" if bound else ""),
        file=sys.stderr,
    )
    for name, why in failures.items():
        print(f"n.a.: {name} {why}", file=sys.stderr, flush=True)


def measure_alone(sites: Path, terms: Terms) -> tuple[float, float]:
    """Return CPU milliseconds a page of extraction, and of all else that parse workers do."""
    command = [sys.executable, "-m", "bench.endtoend.alone", str(sites)]
    with on_cores(frozenset({min(terms.cores)})):
        done = subprocess.run(
            command, input="\n".join(terms.wanted.queries), stdout=subprocess.PIPE, text=True, check=True, cwd=_ROOT
        )  # fmt: skip
    extraction, rest = map(float, done.stdout.split())
    return extraction, rest


def _find_bound(bare: list[Result], extraction: float, cores: int) -> float:
    """Return the articles a second that fetching and extraction alone allow; 0 if bare Scrapy did not run."""
    if not bare:
        return 0.0
    fetch = sum(one.cpu_seconds / max(1, len(one.times)) for one in bare) / len(bare)
    return cores / (fetch + extraction / 1000)


if __name__ == "__main__":
    main()
