"""The parts of the table: each runs one bench with all its peers and returns, for each program, a text for each column."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.extraction.corpora import CORPORA
from bench.quality.environment import ROOT

WATCHWORD = "Watchword"
# program -> column -> text
Rows = dict[str, dict[str, str]]
# the slowest reader takes half a second a page, and a busy machine four times as long
_LIMIT_SECONDS = 3600.0
# programs of bench.week that read pages, or the lines of watched ones; the others read the words of a feed alone
_WEEK_NAMES = {
    "watchword": WATCHWORD,
    "afternoon": "afternoon script (Scrapy, trafilatura)",
    "reader-pages": "reader with a script that reads pages",
    "rss2email-pages": "rss2email with a filter that reads pages",
    "changedetection": "changedetection.io",
}
_CASES = CORPORA / "matching" / "cases.jsonl"
# collections by the first words of their names in bench.extraction: what they are called here
_BODIES, _NEWS, _DATES = "article-extraction-benchmark", "fundus", "htmldate-eval"


class PartFailed(Exception):
    """A bench ended without figures; the message is the end of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How the parts are run.

    python  the interpreter with the libraries of all peers
    week    options of ``bench.week`` for the part in which programs are killed
    """

    python: Path
    week: tuple[str, ...]


def _run(command: list[str], *, fine: frozenset[int] = frozenset({0})) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise PartFailed(f"stopped after {_LIMIT_SECONDS:.0f} s") from error
    if done.returncode not in fine:
        raise PartFailed(f"{' '.join(command[1:])}: {done.stderr.strip()[-500:]}")
    return done.stdout


def score_extraction(task: Task) -> Rows:
    """Return bodies, titles, authors and dates."""
    found = json.loads(_run([str(task.python), "-m", "bench.extraction", "--json"]))
    rows: Rows = {}
    for collection, readers in found.items():
        for name, figures in readers.items():
            rows.setdefault(name, {}).update(write_extraction(collection, figures))
    return rows


def write_extraction(collection: str, figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns of one reader on one collection."""
    columns: dict[str, str] = {}
    body = "body F1, with standfirst" if _NEWS in collection else "body F1"
    for column, key in ((body, "f1"), ("title", "title"), ("authors", "authors")):
        if key in figures:
            columns[column] = f"{figures[key]:.3f}"
    if "date_right" in figures:
        column = "date, hard pages" if _DATES in collection else "date"
        columns[column] = f"{figures['date_right']:.3f}, {figures['date_wrong']:.3f} wrong"
    return columns


def score_dedup(task: Task) -> Rows:
    """Return how well copies of a story are recognised."""
    found = json.loads(_run([str(task.python), "-m", "bench.dedup", "--json"]))
    return {
        name: {"copies": f"F1 {row['joined_f1']:.3f}, {row['joined_false']:.0f} false merges"}
        for name, row in found.items()
    }


def score_matching(task: Task) -> Rows:
    """Return how many query cases are answered right."""
    command = [str(task.python), "-m", "bench.matching", "--cases", str(_CASES), "--peers", "--json"]  # fmt: skip
    found = json.loads(_run(command, fine=frozenset({0, 1})))
    rows = {
        name: {"queries right": f"{right} of {judged}"}
        for name, (right, _, judged) in found["peers"].items()
    }
    failed = sum(one["expected"] in {"true", "false"} for one in found["failed"])
    judged = next((judged for _, _, judged in found["peers"].values()), found["cases"])
    rows[WATCHWORD] = {"queries right": f"{judged - failed} of {judged}"}
    return rows


def score_kills(task: Task) -> Rows:
    """Return what a week with kills and a failing mail server loses; a program that does not run has no figures."""
    rows: Rows = {}
    for program, name in _WEEK_NAMES.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "week.json"
            command = [sys.executable, "-m", "bench.week", "--program", program, "--faults", "light", "--json", str(file), *task.week]  # fmt: skip
            try:
                # 1: the goal is missed
                _run(command, fine=frozenset({0, 1}))
                figures = json.loads(file.read_text(encoding="utf-8"))["figures"]
            except (PartFailed, OSError) as error:
                print(f"n.a.: {name}: {error}", file=sys.stderr)
                continue
        rows[name] = write_week(figures)
    return rows


def write_week(figures: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of one program in a week."""
    return {
        "alerts although killed": figures["first tellings"],
        "right": figures["precision"],
        "sent again": figures["alerted again"],
    }


PARTS: dict[str, Callable[[Task], Rows]] = {
    "extraction": score_extraction,
    "dedup": score_dedup,
    "matching": score_matching,
    "kills": score_kills,
}
