"""The rows of the comparison."""

import statistics
from collections.abc import Callable, Sequence

from bench.endtoend.running import Result

HEADS = (
    "program", "watches", "articles", "alerts", "CPU-s", "ms CPU/article", "wall s", "first 250, s", "articles/s", "steady/s", "of the bound, %", "largest MB",
)  # fmt: skip
# articles whose time is shown: what a person sees of a first visit
_FIRST = 250
# with fewer articles there is no steady rate: a program may store dozens at once
_FEWEST_STEADY = 100


def make_row(name: str, watches: int, results: Sequence[Result], bound: float) -> str:
    """Return the row of a program: medians of its runs, "n.a." without any.

    bound  articles a second; 0 if it is not known
    """
    if not results or not any(one.times for one in results):
        return f"| {name} | {watches} | {' | '.join(['n.a.'] * (len(HEADS) - 2))} |"

    def middle(value: Callable[[Result], float]) -> float:
        return statistics.median(value(one) for one in results)

    whole = middle(lambda one: len(one.times) / one.wall_seconds)
    is_steady = all(len(one.times) >= _FEWEST_STEADY for one in results)
    steady = middle(lambda one: one.steady) if is_steady else 0.0
    is_stopped = any(one.is_stopped for one in results)
    is_first_known = all(len(one.times) >= _FIRST for one in results)
    facts = (
        f"{middle(lambda one: len(one.times)):.0f}",
        f"{middle(lambda one: one.alert_count):.0f}",
        f"{middle(lambda one: one.cpu_seconds):.1f}",
        f"{middle(lambda one: one.cpu_seconds / max(1, len(one.times))) * 1000:.0f}",
        f"{'stopped after ' if is_stopped else ''}{middle(lambda one: one.wall_seconds):.1f}",
        f"{middle(lambda one: one.times[_FIRST - 1]):.1f}" if is_first_known else "n.a.",
        f"{whole:.1f}",
        f"{steady:.1f}" if is_steady else "n.a.",
        f"{_share(steady, bound)}, {_share(whole, bound)}",
        f"{max(one.peak_mb for one in results):.0f}",
    )
    return f"| {name} | {watches} | {' | '.join(facts)} |"


def _share(rate: float, bound: float) -> str:
    return f"{rate / bound:.0%}" if rate and bound else "n.a."
