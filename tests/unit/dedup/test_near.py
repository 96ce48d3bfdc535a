"""Copies, cut, wrapped and edited, are the same; templates, roundups and boilerplate are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dedup.comparable import comparable_words
from crawler.dedup.fingerprint import fingerprint_body
from crawler.dedup.near import Bounds, compare, make_text
from crawler.dedup.sketch import SKETCH_SIZE, sketch
from crawler.model.story import Relation

WORDS = [f"{a}{b}" for a in ("ha", "mo", "li", "ter", "gan", "su") for b in ("rbour", "st", "ne", "vel", "ding", "ra")]  # fmt: skip


def write(seed: int, count: int) -> list[str]:
    return random.Random(seed).choices(WORDS, k=count)


def relation(one: str, other: str) -> Relation:
    a, b = (make_text(comparable_words(text)) for text in (one, other))
    found, turned = compare(a, b), compare(b, a)
    assert found == turned
    return found.relation


STORY = write(1, 400)
TEXT = " ".join(STORY)


def edit(words: list[str], share: float) -> str:
    chance = random.Random(5)
    return " ".join(f"new{n}" if chance.random() < share else w for n, w in enumerate(words))


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        " ".join(STORY[:180]),
        " ".join(STORY[100:]),
        " ".join(write(2, 60)) + "\n\n" + TEXT,
        edit(STORY, 0.05),
        edit(STORY, 0.08),
        "\n\n".join([" ".join(write(3, 80)), " ".join(STORY[40:300]), " ".join(write(4, 40))]),
        " ".join(STORY[200:] + STORY[:200]),
        edit(STORY[:170], 0.07),
    ],
    ids=[
        "same",
        "cut",
        "late start",
        "wrapped",
        "5 % edited",
        "8 % edited",
        "passages",
        "turned",
        "cut and edited",
    ],
)
def test_a_copy_is_the_same(copy: str) -> None:
    assert relation(TEXT, copy) is Relation.SAME
    assert len(set(sketch(tuple(copy.split()))) & set(sketch(tuple(STORY)))) >= 2 or copy == TEXT


@pytest.mark.parametrize(
    "other",
    [
        " ".join(write(9, 400)),
        " ".join(STORY[:90] + write(9, 310)),
        " ".join(STORY[:60]),
        " ".join(STORY[:60] + write(9, 2000)),
    ],
    ids=["other words", "a shared quote", "an item of a roundup", "a passage in something long"],
)
def test_another_text_is_another(other: str) -> None:
    assert relation(TEXT, other) is not Relation.SAME


WEATHER = (
    "Weather forecast for {place}. {day} will be cloudy with showers with a high of {high} and a low of {low}. Winds will be out of "
    "the north at {wind} kilometres per hour. The chance of precipitation is {rain} percent. Residents are advised to check "
    "conditions before travelling and to keep an umbrella within reach at all times of the day."
)


def test_a_template_with_other_values_is_another_story() -> None:
    one = WEATHER.format(place="Kenton", day="Sunday", high=13, low=3, wind=28, rain=16)
    other = WEATHER.format(place="Kenton", day="Monday", high=15, low=4, wind=11, rain=40)

    assert relation(one, other) is not Relation.SAME
    assert relation(one, f"By Staff, Agencies\n\n{one}") is Relation.SAME


def test_a_text_that_is_half_the_same_is_related() -> None:
    assert relation(TEXT, " ".join(STORY[:230] + write(9, 170))) is Relation.RELATED


@pytest.mark.parametrize(
    "page",
    [
        "9 hours ago\n\nShare\n\nBEIRUT, Dec 13 (Reuters) - {}",
        "By Staff, Agencies\n\n{}\n\nSign up to our newsletter",
        "Updated 40 minutes ago\n{}\nAdvertisement",
        "\u200b{}",
    ],
)
def test_boilerplate_around_a_text_changes_nothing(page: str) -> None:
    text = "It\u2019s the \u201cbig\u00a0one\u201d &amp; more, said the captain of the ferry."

    plain = 'It\'s the "big one" & more, said the captain of the ferry.'
    assert fingerprint_body(page.format(text)) == fingerprint_body(plain)


def test_a_relative_time_in_a_sentence_is_text() -> None:
    assert fingerprint_body("He left 9 hours ago for home.") != fingerprint_body(
        "He left 8 hours ago for home."
    )


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_compared_and_the_order_does_not_matter(one: str, other: str) -> None:
    a, b = (make_text(comparable_words(text)) for text in (one, other))

    assert compare(a, b) == compare(b, a)
    assert len(sketch(a.words)) <= SKETCH_SIZE
    assert bool(sketch(a.words)) == bool(a.words)
    if a.words:
        assert compare(a, a).relation is Relation.SAME


def test_a_lone_surrogate_is_accepted() -> None:
    assert fingerprint_body("a \ud800 b")
    assert sketch(comparable_words("one \ud800two three"))


def test_candidates_are_given_up_after_eight_in_a_row_that_share_too_little() -> None:
    bounds = Bounds()

    for relation in [Relation.OTHER] * 7 + [Relation.RELATED] + [Relation.OTHER] * 7:
        bounds.note(1, relation)

    assert not bounds.is_over
    bounds.note(1, Relation.OTHER)
    assert bounds.is_over


def test_further_articles_of_a_story_are_left_out_once_four_are_the_same() -> None:
    bounds = Bounds()

    for relation in (Relation.SAME, Relation.RELATED, Relation.SAME, Relation.SAME):
        assert bounds.include(7)
        bounds.note(7, relation)
    bounds.note(7, Relation.SAME)

    assert not bounds.include(7)
    assert bounds.include(8), "of another story none was looked at"
    assert not bounds.is_over
