"""``python -m bench.week``: a week in the field, compressed into minutes, and its outcome."""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from bench.week.faults.choose import choose
from bench.week.judging.outcome import examine
from bench.week.plan import Plan
from bench.week.programs.catalogue import PROGRAMS
from bench.week.programs.week import NOT_FOR_PROGRAMS, cast_program
from bench.week.run import Week
from bench.week.stage import Cast, prepare


def main() -> int:
    """Run a week and report it; return 1 if the goal is missed."""
    options = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(
        minutes=options.minutes,
        sites=options.sites,
        seed=options.seed,
        faults=options.faults,
        only=frozenset(options.only or ()),
        kinds=tuple(options.kinds.split(",")) if options.kinds else (),
    )
    with tempfile.TemporaryDirectory(prefix="week-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            sys.exit(f"{folder} is not empty; a week begins without a database")
        cast, faults = _cast(options), choose(options.faults)
        if cast is not None:
            faults = [one for one in faults if one.name not in NOT_FOR_PROGRAMS]
        with prepare(plan, folder, faults, cast) as week:
            week.run()
            return report(week, options.json)


def report(week: Week, to: Path | None) -> int:
    """Print the outcome of a week; return 1 if the goal is missed."""
    outcome = examine(week)
    figures, lines = outcome.list_figures(), list(outcome.list_lines())
    for name, value in figures:
        print(f"{name:<20} {value}")
    print("\n".join([*lines, outcome.write_verdict()]))
    if to:
        to.write_text(json.dumps({"figures": dict(figures), "faults": lines}, ensure_ascii=False, indent=1))  # fmt: skip
    return 1 if outcome.list_shortcomings() else 0


def _cast(options: argparse.Namespace) -> Cast | None:
    """Return the program asked for; None for Watchword."""
    if options.program == "watchword":
        return None
    return cast_program(options.program, options.python)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="none", help="none, light, all, or names with commas")
    parser.add_argument("--program", choices=("watchword", *PROGRAMS), default="watchword")
    parser.add_argument(
        "--python", type=Path, help="the interpreter of the program's environment, if there is one"
    )
    parser.add_argument("--only", action="append", metavar="FACT", help="publish this fact alone")
    parser.add_argument(
        "--kinds",
        metavar="NAME,NAME",
        help="sites of these kinds alone (shares.py); 'plain': of those that need no setting of their own",
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave database and log here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and faults")
    options = parser.parse_args()
    try:
        choose(options.faults)
    except ValueError as error:
        parser.error(str(error))
    return options


if __name__ == "__main__":
    sys.exit(main())
