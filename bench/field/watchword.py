"""Watchword on the field cases: their own runner crawls them, and their own checks judge, which are stricter than the peers'."""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from bench.field.cases import CASES
from bench.field.judge import Outcome, judge
from bench.field.sites import Case, find_runner, read_facts

# all cases at once take one to two minutes; ten times that is a hang
_BATCH_SECONDS = 1200
_VERDICT = re.compile(r"^===== (\S+): (PASS|FAIL).*\n((?:  .*\n)*)", re.MULTILINE)
# the complaint of a case, among the lines the runner prints
_COMPLAINT = re.compile(r"^  !! (.*)", re.MULTILINE)
_CONFIG = """\
[[source]]
name = "already"
url = "http://already.example/feed/"
kind = "feed"
[store]
path = "watchword.db"
[mail]
from = "watchword@demo.example"
[[watch]]
name = "drones"
query = "drone"
to = ["you@example.org"]
"""


def try_watchword(cases: Sequence[Case]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Crawl all cases; return the name of each and its complaints.

    Cases with the same number of visits share a crawl; one with settings of its own is crawled alone. A case left without a
    verdict is crawled once more alone.
    """
    command = _find_command()
    sites = sorted((case for case in cases if not case.outlines), key=_batch_of)
    for _, group in groupby(sites, key=_batch_of):
        batch = list(group)
        verdicts = _crawl(command, batch)
        for case in batch:
            name = case.folder.name
            if name not in verdicts:
                verdicts |= _crawl(command, [case])
            yield name, verdicts.get(name, ("the crawl ended without a verdict",))
    for case in cases:
        if case.outlines:
            yield case.folder.name, _import(command, case)


def _batch_of(case: Case) -> tuple[int, str]:
    _, visits, has_settings = read_facts(case)
    return visits, case.folder.name if has_settings else ""


def _find_command() -> str:
    beside = Path(sys.executable).with_name("watchword")
    return os.environ.get("WATCHWORD") or str(beside)


def _crawl(command: str, batch: Sequence[Case]) -> dict[str, tuple[str, ...]]:
    runner = find_runner(batch[0].folder.parent)
    with tempfile.TemporaryDirectory(prefix="field-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, str(runner), *(str(case.folder) for case in batch)],
                env={**os.environ, "WATCHWORD": command, "FIELD_TMP": folder},
                capture_output=True,
                text=True,
                timeout=_BATCH_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {}
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return read_verdicts(done.stdout)


def read_verdicts(text: str) -> dict[str, tuple[str, ...]]:
    """Return the complaints of each case from the runner's output; a case that passes has none."""
    return {
        name: tuple(_COMPLAINT.findall(shown)) if verdict == "FAIL" else ()
        for name, verdict, shown in _VERDICT.findall(text)
    }


def _import(command: str, case: Case) -> tuple[str, ...]:
    """Import a list of feeds into a configuration that holds one of them; return the complaints, judged as for a peer."""
    wanted = CASES.get(case.number)
    if wanted is None or case.outlines is None:
        return ("the case states no expectation",)
    with tempfile.TemporaryDirectory(prefix="field-") as folder:
        config = Path(folder, "watchword.toml")
        config.write_text(_CONFIG)
        done = subprocess.run(
            [command, "--config", str(config), "source", "import", str(case.outlines)],
            capture_output=True,
            text=True,
            timeout=_BATCH_SECONDS,
            check=False,
            cwd=folder,
        )
        sources = tomllib.loads(config.read_text(encoding="utf-8"))["source"]
    outcome = Outcome(
        lists=[source["url"] for source in sources], failures=[done.stdout, done.stderr]
    )
    return judge(wanted, outcome, reads_pages=True, now=datetime.now(UTC))
