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


def read_changes(marked: str) -> list[tuple[str, str]]:
    return [(kind, words) for kind, words in split_marked(marked) if kind != "same"]


@pytest.mark.parametrize("count", [100, 190, 1000])
def test_many_small_changes_stay_under_the_limit(count: int) -> None:
    old = " ".join(f"a{number} x{number}" for number in range(count))

    marked = diff_words(old, old.replace("a", "b"))

    assert len(marked) <= 4000
    assert read_changes(marked)[:4] == [("out", "a0"), ("new", "b0"), ("out", "a1"), ("new", "b1")]


def test_unchanged_words_are_left_out_before_changed_ones() -> None:
    between = ("x".join(str(number * 1000 + place) for place in range(20)) for number in range(60))
    old = " ".join(f"a{number} {words.replace('x', ' ')}" for number, words in enumerate(between))
    new = old.replace("a", "b")

    marked = diff_words(old, new)

    assert len(marked) <= 4000
    assert [words for kind, words in read_changes(marked) if kind == "new"] == [f"b{number}" for number in range(60)]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 700)), max_size=1500), st.data())
def test_no_difference_is_longer_than_the_limit(
    words: list[tuple[str, int]], data: st.DataObject
) -> None:
    old = [sign * size for sign, size in words]
    step = data.draw(st.integers(1, 5))
    new = ["x" if place % step == 0 else word for place, word in enumerate(old)]

    marked = diff_words(" ".join(old), " ".join(new))

    assert len(marked) <= 4000
    assert bool(read_changes(marked)) == (old != new)


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
