import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import QuerySyntaxError
from crawler.matching.query import And, Not, Or, Phrase, Query, Word, list_terms, parse_query

DRONE, UAV, OIL = Word("drone"), Word("UAV"), Word("oil")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("drone", DRONE),
        ("drone UAV", And((DRONE, UAV))),
        ("drone AND UAV", And((DRONE, UAV))),
        ("drone OR UAV", Or((DRONE, UAV))),
        ("drone | UAV", Or((DRONE, UAV))),
        ("(drone OR UAV) -oil", And((Or((DRONE, UAV)), Not(OIL)))),
        ("drone NOT oil", And((DRONE, Not(OIL)))),
        ("drone AND UAV OR oil", Or((And((DRONE, UAV)), OIL))),
        ('"oil depot"', Phrase("oil depot")),
        ("\u201coil depot\u201d", Phrase("oil depot")),
        ("\u00aboil depot\u00bb", Phrase("oil depot")),
        ("drone and UAV", And((DRONE, Word("and"), UAV))),
        ("anti-drone", Word("anti-drone")),
        ("drone --oil", And((DRONE, OIL))),
    ],
)
def test_a_query_means_what_people_expect(text: str, tree: Query) -> None:
    assert parse_query(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "repair"),
    [
        ("", 0, None),
        ("   ", 0, None),
        ('"oil depot', 0, '"oil depot"'),
        ("(drone", 0, "(drone)"),
        ("drone)", 5, "drone"),
        ("drone OR", 6, "drone"),
        ("OR drone", 0, "drone"),
        ("drone AND OR UAV", 6, "drone  OR UAV"),
        ("-drone", 0, None),
        ("drone OR -oil", 9, None),
        ("drone UAV OR oil", 0, "(drone UAV) OR oil"),
        ("drone NEAR/3 oil", 6, "drone AND oil"),
        ("title:drone", 0, "drone"),
        ("drone*", 0, "drone"),
        ("=WHO", 0, "WHO"),
        ("https://example.org/", 0, None),
        ("()", 0, None),
    ],
)
def test_an_unreadable_query_points_at_the_place(
    text: str, position: int, repair: str | None
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(text)

    assert caught.value.position == position
    assert caught.value.repair == repair
    assert caught.value.message


def test_a_repair_can_be_read() -> None:
    for text in ('"oil depot', "(drone", "drone)", "drone OR", "drone UAV OR oil", "drone*"):
        with pytest.raises(QuerySyntaxError) as caught:
            parse_query(text)

        assert list_terms(parse_query(caught.value.repair or ""))


def test_limits_hold() -> None:
    for text in ("x" * 2001, "x " * 101, "(" * 30 + "x" + ")" * 30):
        with pytest.raises(QuerySyntaxError):
            parse_query(text)


def test_excluded_terms_are_not_looked_for() -> None:
    assert list_terms(parse_query('(drone OR "oil depot") -racing')) == (DRONE, Phrase("oil depot"))


@given(st.text(alphabet='ab "()|-!ORANDNT\u201c\u201d*:=/', max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        parse_query(text)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(text)
        assert "^" in error.pointed()
