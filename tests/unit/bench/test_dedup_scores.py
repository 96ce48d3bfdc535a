"""The figures of bench.dedup equal those of the scorer of the labelled pairs; and the product reaches them."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.dedup.__main__ import OPEN, Labelled, find_exact, find_ours, read_labelled, score

pytestmark = pytest.mark.skipif(not OPEN.exists(), reason="the labelled pairs are not beside us")


@pytest.fixture(scope="module")
def labelled() -> Labelled:
    return read_labelled(OPEN)


def test_the_score_equals_that_of_the_reference_scorer(labelled: Labelled, tmp_path: Path) -> None:
    # a partly right result: texts that begin with the same twelve characters
    found = find_exact(labelled.bodies, lambda body: body[:12])
    file = tmp_path / "pairs.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("id_a", "id_b"), *map(sorted, found)])

    command = [sys.executable, str(OPEN.parent / "score.py"), str(OPEN), str(file)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = dict(re.findall(r"(precision|recall|F1) ([\d.]+)", output))

    ours = score(labelled, found)
    assert [f"{ours[name.lower()]:.4f}" for name in theirs] == list(theirs.values())
    assert f"false_merges {ours['false']}" in output
    assert f"closed world: {ours['unlabelled']} " in output


def test_only_copies_are_found(labelled: Labelled) -> None:
    few = dict(list(labelled.bodies.items())[:1500])
    judged = {pair: label for pair, label in labelled.labels.items() if pair <= few.keys()}
    chosen = Labelled(few, labelled.heads, labelled.families, judged)
    figures = score(chosen, find_ours(chosen))

    assert figures["precision"] >= 0.999
    assert figures["f1"] >= 0.975
    assert figures["joined_f1"] >= 0.99
