"""A few seconds of `make fuzz`: the same inputs each time, and every input that broke something once."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.judging import TARGETS, judge
from tests.fuzz.plain import fuzz, inputs
from tests.fuzz.samples import ROOT
from tests.fuzz.targets.registry import Broken, Target

# inputs of `make fuzz` that broke something, named as it names them: target, dot, anything
FINDS = sorted((Path(__file__).parent / "finds").iterdir())
# of those that take tens of milliseconds each
FEW = {"page", "home-page", "json-ld", "feed", "date"}


@pytest.mark.parametrize("name", TARGETS)
def test_a_sample_is_understood(name: str) -> None:
    target = TARGETS[name]

    for sample in target.samples():
        find = judge(target, sample[: target.most])
        assert find is None, find.details


@pytest.mark.parametrize("path", FINDS, ids=lambda path: path.name)
def test_what_broke_once_does_so_no_more(path: Path) -> None:
    find = judge(TARGETS[path.name.partition(".")[0]], path.read_bytes())

    assert find is None, find.details


@pytest.mark.parametrize("name", TARGETS)
def test_changed_samples_break_nothing(name: str) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=10 if name in FEW else 60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def run(data: bytes) -> None:
        find = judge(target, data)
        assert find is None, find.details

    run()


def check_ferry(data: bytes) -> None:
    if b"(((" in data:
        raise RecursionError("too deep")
    if b"sinks" in data:
        raise Broken(f"it floats: {data!r}")


FERRY = Target(name="ferry", check=check_ferry, samples=lambda: (b"the ferry leaves",), tokens=(b"sinks", b"((("), most=400)  # fmt: skip


def test_what_breaks_is_kept_once_of_a_kind_and_small(tmp_path: Path) -> None:
    found = fuzz(FERRY, seconds=5, out=tmp_path, seed=7)

    kept = [path for path in tmp_path.iterdir() if path.suffix != ".txt"]
    assert found == len(kept) == 2
    assert {path.name.partition(".")[0] for path in kept} == {"ferry"}
    assert all(len(path.read_bytes()) < 60 for path in kept)
    assert any("it floats" in path.with_name(f"{path.name}.txt").read_text() for path in kept)


def test_what_takes_too_long_is_found() -> None:
    def check_slow(_data: bytes) -> None:
        while True:
            pass

    find = judge(Target(name="slow", check=check_slow, samples=tuple, seconds=0.02), b"")

    assert find is not None
    assert find.kind.startswith("too slow")


def test_waiting_for_the_processor_is_not_taking_long() -> None:
    def check_waiting(_data: bytes) -> None:
        Event().wait(0.2)

    assert judge(Target(name="waiting", check=check_waiting, samples=tuple, seconds=0.02), b"") is None  # fmt: skip


def test_what_takes_too_long_is_not_made_smaller(tmp_path: Path) -> None:
    calls: list[bytes] = []

    def check_slow(data: bytes) -> None:
        calls.append(data)
        while b"sinks" in data:
            pass

    # time for one batch, of 50 inputs
    found = fuzz(replace(FERRY, check=check_slow, seconds=0.02), seconds=0.001, out=tmp_path, seed=7)  # fmt: skip

    assert found == 1
    # to make it smaller, the first slow one would end the batch
    assert len(calls) > 50


@pytest.mark.slow
def test_a_find_is_run_again_by_its_file(tmp_path: Path) -> None:
    def replay(path: Path) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-m", "tests.fuzz", "--replay", str(path)], cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    (tmp_path / "query.1").write_bytes(b"ferry OR (drone")
    (tmp_path / "ship.1").write_bytes(b"x")

    assert replay(tmp_path / "query.1") == (0, "query.1: nothing wrong any more\n")
    assert replay(tmp_path / "ship.1")[0] == 2
    assert "there are query, date" in replay(tmp_path / "ship.1")[1]
    assert replay(tmp_path / "query.2") == (2, f"{tmp_path / 'query.2'}: No such file or directory\n")  # fmt: skip
