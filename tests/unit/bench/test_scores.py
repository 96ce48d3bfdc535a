"""The figures of the benchmark equal those of the scorer that comes with the corpora."""

import importlib.util
import json
from types import ModuleType

import pytest

from bench.extraction.corpora import BODIES, CORPORA, NEWS
from bench.extraction.scores import same_names, same_words, score_body, score_day, sum_up

needs_corpora = pytest.mark.skipif(not BODIES.exists(), reason="the corpora are not beside us")


def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer", CORPORA / "score_extraction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_corpora
@pytest.mark.parametrize("by_sign", [False, True])
def test_the_body_score_equals_that_of_the_reference_scorer(by_sign: bool) -> None:
    truth = json.loads(((NEWS if by_sign else BODIES) / "ground-truth.json").read_text())
    # a partly right result: every other paragraph, and one word too many
    found = {
        key: {"articleBody": "\n".join(facts["articleBody"].split("\n")[::2]) + " extra"}
        for key, facts in list(truth.items())[:40]
    }
    result, _ = scorer().score({key: truth[key] for key in found}, found, char=by_sign)

    ours = sum_up(
        [
            score_body(truth[key]["articleBody"], made["articleBody"], by_sign=by_sign)
            for key, made in found.items()
        ]
    )

    assert {name: round(ours[name], 9) for name in ours} == {
        name: round(result[name], 9) for name in ours
    }


@pytest.mark.parametrize(
    ("truth", "found", "outcome"),
    [
        ("2026-11-23", "2026-11-23", "right"),
        ("2026-11-23T01:00:00+02:00", "2026-11-22T23:00:00+00:00", "right"),
        ("2026-11-23", "2026-11-24", "wrong"),
        ("2026-11-23", None, "none"),
        (None, "2026-11-23", "not judged"),
        (float("nan"), "2026-11-23", "not judged"),
    ],
)
def test_a_day_is_right_on_either_calendar(truth: object, found: str | None, outcome: str) -> None:
    assert score_day(truth, found) == outcome


def test_words_and_names_are_compared_as_people_do() -> None:
    assert same_words("Ferry “Leaves” Late!", "ferry leaves late")
    assert not same_words("Ferry Leaves", "Ferry Leaves Late")
    assert same_names(["Ann  Lee", "bo chen"], ["Bo Chen", "Ann Lee"])
    assert not same_names(["Ann Lee"], ["Ann Lee", "Bo Chen"])
