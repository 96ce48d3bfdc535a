"""The place of a word in its text is found as if the whole text were cut into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.matching.analysis.analyzer import BODY_STARTS_AT, analyze
from crawler.matching.analysis.words import cut_words

_WORDS = (
    "drone", "anti-drone", "U.S.", "—", "…", "C++", "www.x.example", "me@x.example", "word,word", "İSTANBUL’da", "無人機の話",
    "ｶﾞｽ", "🚁", "x" * 90, "https://x.example/a.b", "soft\u00adhyphen", "می‌خواهم", "a.b.c",
)  # fmt: skip
_texts = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(_WORDS), max_size=30).map(" ".join)
)


@given(_texts, _texts, st.sampled_from(["en", "tr", "ja", "ar", "xx"]))
def test_each_word_is_found_at_its_place(headline: str, body: str, language: str) -> None:
    document = analyze(headline, body, language=language)

    for text, first in ((document.headline, 0), (document.body, BODY_STARTS_AT)):
        for position, word in enumerate(cut_words(text), start=first):
            assert document.find_word(position) == (word.start, word.end)


def test_each_sign_of_a_long_text_without_spaces_is_found() -> None:
    count = 20_000
    document = analyze("", "無" * count, language="ja")

    ends = [document.find_word(BODY_STARTS_AT + number)[1] for number in range(count)]

    assert ends == list(range(1, count + 1))


@pytest.mark.parametrize("text", ["'www.İ.@ß国 x", "x www.İ.b", "İ.İ. x"])
def test_a_text_that_has_other_words_in_lower_case_has_a_place_for_each(text: str) -> None:
    document = analyze("", text, language="en")

    positions = sorted({at for places in document.places.values() for at in places})
    for position in positions:
        start, end = document.find_word(position)
        assert 0 <= start < end <= len(text)
