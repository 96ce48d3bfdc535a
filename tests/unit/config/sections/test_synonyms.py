"""The words of ``[[synonyms]]``."""

import pytest
from pydantic import ValidationError

from crawler.config.sections.watches import SynonymSettings


def read(word: str) -> tuple[str, ...]:
    return SynonymSettings.model_validate({"name": "set", "words": ["one", word]}).words


@pytest.mark.parametrize("word", ["Kyiv", "C++", "Ivory Coast", "=WHO", "צה״ל", "Côte d'Ivoire"])
def test_names_phrases_and_exact_words_are_accepted(word: str) -> None:
    assert read(word) == ("one", word)


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("dron*", "not a plain word"),
        ('"Ivory Coast"', "not a plain word"),
        ("(Kyiv)", "not a plain word"),
        ("=", "not a plain word"),
        ("=Ivory Coast", "goes with one word"),
    ],
)
def test_signs_of_a_query_are_refused(word: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        read(word)
