"""From a feed to the stored, matched article: the whole of Watchword beside bare Scrapy and a script of an afternoon.

    python -m bench.endtoend [--pages 720] [--sites 200] [--watches 1000 10] [--runs 2] [--data DIR ...]

Real pages on as many sites as loopback has addresses, politeness set to nothing. The programs run one after another, in
turns: bare Scrapy parses nothing and is the ceiling; the afternoon script extracts with trafilatura's defaults, searches
all words with one expression and commits each page. CPU is that of all processes without the server's. "Steady" are the
articles a second between the first and the last 10 %.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.endtoend.pages import read_originals, write_sites
from bench.endtoend.server import find_host
from bench.endtoend.tree import Tree
from bench.endtoend.watches import Wanted, choose_words
from bench.soak.processes import MARK
from tests.fakes import FakeMailbox

_ROOT = Path(__file__).resolve().parents[2]
_CORPORA = _ROOT.parent / "shared" / "corpora"
DATA = (
    _CORPORA / "article-extraction-benchmark" / "open",
    _CORPORA / "metadata" / "fundus" / "open",
)
# 5: a flood of alerts waits for the next hour
_FINE = {0, 5}
_HEADS = ("program", "watches", "articles", "alerts", "CPU-s", "ms CPU/article", "wall s", "first 250, s", "steady/s", "largest MB")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of a program cost; ``times``: when each article was stored, in seconds since the start."""

    times: tuple[float, ...]
    alert_count: int
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float

    @property
    def steady(self) -> float:
        """Articles a second between the first and the last tenth."""
        tenth = len(self.times) // 10
        middle = self.times[tenth : len(self.times) - tenth]
        span = middle[-1] - middle[0] if len(middle) > 1 else 0.0
        return len(middle) / span if span else 0.0


def run_tree(command: list[str], *, text: str = "") -> tuple[Tree, float, float]:
    """Run a command and return what it cost, when it began (epoch) and its seconds."""
    began, wall = time.time(), time.perf_counter()
    mark = f"endtoend-{began}"
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=_ROOT, env={**os.environ, MARK: mark}
    )  # fmt: skip
    tree = Tree(mark)
    tree.start()
    _, errors = child.communicate(text)
    tree.stop()
    if child.returncode not in _FINE:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}: {errors[-2000:]}")
    return tree, began, time.perf_counter() - wall


def run_script(kind: str, feeds: list[str], wanted: Wanted) -> Result:
    """Run one of the two spiders."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "words.txt").write_text("\n".join(wanted.words), encoding="utf-8")
        command = [sys.executable, "-m", "bench.endtoend.spiders", kind, name]
        tree, began, wall = run_tree(command, text="\n".join(feeds))
        with closing(sqlite3.connect(Path(name) / "pages.db")) as connection:
            rows = connection.execute(
                "SELECT kept_at, words FROM pages ORDER BY kept_at"
            ).fetchall()
    return Result(
        times=tuple(row[0] - began for row in rows),
        alert_count=sum(len(row[1].split(",")) for row in rows if row[1]),
        cpu_seconds=tree.all_cpu_seconds,
        wall_seconds=wall,
        peak_mb=max(tree.peak_mb.values(), default=0.0),
    )


def run_watchword(feeds: list[str], wanted: Wanted) -> Result:
    """Run ``watchword crawl`` once over all feeds; its alerts go to a real mail server."""
    with tempfile.TemporaryDirectory() as name, FakeMailbox() as mailbox:
        file = Path(name) / "w.toml"
        file.write_text(wanted.write_config(feeds, Path(name), mailbox.port), encoding="utf-8")
        command = [sys.executable, "-m", "watchword", "--config", str(file), "crawl"]
        tree, began, wall = run_tree(command)
        with closing(sqlite3.connect(Path(name) / "watchword.db")) as connection:
            rows = connection.execute("SELECT first_seen_at FROM articles ORDER BY 1").fetchall()
            (alert_count,) = connection.execute("SELECT count(*) FROM alerts").fetchone()
    return Result(
        times=tuple(datetime.fromisoformat(row[0]).timestamp() - began for row in rows),
        alert_count=alert_count,
        cpu_seconds=tree.all_cpu_seconds,
        wall_seconds=wall,
        peak_mb=tree.find_peak(" crawler"),
    )


def show(name: str, watches: int, results: list[Result]) -> None:
    """Print the row of a program: medians of its runs."""

    def middle(*values: float) -> float:
        return statistics.median(values)

    count = middle(*(len(one.times) for one in results))
    facts = (
        f"{count:.0f}",
        f"{middle(*(one.alert_count for one in results)):.0f}",
        f"{middle(*(one.cpu_seconds for one in results)):.1f}",
        f"{middle(*(one.cpu_seconds / max(1, len(one.times)) for one in results)) * 1000:.0f}",
        f"{middle(*(one.wall_seconds for one in results)):.1f}",
        f"{middle(*(one.times[min(249, len(one.times) - 1)] for one in results if one.times)):.1f}",
        f"{middle(*(one.steady for one in results)):.1f}",
        f"{max(one.peak_mb for one in results):.0f}",
    )
    print(f"| {name} | {watches} | {' | '.join(facts)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=720)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--watches", type=int, nargs="+", default=[1000, 10])
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--data", type=Path, action="append", help="a folder of real pages")
    options = parser.parse_args()
    originals = read_originals(options.data or DATA)
    with tempfile.TemporaryDirectory() as name:
        write_sites(originals, Path(name), page_count=options.pages, site_count=options.sites)
        command = [sys.executable, "-m", "bench.endtoend.server", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            feeds = [f"http://{find_host(site)}:{port}/rss" for site in range(options.sites)]
            print(f"| {' | '.join(_HEADS)} |\n{'| --- ' * len(_HEADS)}|", flush=True)
            try:
                for count in options.watches:
                    compare(
                        feeds, choose_words([one.body for one in originals], count), options.runs
                    )
            finally:
                server.kill()


def compare(feeds: list[str], wanted: Wanted, run_count: int) -> None:
    """Run the programs in turns and print a row each."""
    results = defaultdict[str, list[Result]](list)
    for _ in range(run_count):
        results["bare Scrapy"].append(run_script("bare", feeds, wanted))
        results["afternoon script"].append(run_script("afternoon", feeds, wanted))
        results["Watchword"].append(run_watchword(feeds, wanted))
    for name, found in results.items():
        show(name, len(wanted.queries), found)


if __name__ == "__main__":
    main()
