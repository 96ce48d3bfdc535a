"""What the search is limited to: both ways to the wanted texts find the same."""

from dataclasses import replace

import pytest

from crawler.storage.file.database import transaction
from crawler.storage.news.stories import merge_stories
from crawler.storage.watch.story_marks import list_starred_ids, mark_stories
from crawler.storage.web_reading.search import (
    Wanted,
    keep_wanted,
    list_earlier,
    list_source_names,
    list_wanted,
)
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story


@pytest.fixture
def texts(newsroom: Newsroom) -> Newsroom:
    """Three stories; the first has two texts, the last is about no drone."""
    newsroom.keep()
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "keeper")))
    newsroom.keep(make_story(2))
    newsroom.keep(make_story(3, word="boat"))
    return newsroom


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(watch="drones"), {1, 2, 3}),
        (Wanted(watch="nobody"), set()),
        (Wanted(stories=(1, 3)), {1, 2, 4}),
        (Wanted(stories=()), set()),
        (Wanted(watch="drones", stories=(3, 2)), {3}),
    ],
)
def test_texts_of_wanted_stories_are_found_from_both_sides(
    texts: Newsroom, wanted: Wanted, found: set[int]
) -> None:
    assert keep_wanted(texts.database, wanted, [4, 3, 2, 1, 99]) == found
    assert list_wanted(texts.database, wanted) == tuple(sorted(found, reverse=True))


def test_a_star_on_a_story_that_was_merged_counts_for_the_other(texts: Newsroom) -> None:
    with transaction(texts.database):
        mark_stories(texts.database, "owner", [2], "starred_at", START)
        merge_stories(texts.database, 1, [2], reason="same words", now=START)

    stories = list_starred_ids(texts.database, "owner")

    assert stories == (1,)
    assert list_wanted(texts.database, Wanted(stories=stories)) == (3, 2, 1)


def test_a_text_that_was_replaced_is_an_earlier_one(texts: Newsroom) -> None:
    assert list_earlier(texts.database, [1, 2, 3]) == {1}
    assert list_source_names(texts.database, limit=1) == ("courier",)
