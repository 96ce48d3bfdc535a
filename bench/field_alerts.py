"""Alerts in the field: scenarios made after public complaints about programs that alert, run on the real daemon.

    python -m bench.field_alerts [--cases DIR] [--checkout NAME=DIR ...] [--only WORD ...] [--at-once N] [--markdown] [--why]

The table has a row for each scenario and a column for each checkout: this one, and earlier ones to compare with (each with a
``.venv`` of its own). A scenario is a script that runs the daemon and the commands of ``WATCHWORD_CHECKOUT`` against a web site
and a mail server on loopback, and prints PASS or FAIL for each check. Those that set the clock need ``FAKETIME_LIB``, the path
of libfaketime.so.1, and are marked n.a. without it. Exit code 1 if this checkout fails one.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # run as a file, not as a module
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.field_words import copy_in_present_words

ROOT = Path(__file__).resolve().parents[1]
_CASES = ROOT.parent / "shared" / "field" / "alerts"
_HERE = "here"
# scenarios wait for digests and limits, five minutes at most
_MOST_SECONDS = 420
_PASS, _FAIL, _NEEDS = "pass", "fail", "n.a."
_VERDICT = re.compile(r"\b(PASS|FAIL)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a scenario; ``said`` is its output."""

    word: str
    said: str = ""


# by scenario and checkout
Results = Mapping[str, Mapping[str, Verdict]]


def main() -> int:
    """Run the scenarios and print the table; return the exit code."""
    options = _parse()
    scenarios = sorted(options.cases.glob("*/scenario.py"))
    if options.only:
        scenarios = [one for one in scenarios if any(w in one.parent.name for w in options.only)]
    if not scenarios:
        print(f"skipped: {options.cases} holds no scenarios; say where they are with --cases DIR")
        return 0
    checkouts = {_HERE: ROOT} | dict(options.checkout)
    results = run_all(scenarios, checkouts, at_once=options.at_once)
    print("\n".join(make_table(results, tuple(checkouts), as_markdown=options.markdown)))
    if options.why:
        print("\n".join(_list_reasons(results)))
    return int(any(row[_HERE].word == _FAIL for row in results.values()))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=Path, default=_CASES, help="a folder of scenarios")
    parser.add_argument(
        "--checkout",
        type=_read_checkout,
        action="append",
        default=[],
        help="another one to compare with",
    )
    parser.add_argument("--only", nargs="+", help="scenarios whose name has one of these in it")
    parser.add_argument("--at-once", type=int, default=2, help="scenarios run at the same time")
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    parser.add_argument("--why", action="store_true", help="show what each that fails printed")
    return parser.parse_args()


def _read_checkout(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    return name, Path(folder).resolve()


def run_all(
    scenarios: Sequence[Path], checkouts: Mapping[str, Path], *, at_once: int
) -> dict[str, dict[str, Verdict]]:
    """Run each scenario on each checkout, with progress on standard error."""
    results: dict[str, dict[str, Verdict]] = {one.parent.name: {} for one in scenarios}
    jobs = [(one, name) for one in scenarios for name in checkouts]
    with ThreadPoolExecutor(at_once) as pool, tempfile.TemporaryDirectory() as scratch:
        present = copy_in_present_words(scenarios[0].parents[1], Path(scratch) / "present")

        def run(job: tuple[Path, str]) -> Verdict:
            scenario, name = job
            # an earlier checkout knows the words the scenario was written in
            here = present / scenario.parent.name / scenario.name if name == _HERE else scenario
            return run_one(here, checkouts[name], Path(scratch) / name)

        tried = pool.map(run, jobs)
        for (scenario, name), verdict in zip(jobs, tried, strict=True):
            results[scenario.parent.name][name] = verdict
            print(f"{scenario.parent.name} ({name}): {verdict.word}", file=sys.stderr)
    return results


def run_one(scenario: Path, checkout: Path, scratch: Path) -> Verdict:
    """Run one scenario; it has failed if it prints no verdict or takes longer than seven minutes."""
    library = os.environ.get("FAKETIME_LIB", "")
    if "FAKETIME_LIB" in scenario.read_text("utf-8") and not Path(library).is_file():
        # the loader only warns of a library that is not there, and the clock would be the real one
        return Verdict(_NEEDS, "it sets the clock and needs FAKETIME_LIB, the path of a file")
    folder = scratch / scenario.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"WATCHWORD_CHECKOUT": str(checkout), "FIELD_SCRATCH": str(folder)}
    python = str(checkout / ".venv" / "bin" / "python")
    try:
        done = subprocess.run(
            [python, str(scenario)], cwd=checkout, env=environment, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Verdict(_FAIL, f"it did not end within {_MOST_SECONDS} s")
    return judge(done.returncode, done.stdout, done.stderr)


def judge(code: int, printed: str, complaints: str) -> Verdict:
    """Return the verdict of a scenario from its output: every check must have passed."""
    words = _VERDICT.findall(printed)
    if not words:
        return Verdict(_FAIL, f"{printed}\n{complaints}".strip() or f"nothing; exit code {code}")
    return Verdict(_PASS if set(words) == {"PASS"} and code == 0 else _FAIL, printed.strip())


def make_table(results: Results, checkouts: Sequence[str], *, as_markdown: bool) -> Iterator[str]:
    """Return the lines of the table, and of how many passed."""
    width = max(map(len, results))
    names = [f"{'scenario':<{width}}", *(f"{name:<10}" for name in checkouts)]
    rows = [
        [f"{scenario:<{width}}", *(f"{row[name].word:<10}" for name in checkouts)]
        for scenario, row in results.items()
    ]
    totals = [f"{'passed':<{width}}"]
    for name in checkouts:
        words = [row[name].word for row in results.values()]
        totals.append(f"{words.count(_PASS)} of {len(words) - words.count(_NEEDS)}".ljust(10))
    for number, cells in enumerate((names, *rows, totals)):
        yield f"| {' | '.join(cells)} |" if as_markdown else "  ".join(cells).rstrip()
        if as_markdown and number == 0:
            yield f"|{' --- |' * len(names)}"


def _list_reasons(results: Results) -> Iterator[str]:
    for scenario, row in results.items():
        for name, verdict in row.items():
            if verdict.word != _PASS:
                yield f"\n{scenario} ({name}):\n{verdict.said}"


if __name__ == "__main__":
    sys.exit(main())
