"""Quality side by side: extraction, metadata, dates, copies, queries, and what is lost when processes are killed.

    python -m bench.quality [--only PART ...] [--figures FILE] [--cache DIR] [--week OPTION ...]

Runs bench.extraction, bench.dedup, bench.matching with its query cases, and a short bench.week with light faults, each with all the
programs it knows, and prints one table. A program has n.a. where it has no such part. Libraries are installed, pinned, into an
environment of their own below the cache, and the programs of the week into others. Figures are kept in a file with their date:
with ``--only`` the named parts are measured again, and the table shows the others as they were.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.quality.environment import ROOT, prepare
from bench.quality.parts import PARTS, WATCHWORD, PartFailed, Rows, Task

_FIGURES = ROOT / "build" / "bench" / "quality.json"
_CACHE = ROOT / "build" / "quality-envs"
# four minutes are the shortest week in which every fault has its time; plain: no site needs a setting of its own
_WEEK = ("--minutes", "4", "--sites", "20", "--seed", "3", "--kinds", "plain")
# part -> {"date", "rows"}
Figures = dict[str, dict[str, Any]]


def main() -> int:
    """Measure, print the table; return 1 if a part has no figures."""
    options = _parse()
    try:
        task = Task(python=prepare(options.cache), week=tuple(options.week))
    except (OSError, subprocess.SubprocessError) as error:
        print(f"the environment of the peers cannot be made: {error}", file=sys.stderr)
        return 1
    failed = False
    for part in options.only:
        try:
            rows = PARTS[part](task)
        except PartFailed as error:
            print(f"{part}: {error}", file=sys.stderr)
            failed = True
            continue
        keep(options.figures, part, rows)
    print("\n".join(make_table(read_kept(options.figures))))
    return 1 if failed else 0


def read_kept(file: Path) -> Figures:
    """Return the figures in a file; none if it does not exist."""
    kept: Figures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return kept


def keep(file: Path, part: str, rows: Rows) -> None:
    """Put the figures of a part in the place of its former ones; another part may be measured at the same time."""
    dated = {"date": datetime.now(UTC).date().isoformat(), "rows": rows}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        json.dumps({**read_kept(file), part: dated}, ensure_ascii=False, indent=1),
        encoding="utf-8",
    )


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--figures", type=Path, default=_FIGURES, help="where figures are kept")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where peers are installed")
    parser.add_argument(
        "--week", nargs=argparse.REMAINDER, default=list(_WEEK), help="options of bench.week"
    )
    return parser.parse_args()


def make_table(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines of the table: a row for each program, ours first, and when each part was measured."""
    joined: Rows = {WATCHWORD: {}}
    for part in PARTS:
        for name, columns in figures.get(part, {}).get("rows", {}).items():
            joined.setdefault(name, {}).update(columns)
    heads = list(dict.fromkeys(column for columns in joined.values() for column in columns))
    lines = [f"| program | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for name, columns in joined.items():
        cells = " | ".join(columns.get(head, "n.a.") for head in heads)
        lines.append(f"| {name} | {cells} |")
    dates = ", ".join(f"{part} {figures[part]['date']}" for part in PARTS if part in figures)
    return [*lines, "", f"Measured: {dates or 'nothing yet'}."]


if __name__ == "__main__":
    sys.exit(main())
