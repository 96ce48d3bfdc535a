"""Make the tables of docs/internals/benchmarks.md again, one bench after the other.

    python -m bench.all --list
    python -m bench.all [--only NAME ...] [--quick] [--to DIR]

What each prints is written to build/bench/NAME.md as it comes, with command, date, commit and machine above it. ``--quick`` runs
short forms, whose figures are rough: to see that everything still works. Exit code 1 if a bench failed. The tables about
delivery while processes are killed are made by ``make kill``, which is a test.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.all.entries import ENTRIES, Entry
from bench.all.machine import describe_run

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the benches asked for; return 1 if one failed."""
    options = _parse()
    chosen = [entry for entry in ENTRIES if entry.name in options.only]
    if options.list:
        print("\n".join(make_list(chosen)))
        return 0
    failed = [entry.name for entry in chosen if not run(entry, options.to, is_quick=options.quick)]
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all made", file=sys.stderr)
    return 1 if failed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [entry.name for entry in ENTRIES]
    parser.add_argument("--list", action="store_true", help="name the benches and their durations")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="short forms, whose figures are rough")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "bench", metavar="DIR")
    return parser.parse_args()


def make_list(entries: Sequence[Entry]) -> list[str]:
    """Return the table of benches."""
    rows = [
        f"| {one.name} | `{one.command}` | {one.minutes} | {'yes' if one.quick else 'no'} | {one.heading} |"
        for one in entries
    ]
    total = sum(one.minutes for one in entries)
    heads = "| name | command | minutes | short form | its tables in docs/internals/benchmarks.md |"
    return [heads, "| --- | --- | --- | --- | --- |", *rows, f"| all | | {total} | | |"]


def run(entry: Entry, folder: Path, *, is_quick: bool) -> bool:
    """Run one bench and write its result; return whether it ended well. One without a short form is left out of a quick run."""
    arguments = entry.quick if is_quick else entry.arguments
    if arguments is None:
        print(f"{entry.name}: left out, it has no short form", file=sys.stderr)
        return True
    print(f"{entry.name}: {arguments} ...", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (folder / f"{entry.name}.md").open("w", encoding="utf-8") as file:
        file.write("\n".join(describe_run(f"python -m {arguments}", ROOT)) + "\n")
        file.flush()
        command = [sys.executable, "-m", *arguments.split()]
        code = subprocess.run(command, stdout=file, cwd=ROOT, check=False).returncode
        seconds = time.monotonic() - began
        file.write(f"\nEnded with {code} after {seconds:.0f} s.\n")
    print(f"{entry.name}: ended with {code} after {seconds:.0f} s", file=sys.stderr)
    return code == 0


if __name__ == "__main__":
    sys.exit(main())
