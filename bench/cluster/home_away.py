"""The home stopped under load: how much waits for it, whether workers grow, and how soon it is drained.

    python -m bench.cluster.home_away --minutes 10

Calm otherwise. A page that is asked for twice was handed out twice. Exit code 1: a goal is missed.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.cluster.judge import Line, judge_articles, judge_manners, read_log, write_table
from bench.cluster.stage.options import make_parser
from bench.cluster.stage.settling import count_notes, settle
from bench.cluster.stage.stage import Stage, staged
from bench.cluster.stage.usage import read_worker_mb

_MOST_NOTES, _MOST_GROWTH_MB, _DRAINED_SECONDS = 5_000, 50.0, 120.0
_LOOK_SECONDS = 2.0


def measure(stage: Stage, *, minutes: float, warm_seconds: float, delay: float) -> list[Line]:
    """Stop the home, start it again, and judge."""
    stage.start()
    time.sleep(warm_seconds)
    before_mb = read_worker_mb(stage)
    stage.home.stop()
    most_notes, most_mb = _watch(stage, seconds=minutes * 60)
    began = time.monotonic()
    stage.home.start()
    while count_notes(stage) != 0 and time.monotonic() - began < 2 * _DRAINED_SECONDS:
        time.sleep(0.5)
    drained = time.monotonic() - began
    stage.press.ask(hold=True)
    trouble = settle(stage)
    published = stage.press.ask(published=True)
    troubles = [*filter(None, [trouble, *(one.end() for one in stage.workers)]), *stage.home.end()]
    by_host = read_log(stage.press.log)
    pages = Counter(
        one.path for each in by_host.values() for one in each if one.path.startswith("/a/")
    )
    again = [path for path, count in pages.items() if count > 1]
    growth = most_mb - before_mb
    return [
        *judge_articles(stage.home, published),
        *judge_manners(by_host, delay=delay, allowed=0, names="domains"),
        Line(what="most notes that waited", found=f"{most_notes:,}", goal=f"<= {_MOST_NOTES:,}", is_good=most_notes <= _MOST_NOTES),
        Line(what="workers' memory before and at most", found=f"{before_mb:.0f} and {most_mb:.0f} MB", goal=f"within {_MOST_GROWTH_MB:g} MB", is_good=growth <= _MOST_GROWTH_MB),
        Line(what="drained after", found=f"{drained:.0f} s, the start of the daemon in it", goal=f"<= {_DRAINED_SECONDS:g} s", is_good=drained <= _DRAINED_SECONDS),
        Line(what="pages asked for twice", found=f"{len(again)} {again[:2]}", goal="0", is_good=not again),
        Line(what="other troubles", found=f"{len(troubles)} {troubles[:2]}", goal="0", is_good=not troubles),
    ]  # fmt: skip


def _watch(stage: Stage, *, seconds: float) -> tuple[int, float]:
    """Return the most notes that waited and the most memory of the workers in a time."""
    most_notes, most_mb, ends = 0, 0.0, time.monotonic() + seconds
    while time.monotonic() < ends:
        most_notes = max(most_notes, count_notes(stage))
        most_mb = max(most_mb, read_worker_mb(stage))
        time.sleep(_LOOK_SECONDS)
    return most_notes, most_mb


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report; exit with 1 if a goal is missed."""
    parser = make_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--warm", type=float, default=45, help="seconds of work before the home is stopped"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="watchword-cluster-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with staged(folder, options) as stage:
            lines = measure(
                stage, minutes=options.minutes, warm_seconds=options.warm, delay=options.delay
            )
    print(write_table(lines))
    raise SystemExit(0 if all(one.is_good for one in lines) else 1)


if __name__ == "__main__":
    main()
