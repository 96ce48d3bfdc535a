"""Comparing the bodies of now with those of an earlier version, page by page: scores are kept in a file and read again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.extraction.scores import Row, compare_f1, sum_up

# name of a corpus -> key of a page -> precision and recall of its body
Kept = dict[str, Mapping[str, Row]]
# a page whose F1 moved by less than this is called unchanged
_MOVED = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """F1 of a corpus's bodies before and after, with the 95 % interval of the difference (low, high)."""

    pages: int
    before: float
    after: float
    change: float
    low: float
    high: float
    better: int
    worse: int


def write_kept(path: Path, kept: Kept) -> None:
    """Keep the scores of each page."""
    path.write_text(json.dumps(kept), encoding="utf-8")


def read_kept(path: Path) -> Kept:
    """Return scores that were kept."""
    stated = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: {key: (row[0], row[1]) for key, row in rows.items()} for name, rows in stated.items()
    }


def compare(before: Kept, after: Kept) -> dict[str, Change]:
    """Return for each corpus in both, and for all together, what changed: F1 after minus before with its 95 % interval.

    Only pages in both count. ``all`` weighs each page alike, whatever its corpus.
    """
    found: dict[str, Change] = {}
    all_old: list[Row] = []
    all_new: list[Row] = []
    for name in after:
        keys = [key for key in after[name] if key in before.get(name, {})]
        if keys:
            old, new = ([kept[name][key] for key in keys] for kept in (before, after))
            found[name] = _change(old, new)
            all_old += old
            all_new += new
    if len(found) > 1:
        found["all"] = _change(all_old, all_new)
    return found


def _change(old: list[Row], new: list[Row]) -> Change:
    moves = [_f1(after) - _f1(before) for before, after in zip(old, new, strict=True)]
    difference, low, high = compare_f1(new, old)
    return Change(
        pages=len(old),
        before=sum_up(old)["f1"],
        after=sum_up(new)["f1"],
        change=difference,
        low=low,
        high=high,
        better=sum(move > _MOVED for move in moves),
        worse=sum(move < -_MOVED for move in moves),
    )


def _f1(row: Row) -> float:
    return sum_up([row])["f1"]


def print_change(changes: Mapping[str, Change]) -> None:
    """Print the comparison as a table."""
    print("\n| bodies of | pages | before | after | after - before | better | worse |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, row in changes.items():
        difference = f"{row.change:+.4f} [{row.low:+.4f}, {row.high:+.4f}]"
        figures = f"{row.before:.4f} | {row.after:.4f} | {difference}"
        print(f"| {name} | {row.pages} | {figures} | {row.better} | {row.worse} |")
