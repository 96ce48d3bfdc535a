"""Comparing what is read now with an earlier version, page by page: scores are kept in a file and read again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.extraction.scores import Row, compare_f1, sum_up

# name of a corpus, with the field if it is not the body -> key of a page -> its precision and recall
Kept = dict[str, Mapping[str, Row]]
# a page whose F1 moved by less than this is called unchanged
_MOVED = 0.001
_BEFORE_FIELD = ", "
BODIES = "bodies"
# of these, less is better
WRONG = "wrong dates"
FIELDS = (BODIES, "titles", "authors", "dates", WRONG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """F1 of a corpus's bodies, or the share of pages, before and after, with the 95 % interval of the difference (low, high)."""

    pages: int
    before: float
    after: float
    change: float
    low: float
    high: float
    better: int
    worse: int


def name_part(corpus: str, field: str) -> str:
    """Return the name of a corpus's scores for one of ``FIELDS``."""
    return corpus if field == BODIES else f"{corpus}{_BEFORE_FIELD}{field}"


def _field_of(name: str) -> str:
    field = name.rpartition(_BEFORE_FIELD)[2]
    return field if field in FIELDS else BODIES


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
    """Return for each corpus and field in both, and for a field of all together, what changed, with its 95 % interval.

    Only pages in both count. ``all`` weighs each page alike, whatever its corpus.
    """
    found: dict[str, Change] = {}
    for field in FIELDS:
        pairs = {
            name: [(before[name][key], rows[key]) for key in rows if key in before.get(name, {})]
            for name, rows in after.items()
            if _field_of(name) == field
        }
        pairs = {name: rows for name, rows in pairs.items() if rows}
        found.update({name: _change(rows) for name, rows in pairs.items()})
        if len(pairs) > 1:
            found[name_part("all", field)] = _change(
                [row for rows in pairs.values() for row in rows]
            )
    return found


def _change(pairs: Sequence[tuple[Row, Row]]) -> Change:
    old, new = [one for one, _ in pairs], [other for _, other in pairs]
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
    """Print the comparison: a table of bodies, whose figures are F1, and one for each other field, which are shares of pages."""
    for field in FIELDS:
        rows = {name: row for name, row in changes.items() if _field_of(name) == field}
        if rows:
            print(f"\n| {field} of | pages | before | after | after - before | better | worse |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
        for name, row in rows.items():
            difference = f"{row.change:+.4f} [{row.low:+.4f}, {row.high:+.4f}]"
            moved = (row.worse, row.better) if field == WRONG else (row.better, row.worse)
            figures = f"{row.before:.4f} | {row.after:.4f} | {difference}"
            corpus = name.removesuffix(f"{_BEFORE_FIELD}{field}")
            print(f"| {corpus} | {row.pages} | {figures} | {moved[0]} | {moved[1]} |")
