"""``python -m bench.week``: a week in the field, compressed into minutes, and what came of it."""

import argparse
import json
import resource
import signal
import sys
import tempfile
from pathlib import Path

from bench.week.faults import choose
from bench.week.house import find_secrets, read_house
from bench.week.ledger import judge
from bench.week.politeness import judge_manners
from bench.week.report import count_kinds, list_faults, list_figures
from bench.week.run import Plan, Week, prepare
from bench.week.settings import DELAY_SECONDS


def main() -> int:
    """Run a week and report; gives 1 where the goal is missed."""
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
        with prepare(plan, folder, choose(options.faults)) as week:
            week.run()
            return report(week, options.json)


def report(week: Week, to: Path | None) -> int:
    """Print what came of a week; gives 1 where the goal is missed."""
    book = week.book()
    found = judge(book, [told for one in week.inbox.received for told in one.told])
    manners = judge_manners(
        week.web.asked,
        delay=DELAY_SECONDS,
        house=read_house(week.world.sites),
        restarts=week.kills,
    )
    secrets = find_secrets(week.inbox.received, week.running.said())
    reports = week.judge_reports()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = [
        ("week", f"{week.plan.minutes:g} minutes, {week.plan.sites} sites, seed {week.plan.seed}, faults {week.plan.faults}"),
        ("facts", count_kinds(list(book.facts.values()))),
        *list_figures(found, manners),
        ("messages", f"{len(week.inbox.received)}, {sum(one.hidden for one in week.inbox.received)} alerts hidden in digests"),
        ("status reports", f"{reports.reports}, {len(reports.untrue)} of {reports.sentences} sentences untrue"),
        ("CPU of the daemon", f"{used.ru_utime + used.ru_stime:.0f} s"),
    ]  # fmt: skip
    week.troubles += [f"the bench could not answer {one}" for one in week.web.broken]
    for name, value in figures:
        print(f"{name:<20} {value}")
    lines = list(list_faults(found, manners, book, week.running.ask))
    lines += [f"UNTRUE {one}" for one in reports.untrue]
    lines += [f"SECRET {one}" for one in secrets]
    lines += [f"TROUBLE {one}" for one in week.troubles]
    lines += [f"not done: {one}" for one in week.world.skipped]
    print("\n".join(lines))
    if to:
        to.write_text(json.dumps({"figures": dict(figures), "faults": lines}, ensure_ascii=False, indent=1))  # fmt: skip
    allowed = week.inbox.cut + week.kills * 3
    is_good = (
        found.recall == 1
        and found.precision == 1
        and not manners.impolite
        and not week.troubles
        and not reports.untrue
        and not secrets
        and len(found.copies) <= allowed
    )
    return 0 if is_good else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="none", help="none, light, all, or names with commas")
    parser.add_argument("--only", action="append", metavar="FACT", help="publish this fact alone")
    parser.add_argument(
        "--kinds", metavar="NAME,NAME", help="sites of these kinds alone: shares.py"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave database and log here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and faults")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
