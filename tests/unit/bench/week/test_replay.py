"""One fact of a week, published again alone: the same text at the same address, with the old articles around it."""

from datetime import UTC, datetime

import pytest

from bench.week.world.facts import Fact
from bench.week.world.oddities import Scale
from bench.week.world.world import World


def play(*, only: frozenset[str] = frozenset()) -> dict[str, Fact]:
    """Run a week without a daemon, as if each feed were read at once; return what was published."""
    scale = Scale(seconds=80, every=6, article_seconds=35, end=160, revisits=(40, 80))
    world = World(seed=5, site_count=40, port=80, scale=scale, alerted=lambda _: False, is_watched=lambda _: True, only=only)  # fmt: skip
    world.prepare(datetime.now(UTC))
    world.start()
    for passed in range(80):
        for site in world.sites:
            site.is_read = True
        world.tick(passed)
    return {token: fact for token, fact in world.facts.items() if not fact.is_old}


@pytest.mark.parametrize("kind", ["article", "whole copy", "section", "agency"])
def test_a_fact_is_published_alone_as_it_was(kind: str) -> None:
    fact = next(one for one in play().values() if one.kind == kind)

    again = play(only=frozenset({fact.token}))

    assert list(again) == [fact.token]
    assert again[fact.token].states[0].text == fact.states[0].text
    assert again[fact.token].path == fact.path
    assert again[fact.token].story == fact.story


def test_a_week_is_the_same_for_the_same_seed() -> None:
    assert {t: f.text for t, f in play().items()} == {t: f.text for t, f in play().items()}
