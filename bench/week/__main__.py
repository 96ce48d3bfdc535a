"""``python -m bench.week``: a week in the field, compressed into minutes, and what came of it."""

import argparse
import json
import resource
import signal
import sys
import tempfile
from pathlib import Path

from bench.week.faults import choose
from bench.week.ledger import Verdicts, judge
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
    forbidden = {s.host: "/private/" for s in week.world.sites if "robots" in s.quirks}
    manners = judge_manners(
        week.web.asked, delay=DELAY_SECONDS, forbidden=forbidden, restarts=week.kills
    )
    reports = week.judge_reports()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = [
        ("week", f"{week.plan.minutes:g} minutes, {week.plan.sites} sites, seed {week.plan.seed}, faults {week.plan.faults}"),
        ("facts", count_kinds(list(book.facts.values()))),
        *list_figures(found, manners),
        ("messages", f"{len(week.inbox.received)}, {sum(one.hidden for one in week.inbox.received)} alerts hidden in digests"),
        ("status reports", f"{reports.reports}, {len(reports.untrue)} of {reports.sentences} sentences untrue"),
        ("messages twice", f"{count_copies(found)} under the same Message-ID; {week.in_flight} were on their way when the daemon was killed or had no memory, {week.inbox.cut} when the mail server cut"),
        ("CPU of the daemon", f"{used.ru_utime + used.ru_stime:.0f} s"),
    ]  # fmt: skip
    for name, value in figures:
        print(f"{name:<20} {value}")
    lines = [f"FAULT {name}, {what}" for name, what in week.seen.items()]
    lines += list(list_faults(found, manners, book, week.running.ask))
    lines += [f"UNTRUE {one}" for one in reports.untrue]
    lines += [f"TROUBLE {one}" for one in week.troubles]
    lines += [f"not done: {one}" for one in week.world.skipped]
    print("\n".join(lines))
    if to:
        to.write_text(json.dumps({"figures": dict(figures), "faults": lines}, ensure_ascii=False, indent=1))  # fmt: skip
    is_good = (
        found.recall == 1
        and found.precision == 1
        and not manners.impolite
        and not week.troubles
        and not reports.untrue
        and count_copies(found) <= week.inbox.cut + week.in_flight
    )
    return 0 if is_good else 1


def count_copies(found: Verdicts) -> int:
    """Return how many messages came once more under their Message-ID, whatever number of alerts each tells."""
    return len({(one.recipient, one.message_id, one.at) for one in found.copies})


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="none", help="none, light, all, or names with commas")
    parser.add_argument("--only", action="append", metavar="FACT", help="publish this fact alone")
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
