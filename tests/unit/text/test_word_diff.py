"""Differences of words, for people to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.word_diff import diff_words, split_marked

LONG = " ".join(f"word{n}" for n in range(60))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("one two three", "one two three", ""),
        ("one two three", "one  two\nthree", ""),
        ("one two three", "one 2 three", "one [-two-] {+2+} three"),
        ("one three", "one two three", "one {+two+} three"),
        ("one two three", "one three", "one [-two-] three"),
        ("first\n\nsecond", "first\n\nnew\n\nsecond", "first {+new+} second"),
        (f"a {LONG}", f"b {LONG}", "[-a-] {+b+} word0 word1 word2 word3 word4 word5 word6 word7 \u2026"),
        ("", "all new", "{+all new+}"),
    ],
)  # fmt: skip
def test_changes_are_marked(old: str, new: str, marked: str) -> None:
    assert diff_words(old, new) == marked


def test_a_rewritten_text_stays_readable() -> None:
    old = "\n\n".join(f"a{n} " * 50 for n in range(200))
    marked = diff_words(old, old.replace("a", "b"))

    assert len(marked) <= 4000
    assert marked.startswith("[-a0 a0")
    assert "\u2026" in marked[-3:]
    assert {kind for kind, _ in split_marked(marked)} >= {"out", "new"}


def test_marks_are_read_back() -> None:
    assert list(split_marked("one [-two-] {+2+} three")) == [
        ("same", "one "),
        ("out", "two"),
        ("same", " "),
        ("new", "2"),
        ("same", " three"),
    ]


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(old: str, new: str) -> None:
    marked = diff_words(old, new)

    assert bool(marked) == (old.split() != new.split())
