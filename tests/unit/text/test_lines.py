"""One clean line of text, cut only between characters as a reader sees them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.alerting.messages.subjects import write_subject
from crawler.text.lines import clean_line, plain
from crawler.text.normalize import tokenize
from tests.unit.alerting.messages.test_message import ALERT, make_message

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB, FLAG, ACCENT = "\U0001f44d\U0001f3fd", "\U0001f1f3\U0001f1f5", "e\u0301"


@pytest.mark.parametrize("sign", [FAMILY, THUMB, FLAG, ACCENT, "\u0915\u094d\u0937", "\r\n"])
def test_a_line_is_never_cut_within_a_character(sign: str) -> None:
    for room in range(8, 20):
        cut = clean_line("x" * 5 + sign * 20, max_characters=room)

        kept = cut.removesuffix("\u2026").removeprefix("xxxxx")
        assert len(cut) <= room
        assert kept == sign * (len(kept) // len(sign)) or not sign.strip()


def test_endless_combining_marks_do_not_remove_the_rest_of_the_line() -> None:
    assert len(clean_line("word a" + "\u0301" * 500, max_characters=100)) == 100


@pytest.mark.parametrize("sign", ["\u00ad", "\u200b", "\u2060", "\ufeff"])
def test_a_zero_width_character_does_not_split_a_word(sign: str) -> None:
    headline = clean_line(f"{sign}A dro{sign}ne over the port")

    assert headline == "A drone over the port"
    assert tokenize(headline) == tokenize("A drone over the port")


def test_joiners_that_spell_a_word_or_an_emoji_stay() -> None:
    words = f"\u067e\u0647\u067e\u0627\u062f\u200c\u0647\u0627 {FAMILY} \u05d0\u200f(1)"

    assert clean_line(words) == words


@given(
    st.text(alphabet=f"ab \u00e9{FAMILY}{THUMB}{FLAG}{ACCENT}", max_size=200), st.integers(1, 80)
)
def test_a_line_is_never_longer_than_asked_for(text: str, room: int) -> None:
    assert len(clean_line(text, max_characters=room)) <= room


def test_a_subject_ends_with_a_whole_character() -> None:
    for lead in range(60, 70):
        alert = replace(ALERT, headline="x" * lead + FAMILY * 3)

        subject = write_subject(make_message(alert))

        assert subject.removesuffix("\u2026").rstrip("x") in {"drones: ", *(f"drones: {'x' * lead}{FAMILY * n}" for n in (1, 2, 3))}  # fmt: skip


def test_what_a_terminal_would_obey_is_taken_out_and_blanks_stay() -> None:
    assert plain("  a\x1b[2J  b\u202ec\n") == "  a [2J  b c "
    assert (
        plain(f"{FAMILY} \u06a9\u062a\u0627\u0628\u200c\u0647\u0627")
        == f"{FAMILY} \u06a9\u062a\u0627\u0628\u200c\u0647\u0627"
    )
