import os
from pathlib import Path

import pytest

from bench.endtoend.programs.catalogue import Program
from bench.endtoend.running import ProgramFailed, Result, Terms, choose_cores, run_program
from bench.endtoend.table import HEADS, make_row
from bench.endtoend.watches import Wanted
from tests.unit.bench.endtoend.stuck import SLEEP

_FOLDER = "tests.unit.bench.endtoend"


def _terms(limit_seconds: float) -> Terms:
    cores = frozenset(os.sched_getaffinity(0))
    wanted = Wanted(("drone",), ("drone", "harbour"))
    return Terms(feeds=("http://127.0.0.1/rss",), wanted=wanted, cores=cores, limit_seconds=limit_seconds)  # fmt: skip


def _list_sleeping() -> list[str]:
    """Return the processes of the program that hangs."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and SLEEP.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


def test_a_program_that_hangs_is_stopped_with_its_children_and_what_it_stored_counts(
    tmp_path: Path,
) -> None:
    stuck = Program(name="stuck", module=f"{_FOLDER}.stuck")

    result = run_program(stuck, _terms(6), tmp_path)

    assert result.is_stopped
    assert (len(result.times), result.alert_count) == (1, 2)
    assert not _list_sleeping()


def test_a_program_that_ends_with_an_error_says_why(tmp_path: Path) -> None:
    broken = Program(name="broken", module=f"{_FOLDER}.broken")

    with pytest.raises(ProgramFailed, match="no such feed"):
        run_program(broken, _terms(30), tmp_path)


def test_a_program_that_cannot_be_installed_says_so(tmp_path: Path) -> None:
    nowhere = Program(name="nowhere", module="m", requirements=("file:///no/such/package.whl",))

    with pytest.raises(ProgramFailed, match="cannot be installed"):
        run_program(nowhere, _terms(30), tmp_path)


def test_one_core_for_the_programs_leaves_the_others_to_the_sites() -> None:
    usable = frozenset(os.sched_getaffinity(0))

    theirs, others = choose_cores(1)

    assert len(theirs) == 1
    assert others == (usable - theirs or usable)


def test_all_cores_for_the_programs_are_shared_with_the_sites() -> None:
    usable = frozenset(os.sched_getaffinity(0))

    assert choose_cores(len(usable)) == (usable, usable)


def _result(**changes: object) -> Result:
    facts = {
        "times": tuple(number / 10 for number in range(100)), "alert_count": 7, "cpu_seconds": 8.0, "wall_seconds": 20.0, "peak_mb": 50.0,
        "is_stopped": False,
    }  # fmt: skip
    return Result(**{**facts, **changes})  # type: ignore[arg-type]  # fields of Result


def _cells(row: str) -> dict[str, str]:
    return dict(zip(HEADS, (cell.strip() for cell in row.strip("|").split("|")), strict=True))


def test_a_row_compares_both_rates_with_the_bound() -> None:
    cells = _cells(make_row("ours", 10, [_result()], 20.0))

    # 100 articles in 20 s; the middle 80 in 7.9 s
    assert cells["articles/s"] == "5.0"
    assert cells["steady/s"] == "10.1"
    assert cells["of the bound, %"] == "51%, 25%"
    assert cells["ms CPU/article"] == "80"


def test_a_program_with_too_few_articles_has_no_time_for_the_first() -> None:
    assert _cells(make_row("ours", 10, [_result()], 20.0))["first 250, s"] == "n.a."


def test_a_program_with_few_articles_has_no_steady_rate() -> None:
    cells = _cells(make_row("ours", 10, [_result(times=(1.0, 1.1, 1.2))], 20.0))

    assert cells["steady/s"] == "n.a."
    # 3 articles in 20 s, of 20 a second
    assert cells["of the bound, %"] == "n.a., 1%"


def test_a_program_that_was_stopped_is_shown_as_such() -> None:
    cells = _cells(make_row("ours", 10, [_result(is_stopped=True)], 20.0))

    assert cells["wall s"] == "stopped after 20.0"


def test_a_program_that_stored_nothing_has_no_figures() -> None:
    assert set(list(_cells(make_row("ours", 10, [], 20.0)).values())[2:]) == {"n.a."}
    assert "n.a." in make_row("ours", 10, [_result(times=())], 20.0)
