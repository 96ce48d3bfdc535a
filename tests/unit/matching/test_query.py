import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import QuerySyntaxError
from crawler.matching.queries.advice import advise
from crawler.matching.queries.expressions import (
    And,
    Field,
    Inside,
    Label,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    list_terms,
)
from crawler.matching.queries.prefilter import require
from crawler.matching.queries.query import parse_query

DRONE, UAV, OIL = Word("drone"), Word("UAV"), Word("oil")
# characters and words of the language, so that many random texts are nearly queries
PIECES = [
    *"ab()|-!*=:~\"'/?^ ",
    " ",
    "drone",
    " AND ",
    " OR ",
    " NOT ",
    " NEAR/3 ",
    " ONEAR ",
    "title:",
    "body:",
    "source:bbc.co.uk",
    "lang:en",
    "\u201c",
    "\u201d",
    "\u2212",
    "\U0001f681",
    "\u65e0\u4eba\u673a",
]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("drone", DRONE),
        ("drone UAV", And((DRONE, UAV))),
        ("drone AND UAV", And((DRONE, UAV))),
        ("drone & UAV", And((DRONE, UAV))),
        ("drone OR UAV", Or((DRONE, UAV))),
        ("drone | UAV", Or((DRONE, UAV))),
        ("(drone OR UAV) -oil", And((Or((DRONE, UAV)), Not(OIL)))),
        ("drone NOT oil", And((DRONE, Not(OIL)))),
        ("drone AND UAV OR oil", Or((And((DRONE, UAV)), OIL))),
        ('"oil depot"', Phrase("oil depot")),
        ("\u201coil depot\u201d", Phrase("oil depot")),
        ("\u201eoil depot\u201c", Phrase("oil depot")),
        ("\u00aboil depot\u00bb", Phrase("oil depot")),
        ("\u2039oil depot\u203a", Phrase("oil depot")),
        ("\u300coil depot\u300d", Phrase("oil depot")),
        ("drone \u2013oil", And((DRONE, Not(OIL)))),
        ("drone \u2014oil", And((DRONE, Not(OIL)))),
        ("drone \uff08UAV \uff2f\uff32 oil\uff09", And((DRONE, Or((UAV, OIL))))),
        ("drone \uff5c UAV", Or((DRONE, UAV))),
        ("title\uff1adrone", Inside(Field.TITLE, DRONE)),
        ('"oil depot"~3', Phrase("oil depot", 3)),
        ('"drone strike*"', Phrase("drone strike*")),
        ("drone and UAV", And((DRONE, Word("and"), UAV))),
        ("anti-drone", Word("anti-drone")),
        ("drone --oil", And((DRONE, OIL))),
        ('(drone)-oil "depot"-UAV', And((DRONE, Not(OIL), Phrase("depot"), Not(UAV)))),
        ("dron*", Word("dron", is_prefix=True)),
        ("=WHO", Word("WHO", is_cased=True)),
        ("drone NEAR oil", Near(DRONE, OIL, 10)),
        ("drone ONEAR/3 oil", Near(DRONE, OIL, 3, is_ordered=True)),
        ("UAV drone NEAR/3 oil", And((UAV, Near(DRONE, OIL, 3)))),
        ("drone -UAV NEAR/3 oil", And((DRONE, Not(Near(UAV, OIL, 3))))),
        ("title:drone", Inside(Field.TITLE, DRONE)),
        ("intitle:drone headline:UAV", And((Inside(Field.TITLE, DRONE), Inside(Field.TITLE, UAV)))),
        ("intext:(drone OR UAV)", Inside(Field.BODY, Or((DRONE, UAV)))),
        ("source:www.bbc.co.uk drone", And((Label("source", "bbc.co.uk"), DRONE))),
        ('site:"UN News" lang:EN', And((Label("source", "UN News"), Label("lang", "en")))),
        ("\U0001f681 OR #drone", Or((Word("\U0001f681"), Word("#drone")))),
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
        ("drone AND OR UAV", 6, "drone OR UAV"),
        ("-drone", 0, None),
        ("drone OR -oil", 9, None),
        ("(drone -UAV) OR -oil", 16, None),
        ("drone UAV OR oil", 0, "(drone UAV) OR oil"),
        ("drone UAV OR oil racing OR", 24, "(drone UAV) OR (oil racing)"),
        ("drone NEAR/3", 6, "drone"),
        ("drone NEAR/99 oil", 6, "drone NEAR/50 oil"),
        ("drone near/3 oil", 6, "drone NEAR/3 oil"),
        ("drone NEAR/x oil", 6, "drone NEAR/10 oil"),
        ("drone NEAR/3 (oil AND UAV)", 6, "((drone NEAR/3 oil) AND (drone NEAR/3 UAV))"),
        ("drone NEAR/3 source:bbc.co.uk", 6, None),
        ("titel:drone", 0, "title:drone"),
        ("title: drone", 0, "title:drone"),
        ("Re:drone", 0, '"Re:drone"'),
        ("title:-oil drone", 0, "-title:oil drone"),
        ("lang:english drone", 0, None),
        ("source:https://www.bbc.co.uk/news drone", 0, "source:bbc.co.uk drone"),
        ("https://www.example.org/a", 0, "source:example.org"),
        ("d*", 0, "d"),
        ("*drone", 0, "drone"),
        ("dr*ne", 2, "dr*"),
        ("C++", 0, '"C++"'),
        ("drone~2", 0, '"drone~2"'),
        ("wom?n", 0, '"wom?n"'),
        ('"oil depot"~99', 11, '"oil depot"~10'),
        ("drone - racing", 6, "drone racing"),
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


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2001,
        "x " * 101,
        "(" * 30 + "x" + ")" * 30,
        "(" * 1000,
        "title:" * 300 + "x",
        "-" * 1999,
    ],
)
def test_limits_hold(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        parse_query(text)


def test_excluded_terms_are_not_looked_for() -> None:
    query = parse_query('(drone OR "oil depot") -racing title:(UAV NEAR/3 oil)')

    assert list_terms(query) == (DRONE, Phrase("oil depot"), UAV, OIL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drone or UAV", "OR"),
        ("drone, UAV", "comma"),
        ("drones,missiles", "in a row"),
        ("drone strike depot", "AND"),
    ],
)
def test_advice_names_ambiguous_queries(text: str, expected: str) -> None:
    parse_query(text)

    assert any(expected in line for line in advise(text)), advise(text)


