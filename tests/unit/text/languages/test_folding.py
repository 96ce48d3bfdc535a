import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.languages.direction import find_direction
from crawler.text.languages.folding import fold, measure_width


@given(st.text(max_size=300), st.integers(10, 80))
def test_folding_changes_nothing_but_spaces(text: str, width: int) -> None:
    folded = fold(text, width=width, first="  ", others="    ")

    assert "".join(folded.split()) == "".join(text.split())


def test_wide_characters_are_two_columns_and_break_anywhere_but_before_a_full_stop() -> None:
    lines = fold("渡轮公司在日出前表示，由于无人机", width=18).splitlines()

    assert all(measure_width(line) <= 18 for line in lines)
    assert not any(line.startswith("，") for line in lines)
    assert measure_width("n\u0303 无\u200b") == 4


def test_an_address_is_not_broken() -> None:
    for part in ("a-", "\u6e2f\u533a"):
        link = "https://example.org/" + part * 60

        assert fold(f"Read it {link} now", width=76).splitlines() == ["Read it", link, "now"]


def test_lines_after_the_first_are_indented() -> None:
    assert fold("one two three", width=10, first="* ", others="  ") == "* one two\n  three"
    assert fold("", width=10, first="Key   ", others="  ") == "Key   "


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("drones", "ltr"),
        ("مسيّرات", "rtl"),
        ("2026: שלום", "rtl"),
        ("«" + "Le Monde» العربية", "ltr"),
        ("", "ltr"),
        ("123", "ltr"),
        ("无人机", "ltr"),
    ],
)
def test_a_texts_direction_is_that_of_its_first_letter(text: str, direction: str) -> None:
    assert find_direction(text) == direction
