"""What each form of the watch language finds, text by text."""

import pytest

from crawler.matching.analysis.analyzer import analyze
from crawler.matching.evaluation import evaluate, list_proof
from crawler.matching.explain import explain_watch
from crawler.matching.matcher import compile_watch
from crawler.matching.queries.query import parse_query
from crawler.matching.queries.variants import list_variants, list_widenings
from crawler.model.watch import Watch
from tests.texts.watching import meet


@pytest.mark.parametrize(
    ("query", "text", "holds"),
    [
        ("dron*", "a quadrone", False),
        ("dron*", "Drohnen and drones", True),
        ('"drone strike*"', "two drone strikes", True),
        ('"drone strike*"', "two drones strike", False),
        ("=WHO", "The WHO said", True),
        ("=WHO", "those who said", False),
        ("=US", "U.S. troops", True),
        ("U.S.", "US troops", True),
        ("U.S.", "told us so", False),
        ('"U.S. Army"', "the US Army", True),
        ('"U.S. Army"', "tell us army men", False),
        ("=Dron*", "Dronelike", True),
        ("=Dron*", "dronelike", False),
        ("antidrone", "an anti-drone gun", True),
        ('"anti-drone gun"', "an antidrone gun", True),
        ('"antidrone gun"', "an anti-drone gun", True),
        ("anti-dron*", "anti drones", True),
        ("drone", "an antidrone gun", False),
        ('"C++"', "written in C++ today", True),
        ('"C++"', "written in C today", False),
        ("C", "written in C++ today", True),
        ("O'Brien", "Senator O\u2019Brien", True),
        ("drone", "dr\u00adone", True),
        ("drone NEAR/2 depot", "drone a b depot", True),
        ("drone NEAR/2 depot", "drone a b c depot", False),
        ("drone NEAR/2 depot", "depot a b drone", True),
        ("drone ONEAR/2 depot", "depot a b drone", False),
        ("drone NEAR/0 drone", "drone drone", True),
        ("drone NEAR/9 drone", "one drone only", False),
        ("drone NEAR/1 (depot OR port)", "drone the port", True),
        ('drone NEAR/1 "oil depot"', "an oil depot, a drone", True),
        ("a NEAR/1 b NEAR/1 c", "a x b x c", True),
        ("a NEAR/1 b NEAR/1 c", "a x b x x c", False),
        ("drone NEAR/50 depot", "drone.\n\nThe depot", True),
        ('"oil depot"~2', "depot for crude oil", True),
        ('"oil depot"~1', "depot for crude oil", False),
        ('"oil oil"~3', "oil once", False),
        ('"oil oil"~3', "oil and oil", True),
        ('"Oil oil depot"~3', "oil oil depot", True),
        ('"oil oil depot"~3', "one oil depot", False),
        ("body:drone", "a drone", True),
        ("title:drone", "a drone", False),
        ("lang:en drone", "a drone", True),
        ("lang:de drone", "a drone", False),
        ("source:bbc.co.uk drone", "a drone", True),
        ("source:co.uk drone", "a drone", True),
        ('source:"News CrawlServices" drone', "a drone", True),
        ("source:abbc.co.uk drone", "a drone", False),
        ("source:bbc.co.uk", "nothing much", True),
        ("\U0001f681", "live \U0001f681\U0001f681 over", True),
        ("\u65e0\u4eba\u673a", "\u4e00\u67b6\u65e0\u4eba\u673a\u5760\u6bc1", True),
        ("\u65e0\u4eba\u673a NEAR/2 \u5760\u6bc1", "\u4e00\u67b6\u65e0\u4eba\u673a\u5760\u6bc1", True),
    ],
)  # fmt: skip
def test_a_query_finds_what_it_says(query: str, text: str, holds: bool) -> None:
    labels = ("news.bbc.co.uk", "bbc.co.uk", "co.uk", "News CrawlServices")

    assert (meet(query, body=text, labels=labels) is not None) is holds


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("strike", "They struck again", "en"),
        ("Lodz", "w \u0141odzi", "pl"),
        ("Istanbul", "\u0130stanbul'da", "tr"),
        ("\u0637\u0627\u0626\u0631\u0629", "\u0644\u0644\u0637\u0627\u0626\u0631\u0629", "ar"),
        ("\u067e\u0647\u067e\u0627\u062f", "\u067e\u0647\u067e\u0627\u062f\u200c\u0647\u0627", "fa"),
        ("\ub4dc\ub860", "\uad6d\uacbd\uc5d0\uc11c \ub4dc\ub860\uc774", "ko"),
        ("\u0e42\u0e14\u0e23\u0e19", "\u0e1e\u0e1a\u0e42\u0e14\u0e23\u0e19\u0e1a\u0e34\u0e19", "th"),
        ("\u0399\u03c1\u03ac\u03bd", "\u0399\u03a1\u0391\u039d", "el"),
        ("drone", "\u0434\u0440\u043e\u043d drones", "ru"),
        ("drones", "one drone", ""),
    ],
)  # fmt: skip
def test_words_inflect_in_the_language_of_the_text(query: str, text: str, language: str) -> None:
    assert meet(query, body=text, language=language) is not None


def test_settings_limit_a_watch() -> None:
    text = "A drone and another drone."

    assert meet("drone", body=text, min_mentions=2) is not None
    assert meet("drone", body=text, min_mentions=3) is None
    assert meet("drone", body=text, sources=("coast",), scopes=frozenset({"coast"})) is not None
    assert meet("drone", body=text, sources=("coast",), scopes=frozenset({"hills"})) is None
    assert meet("drone -body:depot", "Drone", "the depot", title_only=True) is None