@pytest.mark.parametrize(
    "text", ["drone", "anti-drone", "drone OR UAV", '"and so"', "AT&T", "U.S.", "19:30", "and"]
)
def test_a_plain_query_gets_no_advice(text: str) -> None:
    assert advise(text) == ()


@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join))
def test_any_text_is_read_or_refused_with_a_place_and_a_repair_that_is_read(text: str) -> None:
    try:
        query = parse_query(text)
    except QuerySyntaxError as error:
        assert 0 <= error.position <= len(text)
        assert "^" in error.pointed()
        if error.repair is not None:
            parse_query(error.repair)
    else:
        advise(text)
        # a query that requires nothing could never be a candidate
        assert all(require(query, language) for language in ("en", "de", "zh", ""))
        assert parse_query(str(query)) == query, "a tree is written so that it is read the same"


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parse_query(text)
    except QuerySyntaxError as error:
        assert error.message


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("source:bbc.co.uk", "source:bbc.co.uk"),
        ('source:"bbc.co.uk"', "source:bbc.co.uk"),
        ('source:"The Courier"', 'source:"The Courier"'),
        ('source:"a\u3000b"', 'source:"a\u3000b"'),
        ('source:"a)"', 'source:"a)"'),
        ('source:"www.x.example"', 'source:"www.x.example"'),
        ('"דובר צה"ל"', '"דובר צה"ל"'),
        ('"d בליס"טיל "', '"d בליס"טיל "'),
        ('source:"בליס"טיל "', 'source:"בליס"טיל "'),
    ],
)
def test_what_needs_quotes_is_written_in_quotes(text: str, written: str) -> None:
    query = parse_query(text)

    assert str(query) == written
    assert parse_query(written) == query
