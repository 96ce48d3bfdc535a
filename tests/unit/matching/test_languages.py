"""What a query finds in each language, and what it must not: the cases in ``tests/texts/matching``, a file a language."""

from pathlib import Path

import pytest

from tests.texts.watching import meet

FILES = sorted((Path(__file__).parents[2] / "texts" / "matching").glob("*.tsv"))
# of each kind a language has at least so many
FEWEST = {"yes": 12, "no": 9}


def read_cases(file: Path) -> list[tuple[str, str, str, bool]]:
    """Return the cases of a file: language, query, text, and whether the query finds it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(language, query, text, found == "yes") for language, query, text, found in rows]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_query_finds_the_forms_of_its_words_and_no_other_words(file: Path) -> None:
    wrong = [
        f"{query}: {text} ({'missed' if expected else 'found'})"
        for language, query, text, expected in read_cases(file)
        if (meet(query, body=text, language=language) is not None) is not expected
    ]

    assert not wrong, "\n".join(wrong)
