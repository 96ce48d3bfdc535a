"""Plain paragraphs out of a feed's HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.text.markup import read_paragraphs


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>A <b>drone</b>crossed</p><p>the quay</p>", "A dronecrossed\n\nthe quay"),
        ("A drone<br>crossed", "A drone\n\ncrossed"),
        ("plain\n\ntext &amp; more", "plain\n\ntext & more"),
        ("&lt;p&gt;escaped&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "escaped\n\ntwice"),
        ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
        ("seen<script>evil()</script> here<style>p{}</style>", "seen here"),
        ("before<!-- hidden --> after", "before after"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("<p>unclosed <b>tags", "unclosed tags"),
        ("", ""),
        ("<img src=x>", ""),
    ],
)
def test_words_are_read_as_a_person_sees_them(markup: str, words: str) -> None:
    assert read_paragraphs(markup, max_characters=1000) == words


def test_a_long_text_is_cut() -> None:
    found = read_paragraphs("<p>word word</p>" * 1000, max_characters=100)

    assert len(found) <= 110
    assert found.startswith("word word\n\nword word")


@given(st.text(alphabet="<>&;/p !-\x00\ud800a\n", max_size=300))
def test_any_markup_becomes_text_without_control_characters(markup: str) -> None:
    found = read_paragraphs(markup, max_characters=50)

    assert "\x00" not in found
    assert "\ud800" not in found


@pytest.mark.parametrize("sign", ["<", "&", "<p", "<script", "&lt;a", "<!--", "<div>"])
def test_a_hostile_text_is_read_in_time(sign: str) -> None:
    read_paragraphs(sign * 100_000, max_characters=20_000)
