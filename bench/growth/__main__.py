"""How the cost of each thing grows: with articles, with watches, with sources. Writes figures, tables and plots.

    python -m bench.growth [articles] [watches] [sources] [--sizes N ...] [--keep DIR] [--data DIR] [--json FILE] [--plots DIR]
    python -m bench.growth --only-plots

Filling a million articles takes half an hour of CPU time and 6 GB; with ``--keep`` the databases stay, and a later run uses
them again (each run adds 300 articles). Figures are added to those in the JSON file, so that sizes may be measured one by one.
Times are CPU times unless they say otherwise, as clocks mean little on a busy machine.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.dedup.__main__ import OPEN
from bench.growth.archive.filled import fill_archive
from bench.growth.archive.settings import (
    PORT,
    WATCHES,
    Archive,
    choose_queries,
    invent_queries,
    write_config,
)
from bench.growth.archive.texts import Press, read_bodies
from bench.growth.measures.articles import measure_keeping
from bench.growth.measures.commands import measure_watch_tests
from bench.growth.measures.pages import measure_pages
from bench.growth.measures.sources import measure_sources
from bench.growth.measures.starts import measure_start
from bench.growth.plots import write_plots
from bench.growth.tables import print_table

_Figures = dict[str, dict[str, dict[str, float]]]
_SIZES = {
    "articles": (10_000, 100_000, 1_000_000),
    "watches": (10, 1_000, 100_000),
    "sources": (100, 10_000, 50_000),
}
_PLOTS = Path(__file__).resolve().parents[2] / "docs" / "images"


def measure_articles(count: int, keep: Path, data: Path) -> dict[str, float]:
    """Fill an archive if need be, and measure everything on top of it."""
    archive = _fill(count, keep, data)
    return {
        **measure_keeping(archive.config, Press(data), first=10_000_000 + os.getpid() * 1000),
        **measure_watch_tests(archive.config),
        **measure_pages(archive.config),
        **measure_start(archive.config),
    }


def _fill(count: int, keep: Path, data: Path) -> Archive:
    bodies = [body for texts in read_bodies(data).values() for body in texts]
    return fill_archive(keep, count, data, queries=choose_queries(bodies, WATCHES))


def measure_watches(count: int, keep: Path, data: Path) -> dict[str, float]:
    """Keep articles in a new database with so many watches, and start a daemon."""
    folder = keep / f"watches-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db*"):
        file.unlink()
    bodies = [body for texts in read_bodies(data).values() for body in texts]
    # a port of its own, so that two kinds can be measured at the same time
    port = PORT + 1
    file = write_config(folder, queries=invent_queries(bodies, count), port=port)
    return {**measure_keeping(file, Press(data), first=0), **measure_start(file, port=port)}


def measure_many_sources(count: int, keep: Path, _data: Path) -> dict[str, float]:
    """Take over a configuration with so many sources, and start a daemon."""
    folder = keep / f"sources-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db*"):
        file.unlink()
    port = PORT + 2
    file = write_config(folder, sources=count, port=port)
    return {**measure_start(file, port=port), **measure_sources(file)}


_MEASURES: dict[str, Callable[[int, Path, Path], dict[str, float]]] = {
    "articles": measure_articles,
    "watches": measure_watches,
    "sources": measure_many_sources,
}


def main() -> None:
    """Measure what is asked for, and write everything that is known."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("of", nargs="*", choices=[*_SIZES, []], help="all three unless named")
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--keep", type=Path, help="where databases stay for the next run")
    parser.add_argument(
        "--data", type=Path, default=OPEN, help="articles.jsonl.gz of real articles"
    )
    parser.add_argument("--json", type=Path, default=Path("build/growth.json"))
    parser.add_argument("--plots", type=Path, default=_PLOTS)
    parser.add_argument("--only-plots", action="store_true", help="measure nothing")
    options = parser.parse_args()
    figures: _Figures = json.loads(options.json.read_text()) if options.json.exists() else {}
    with ExitStack() as stack:
        keep = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in () if options.only_plots else options.of or _SIZES:
            for size in options.sizes or _SIZES[name]:
                found = _MEASURES[name](size, keep.resolve(), options.data)
                figures.setdefault(name, {})[str(size)] = found
                options.json.parent.mkdir(parents=True, exist_ok=True)
                options.json.write_text(json.dumps(figures, indent=1) + "\n")
    for name, by_size in figures.items():
        print_table(name, by_size)
    write_plots(figures, options.plots)


if __name__ == "__main__":
    main()
