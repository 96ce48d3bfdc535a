import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.extraction.corpora import CORPORA
from bench.matching.cases import run_cases

CASES = CORPORA / "matching" / "cases.jsonl"
ROOT = Path(__file__).resolve().parents[3]
GOOD = {"id": "a", "query": "drone", "title": "", "body": "Two drones.", "lang": "en", "source": "x.org", "expect": True}  # fmt: skip


@pytest.mark.skipif(not CASES.exists(), reason="shared/corpora/matching is absent")
def test_every_case_holds() -> None:
    outcomes = run_cases(CASES)

    assert len(outcomes) >= 100
    assert [outcome for outcome in outcomes if not outcome.is_right] == []


@pytest.mark.parametrize(
    ("case", "is_right"),
    [
        (GOOD, True),
        ({**GOOD, "expect": False}, False),
        ({**GOOD, "expect": "error"}, False),
        ({**GOOD, "query": "drone OR", "expect": "error", "error_at": 6}, True),
        ({**GOOD, "query": "drone OR", "expect": "error"}, True),
        ({**GOOD, "query": "drone OR", "expect": "error", "error_at": 0}, False),
        ({**GOOD, "query": "drone OR"}, False),
        ({**GOOD, "query": "staff", "body": "By Staff, Agencies\nTwo drones."}, False),
    ],
)
def test_a_case_is_judged_by_answer_and_place(
    tmp_path: Path, case: dict[str, object], is_right: bool
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(case) + "\n")

    assert run_cases(file)[0].is_right is is_right


def test_the_command_lists_what_fails(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{json.dumps({**GOOD, 'id': 'b', 'expect': False})}\n")

    done = subprocess.run(
        [sys.executable, "-m", "bench.matching", "--cases", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "b: 'drone': expected false, got true" in done.stdout
    assert "1 of 2 cases hold" in done.stdout
