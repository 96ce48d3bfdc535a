"""In the field: sites made after public bug reports of readers and crawlers, read by Watchword and by its alternatives.

    python -m bench.field [--cases DIR] [--cache DIR] [--only PROGRAM ...] [--markdown] [--why]

The table has a row for each case and a column for each program: pass, fail, n.a. if the case is about something the program
does not do, ? if the case states no expectation, broke if the program ended without an answer. Peers are installed into
environments of their own below the cache. Exit code 1 if Watchword fails a case.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from bench.field.cases import CASES
from bench.field.programs import PEERS, Peer, PeerBroke, prepare, try_peer
from bench.field.sites import Case, find_cases, read_facts
from bench.field.watchword import try_watchword

ROOT = Path(__file__).resolve().parents[2]
_CASES = ROOT.parent / "shared" / "field" / "sources"
_CACHE = ROOT / "build" / "field-envs"
_WATCHWORD = "Watchword"
# characters of a case in the table, beside its name in 80 columns
_SHORT = 60
_PASS, _FAIL, _NOT_CONCERNED, _UNKNOWN, _BROKE = "pass", "fail", "n.a.", "?", "broke"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of one case with one program; ``why`` says what is wrong if it fails."""

    word: str
    why: tuple[str, ...] = ()


# by program and case
Results = dict[str, dict[str, Verdict]]


def main() -> int:
    """Run the programs asked for and print the table; return the exit code."""
    options = _parse()
    cases = find_cases(options.cases)
    if not cases:
        print(f"skipped: {options.cases} holds no cases; say where they are with --cases DIR")
        return 0
    results = Results()
    if not options.only or _WATCHWORD in options.only:
        found = dict(try_watchword(cases))
        results[_WATCHWORD] = {name: _verdict(complaints) for name, complaints in found.items()}
    for peer in PEERS:
        if not options.only or peer.name in options.only:
            results[peer.name] = _run_peer(peer, cases, options.cache)
    print("\n".join(make_table(cases, results, as_markdown=options.markdown)))
    if options.why:
        print("\n".join(list_reasons(results)))
    failed = any(verdict.word == _FAIL for verdict in results.get(_WATCHWORD, {}).values())
    return 1 if failed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [_WATCHWORD, *(peer.name for peer in PEERS)]
    parser.add_argument("--cases", type=Path, default=_CASES, help="a folder of cases")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="where peers are installed")
    parser.add_argument("--only", nargs="+", choices=names, help="programs to run; otherwise all")
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    parser.add_argument("--why", action="store_true", help="say what is wrong in each that fails")
    return parser.parse_args()


def _run_peer(peer: Peer, cases: Sequence[Case], cache: Path) -> dict[str, Verdict]:
    """Return the verdicts of a peer; none, with a message, if it cannot be installed."""
    try:
        python = prepare(peer, cache)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"skipped: {peer.name} cannot be installed: {error}", file=sys.stderr)
        return {}
    verdicts = dict[str, Verdict]()
    for case in cases:
        try:
            verdict = _verdict(try_peer(peer, python, case))
        except PeerBroke as error:
            verdict = Verdict(word=_BROKE, why=(str(error),))
        if case.number in CASES:
            verdicts[case.folder.name] = verdict
    return verdicts


def _verdict(complaints: tuple[str, ...] | None) -> Verdict:
    if complaints is None:
        return Verdict(word=_NOT_CONCERNED)
    return Verdict(word=_FAIL, why=complaints) if complaints else Verdict(word=_PASS)


def make_table(
    cases: Sequence[Case], results: Mapping[str, Mapping[str, Verdict]], *, as_markdown: bool
) -> list[str]:
    """Return the lines of the table: one row for each case, and the totals."""
    unknown = Verdict(word=_UNKNOWN)
    rows = [["case", "what is wanted", *results]]
    for case in cases:
        name = case.folder.name
        words = [verdicts.get(name, unknown).word for verdicts in results.values()]
        rows.append([name, _describe(case), *words])
    rows.append(["passed", "of those that concern it", *map(_count, results.values())])
    if as_markdown:
        ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
        return ["| " + " | ".join(row) + " |" for row in ruled]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _describe(case: Case) -> str:
    """Return what a case is about, without characters that have a meaning in a Markdown table."""
    wanted = CASES.get(case.number)
    text = (
        wanted.short if wanted else shorten(read_facts(case)[0], width=_SHORT, placeholder=" ...")
    )
    return text.replace("|", "/").replace("\n", " ")


def _count(verdicts: Mapping[str, Verdict]) -> str:
    words = [verdict.word for verdict in verdicts.values()]
    passed = words.count(_PASS)
    return f"{passed} of {passed + words.count(_FAIL) + words.count(_BROKE)}"


def list_reasons(results: Mapping[str, Mapping[str, Verdict]]) -> list[str]:
    """Return one line for each fault."""
    return [
        f"{program}, {name}: {reason}"
        for program, verdicts in results.items()
        for name, verdict in verdicts.items()
        for reason in verdict.why
    ]


if __name__ == "__main__":
    sys.exit(main())
