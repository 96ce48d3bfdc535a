import sys
from pathlib import Path

import pytest

from bench.field_alerts import Verdict, judge, make_table, run_one


@pytest.mark.parametrize(
    ("code", "printed", "word"),
    [
        (0, "PASS\n  expected: one\n  got:      one", "pass"),
        (0, "with SMTPUTF8: PASS\n  expected: sent\nwithout: FAIL\n  expected: dead", "fail"),
        (0, "with SMTPUTF8: PASS\nwithout: PASS", "pass"),
        (1, "PASS\n  expected: one", "fail"),
        (0, "nothing to see", "fail"),
        (0, "", "fail"),
        (0, "a line that ends in BYPASS", "fail"),
    ],
)
def test_a_scenario_passes_only_if_all_its_checks_do(code: int, printed: str, word: str) -> None:
    assert judge(code, printed, "").word == word


def test_a_scenario_runs_against_the_checkout_it_is_given(tmp_path: Path) -> None:
    scenario = tmp_path / "01-where" / "scenario.py"
    scenario.parent.mkdir()
    scenario.write_text(
        "import os, pathlib\n"
        "scratch = pathlib.Path(os.environ['FIELD_SCRATCH'])\n"
        "print('PASS' if scratch.is_dir() else 'FAIL')\n"
        "print(os.environ['WATCHWORD_CHECKOUT'])\n"
    )
    here = tmp_path / "checkout"
    (here / ".venv" / "bin").mkdir(parents=True)
    (here / ".venv" / "bin" / "python").symlink_to(sys.executable)

    verdict = run_one(scenario, here, tmp_path / "scratch")

    assert verdict.word == "pass"
    assert str(here) in verdict.said


def test_a_scenario_that_sets_the_clock_is_not_judged_without_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKETIME_LIB", raising=False)
    scenario = tmp_path / "02-clock" / "scenario.py"
    scenario.parent.mkdir()
    scenario.write_text("# Needs FAKETIME_LIB.\nprint('FAIL')\n")

    assert run_one(scenario, tmp_path, tmp_path).word == "n.a."


def test_the_table_counts_what_could_be_judged() -> None:
    results = {
        "01-one": {"here": Verdict("pass"), "before": Verdict("fail")},
        "02-two": {"here": Verdict("n.a."), "before": Verdict("n.a.")},
    }

    *_, totals = make_table(results, ("here", "before"), as_markdown=False)

    assert "1 of 1" in totals
    assert "0 of 1" in totals
