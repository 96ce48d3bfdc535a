"""What an article costs workers, PostgreSQL and the home, with several numbers of workers, and without a cluster.

    python -m bench.cluster.table --numbers 0 1 2 4

0 is the embedded way: ``watchword run`` alone. Everything is on one machine, so that the wall clock says little; what counts is
processor time. A part is full when it uses nearly a whole core: the home has one thread that stores, a worker one that fetches.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.cluster.stage.options import make_parser
from bench.cluster.stage.stage import Stage, staged
from bench.cluster.stage.usage import PARTS, read_cpu_seconds

_COUNTS = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM visits WHERE finished_at IS NOT NULL)"


def measure(stage: Stage, *, seconds: float, warm_seconds: float) -> str:
    """Return a line of the table."""
    stage.start()
    time.sleep(warm_seconds)
    before, cpu, began = stage.home.ask(_COUNTS)[0], read_cpu_seconds(stage), time.monotonic()
    time.sleep(seconds)
    after, used = stage.home.ask(_COUNTS)[0], read_cpu_seconds(stage)
    passed = time.monotonic() - began
    articles, visits = (after[at] - before[at] for at in (0, 1))
    spent = {part: used[part] - cpu[part] for part in PARTS}
    each = " | ".join(f"{spent[part] * 1000 / max(1, articles):.1f}" for part in PARTS)
    cores = " | ".join(f"{spent[part] / passed * 100:.0f} %" for part in PARTS)
    count = len(stage.workers) or "embedded"
    return f"| {count} | {articles / passed:.1f} | {visits / max(1, articles):.1f} | {each} | {cores} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each number of workers, and print a table."""
    parser = make_parser(__doc__)
    parser.set_defaults(sources=200, domains=200, every=20, interval=2, delay=0.2)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--warm", type=float, default=40, help="seconds before the measurement")
    parser.add_argument("--numbers", type=int, nargs="*", default=[0, 1, 2, 4])
    options = parser.parse_args(arguments)
    names = " | ".join([*(f"{one}, ms" for one in PARTS), *(f"{one}, of a core" for one in PARTS)])
    print(f"| workers | articles a second | visits an article | {names} |")
    print(f"| {' | '.join(['---:'] * 9)} |", flush=True)
    for number in options.numbers:
        options.workers = number
        with (
            tempfile.TemporaryDirectory(prefix="watchword-cluster-") as scratch,
            staged(Path(scratch), options) as stage,
        ):
            print(
                measure(stage, seconds=options.minutes * 60, warm_seconds=options.warm), flush=True
            )


if __name__ == "__main__":
    main()
