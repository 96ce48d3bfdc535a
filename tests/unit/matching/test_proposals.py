"""Which synonym sets are proposed for a query."""

import pytest

from crawler.matching.queries.proposals import propose_sets
from crawler.matching.queries.query import parse_query

SETS = {
    "kyiv": ("Kyiv", "Kiev", "Київ"),
    "who": ("=WHO", "OMS", "World Health Organization"),
    "drone": ("drone", "UAV", "Drohne"),
    "gaza": ("Gaza", "غزة"),
    "odesa": ("Odesa", "Odessa"),
}


def propose(query: str, *used: str) -> list[str]:
    chosen = [SETS[name] for name in used]
    return [one.set_name for one in propose_sets(parse_query(query), SETS, used=chosen)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("Kyiv", ["kyiv"]),
        ("KIEV", ["kyiv"]),
        ("київ", ["kyiv"]),
        ("port NEAR/5 (Kyiv OR harbour)", ["kyiv"]),
        ('"world health organization"', ["who"]),
        ("title:WHO", ["who"]),
        ("who", []),
        ("lighthouse", []),
        ("port -Kyiv", []),
        ("=Kyiv", []),
        ("dron* Kyi*", []),
        ('"Kyiv airport"', []),
        ('"world organization health"~3', []),
        ("Kyiv OR Kiev OR Київ", []),
        ("Kyiv OR Kiev", ["kyiv"]),
        ("drone OR Kyiv", ["drone", "kyiv"]),
        ("Odesa Gaza drone Kyiv", ["odesa", "gaza", "drone"]),
        ("Kyiv Kiev", ["kyiv"]),
    ],
)
def test_a_set_is_proposed_for_a_word_that_has_one(query: str, names: list[str]) -> None:
    assert propose(query) == names


def test_a_set_that_the_watch_uses_is_not_proposed() -> None:
    assert propose("Kyiv drone", "kyiv") == ["drone"]


def test_the_spellings_that_the_query_has_are_not_named_again() -> None:
    (found,) = propose_sets(parse_query("Kiev OR Kyiv"), SETS)

    assert (found.word, found.others) == ("Kiev", ("Київ",))
