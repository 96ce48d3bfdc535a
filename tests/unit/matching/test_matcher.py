import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.watch import Match
from tests.texts.watching import meet

HEADLINE = "Harbour shown no proof of drones \u2013 Secretary"
BODY = (
    "A drone was seen at dawn. The secretary spoke of rumours.\n\n"
    "Later two drones and several UAVs crossed the quay, said O\u2019Brien, near the oil depot."
)


def match(
    query: str, headline: str = HEADLINE, body: str = BODY, language: str = "en"
) -> Match | None:
    return meet(query, headline, body, language=language)


def test_a_word_finds_its_inflections_in_headline_and_body() -> None:
    found = match("drone")

    assert found is not None
    assert found.hit_count == 3
    assert found.in_headline


@pytest.mark.parametrize(
    ("query", "headline", "body", "count"),
    [
        ("drone", "Drones over the quay", "Drones over the quay", 1),
        ("drone", "Drone meets drone", "Drone meets drone", 2),
        ("quay OR drone", "Drones over the quay", "Drones over the quay", 2),
        ("drone", "Drones over the quay", "Drones flew over the quay.", 2),
        ("drone", "", "Drones over the quay", 1),
    ],
)
def test_a_word_is_counted_once_in_a_text_that_is_only_its_headline(
    query: str, headline: str, body: str, count: int
) -> None:
    found = match(query, headline, body)

    assert found is not None
    assert found.hit_count == count


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("drones", True),
        ("UAV", True),
        ("uav", True),
        ('"oil depot"', True),
        ('"depot oil"', False),
        ('"oil depots"', False),
        ("drone -rumour", False),
        ("drone AND lighthouse", False),
        ("drone OR lighthouse", True),
        ("lighthouse", False),
        ("Iran", False),
        ('"secretary a"', False),  # headline and body are separate texts
    ],
)
def test_a_query_matches_only_where_its_words_are(query: str, holds: bool) -> None:
    assert (match(query) is not None) is holds


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("Drohne", "Drei Drohnen flogen \u00fcber den Hafen.", "de"),
        ("\u0431\u0435\u0441\u043f\u0438\u043b\u043e\u0442\u043d\u0438\u043a", "\u0421\u0431\u0438\u0442\u043e \u0434\u0435\u0441\u044f\u0442\u044c \u0431\u0435\u0441\u043f\u0438\u043b\u043e\u0442\u043d\u0438\u043a\u043e\u0432.", "ru"),
        ("\u65e0\u4eba\u673a", "\u6628\u665a\u65e0\u4eba\u673a\u98de\u8fc7\u6e2f\u53e3\u3002", "zh"),
        ("\u0637\u0627\u0626\u0631\u0629", "\u0634\u0648\u0647\u062f\u062a \u0627\u0644\u0637\u0627\u0626\u0631\u0629 \u0641\u0648\u0642 \u0627\u0644\u0645\u064a\u0646\u0627\u0621", "ar"),
        ("drone", "\u0634\u0648\u0647\u062f drones \u0641\u0648\u0642 \u0627\u0644\u0645\u064a\u0646\u0627\u0621", "ar"),
        ("cafe", "Le caf\u00e9 du port", "fr"),
        ("anti-drone", "an antidrone net", "en"),
        ("drone", "an anti-drone net", "en"),
    ],
)  # fmt: skip
def test_other_languages_inflect_too(query: str, text: str, language: str) -> None:
    assert match(query, headline="", body=text, language=language) is not None


def test_words_inside_addresses_do_not_count() -> None:
    assert match("drone", headline="", body="See https://example.org/drone/news and go.") is None


def test_title_searches_only_the_headline() -> None:
    assert meet("depot", HEADLINE, BODY, title_only=True) is None
    assert meet("harbour", HEADLINE, BODY, title_only=True) is not None


def test_a_watch_for_other_languages_does_not_match() -> None:
    assert meet("drone", HEADLINE, BODY, languages=("de",)) is None
    assert meet("drone", HEADLINE, BODY, languages=("de", "en")) is not None


def test_the_snippet_is_the_sentence_with_most_terms_marked() -> None:
    found = match("drone OR UAV")

    assert found is not None
    marked = [found.snippet.text[start:end] for start, end in found.snippet.marks]
    assert found.snippet.text.startswith("Later two drones")
    assert marked == ["drones", "UAVs"]


def test_the_snippet_of_a_hit_only_in_the_headline_is_the_headline() -> None:
    found = match("harbour")

    assert found is not None
    assert found.snippet.text == HEADLINE


def test_excluded_words_are_never_marked() -> None:
    found = match("drone NOT lighthouse")

    assert found is not None
    assert found.terms == ("drone",)


def test_a_long_sentence_is_cut_around_its_term() -> None:
    found = match(
        "depot", headline="", body="many words " * 60 + "an oil depot " + "and more " * 60
    )

    assert found is not None
    (start, end), text = found.snippet.marks[0], found.snippet.text
    assert len(text) <= 280
    assert text[start:end] == "depot"


@given(st.text(max_size=300), st.sampled_from(["en", "de", "ar", "ja", "xx"]))
def test_any_text_can_be_searched(text: str, language: str) -> None:
    found = match("drone OR a", headline=text[:50], body=text, language=language)

    if found is not None:
        assert all(0 <= a < b <= len(found.snippet.text) for a, b in found.snippet.marks)


@pytest.mark.parametrize(
    ("body", "proof"),
    [
        # what ends no sentence
        ("It sold 50 mln. euros of depot bonds. Then it rained.", "It sold 50 mln. euros of depot bonds."),
        ("Am 3. Oktober wurde das Depot verkauft. Es regnete.", "Am 3. Oktober wurde das Depot verkauft."),
        ("The depot of Dr. Kline and J. D. Orr burned. It rained.", "The depot of Dr. Kline and J. D. Orr burned."),
        ("Příběhům v depot ve 20. století. Pršelo.", "Příběhům v depot ve 20. století."),
        ("\u201cWhose depot is it?\u201d asked the pilot. It rained.", "\u201cWhose depot is it?\u201d asked the pilot."),
        ("นาย ว. พี่เขยของ depot กล่าว", "นาย ว. พี่เขยของ depot กล่าว"),
        ("મનોચિકિત્સક ડૉ. depot કોટકે ટિપ્સ આપી. વરસાદ.", "મનોચિકિત્સક ડૉ. depot કોટકે ટિપ્સ આપી."),
        # what ends one
        ("It had Covid-19. The depot closed at 17:20. It rained.", "The depot closed at 17:20."),
        ("Von Teil XI. Das Depot brannte.", "Das Depot brannte."),
        ("यह depot है। बारिश हुई। और।", "यह depot है।"),
        ("هل هذا depot؟ هطل المطر.", "هل هذا depot؟"),
        # quotes stay closed, and signs of lists and tables are no words
        ("He said: \u201cThe depot burned.\u201d It rained.", "He said: \u201cThe depot burned.\u201d"),
        ("Depot burned\n\nThe depot burned at noon. It rained.", "The depot burned at noon."),
        ("It rained.\n\n- The depot burned\n\n- It snowed", "The depot burned"),
        ("It rained.\n\n| depot | 4 |\n\n| quay | 5 |", "depot | 4"),
    ],
)  # fmt: skip
def test_the_proof_is_a_whole_sentence(body: str, proof: str) -> None:
    found = match("depot", headline="", body=body)

    assert found is not None
    assert found.snippet.text == proof