def test_synonyms_stand_for_each_other() -> None:
    sets = (("Kyiv", "Kiev", "city of Kyiv"),)

    assert meet("Kyiv", body="Kiev woke", synonyms=sets) is not None
    assert meet("kiev NEAR/1 airport", body="Kyiv the airport", synonyms=sets) is not None
    assert meet("=Kyiv", body="Kiev woke", synonyms=sets) is None
    assert meet("Lviv", body="Kiev woke", synonyms=sets) is None
    assert meet("Cpp", body="C woke", synonyms=(("Cpp", "C++"),)) is None
    assert meet("Cpp", body="C++ woke", synonyms=(("Cpp", "C++"),)) is not None


def test_an_exact_word_of_a_set_is_found_in_its_capitals_only() -> None:
    sets = (("=WHO", "OMS"),)

    assert meet("OMS", body="The WHO warned", synonyms=sets) is not None
    assert meet("OMS", body="The man who warned", synonyms=sets) is None
    assert meet("WHO", body="OMS woke", synonyms=sets) is not None
    assert meet("who", body="OMS woke", synonyms=sets) is None


def test_only_terms_that_prove_the_match_are_marked() -> None:
    found = meet(
        "(drone NEAR/2 depot) OR (port -rain)", body="A drone at a depot. Port and rain. Drone."
    )

    assert found is not None
    assert found.terms == ("drone", "depot")
    marked = [found.snippet.text[start:end] for start, end in found.snippet.marks]
    assert marked == ["drone", "depot"], "not the lone drone, not the port that is ruled out"


def test_a_second_sentence_brings_what_the_first_lacks() -> None:
    filler = "Nothing else is known of it today. " * 3
    found = meet("drone depot", body=f"A drone was seen. {filler}The depot stands.")

    assert found is not None
    assert found.snippet.text == "A drone was seen. \u2026 The depot stands."
    assert [found.snippet.text[a:b] for a, b in found.snippet.marks] == ["drone", "depot"]


def test_the_score_puts_headline_and_lead_first() -> None:
    late = "word " * 100 + "drone"
    scores = [
        meet("drone", headline, body)
        for headline, body in (("Drone", "drone"), ("x", "drone"), ("x", late))
    ]

    values = [found.score for found in scores if found]
    assert len(values) == 3
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3


def test_each_clause_is_explained() -> None:
    watch = Watch(id=1, name="w", query="(drone OR UAV) -racing", min_mentions=3, sources=("x",))
    document = analyze("Drone", "A drone.", language="en")

    lines = explain_watch(compile_watch(watch), document, frozenset({"y"}))

    assert [(line.text, line.holds) for line in lines] == [
        ("(drone OR UAV) NOT racing", True),
        ("drone OR UAV", True),
        ("drone", True),
        ("UAV", False),
        ("NOT racing", True),
        ("racing", False),
        ("sources = x", False),
        ("min_mentions = 3", False),
    ]
    assert lines[2].where == "2 times, first in the headline"


def test_clauses_are_left_out_one_by_one() -> None:
    variants = list_variants(parse_query("(drone OR UAV) port -racing"))

    assert [(str(one.clause), str(one.query)) for one in variants] == [
        ("drone OR UAV", "port NOT racing"),
        ("drone", "UAV AND port NOT racing"),
        ("UAV", "drone AND port NOT racing"),
        ("port", "(drone OR UAV) NOT racing"),
        ("NOT racing", "(drone OR UAV) AND port"),
    ]


def test_terms_that_find_more_are_offered() -> None:
    offered = list_widenings(parse_query('drone "oil depot" =WHO UAV -racing'))

    assert [str(one.clause) for one in offered] == ["drone*", "oil ONEAR/0 depot"]


LONG_TEXTS = (
    "the " * 30_000,
    "anti-drone " * 20_000,
    "\u65e0" * 50_000,
    "x" * 300_000,
    "a" * 300_000 + "@",
    "a@" * 150_000,
    "a@b-" * 80_000,
    "www." * 90_000,
    "a." * 150_000 + "aa",
    "a'" * 150_000,
    "a-" * 150_000,
    "\u0301" * 300_000,
    "a\u00ad" * 150_000,
)


@pytest.mark.parametrize("language", ["en", "ru", "tr"])
@pytest.mark.parametrize("text", LONG_TEXTS, ids=lambda text: text[:4])
def test_long_texts_are_searched_once(text: str, language: str) -> None:
    document = analyze("", text, language=language)

    for query in (
        "the NEAR/50 the",
        '"the the"~5',
        '"the the the"',
        "anti-drone",
        "\u65e0\u65e0",
        "xx*",
    ):
        finding = evaluate(parse_query(query), document)
        assert len(list_proof(finding)) <= 200_000


def test_a_text_of_nothing_but_hits_has_a_snippet_too() -> None:
    found = meet("drone OR quay", body="A drone. The quay. " * 20_000)

    assert found is not None
    assert found.hit_count == 40_000
    assert found.snippet.text == "A drone. The quay."


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("See https://example.org/drone.", False),
        ("Write to drone@example.org today", False),
        ("@drone said", True),
        ("\u8a73\u7d30\u306fhttps://example.com/x\u3092drone", True),
        ("(WWW.DRONE.COM)", False),
    ],
)
def test_words_inside_addresses_do_not_count(text: str, holds: bool) -> None:
    assert (meet("drone", body=text) is not None) is holds
