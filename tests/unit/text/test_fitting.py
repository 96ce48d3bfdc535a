"""A shortened text fits by the service's own way of counting, and no character or word is cut in two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.fitting import Unit, count_units, cut_around, cut_text, make_measure

PLAIN = make_measure(Unit.UTF16)


@given(st.text(max_size=300), st.integers(0, 200), st.sampled_from(list(Unit)), st.booleans())
def test_a_cut_text_fits(text: str, room: int, unit: Unit, is_html: bool) -> None:
    measure = make_measure(unit, is_html=is_html)

    assert measure(cut_text(text, room, measure)) <= max(room, 0)


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("Zwei Drohnen flogen davon", 15, "Zwei Drohnen\u2026"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 a family", 5, ""),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 7, "\U0001f1e9\U0001f1ea\u2026"),
        ("e\u0301" * 6, 6, "e\u0301e\u0301\u2026"),
        ("see https://example.org/a/b/c now", 20, "see\u2026"),
        ("https://example.org/a/b/c", 20, ""),
        ("无人机飞越港口上空，飞行员说", 8, "无人机飞越港口\u2026"),
    ],
)
def test_no_character_word_or_link_is_cut_in_two(text: str, room: int, cut: str) -> None:
    assert cut_text(text, room, PLAIN) == cut


def test_the_part_around_a_word_is_kept() -> None:
    text = "word " * 50 + "drone " + "word " * 50
    start = text.index("drone")

    kept = cut_around(text, start, start + 5, room=60, measure=PLAIN)

    assert "drone" in kept
    assert kept.startswith("\u2026word")
    assert len(kept) <= 60


def test_each_service_counts_in_its_own_way() -> None:
    text = "\U0001f44d\u4e2d"

    assert [count_units(text, unit) for unit in Unit] == [2, 3, 7, 4]
