"""How much a watch would have matched: counted, or estimated within bounds that hold."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta

import pytest

from crawler.flows.process.rules import Rules
from crawler.flows.watch.history import PastMatch, search_past
from crawler.flows.watch.key_index import open_key_index
from crawler.flows.watch.survey import EXACT, Limits, Question, Showcase, Survey, survey_past
from crawler.matching.matcher import compile_watch
from crawler.model.watch import Watch
from tests.fakes import START
from tests.newsroom import Newsroom, make_story

SINCE = START - timedelta(days=1)
# so few that the estimates are estimates among 240 articles
FEW = Limits(most_read=10, most_proven=10, sample=80, proven_sample=80)
ARTICLES = 240


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    """Return a newsroom of 240 articles: two thirds say drone, each sixth of them is a copy of another."""
    open_key_index(newsroom.database)
    for number in range(ARTICLES):
        story = make_story(number - number % 6 // 5, word="drone" if number % 3 else "ferry")
        newsroom.keep(replace(story, url=f"https://courier.org/{number}"))
    return newsroom


def ask(
    room: Newsroom, query: str, limits: Limits, *, shown: list[PastMatch] | None = None
) -> Survey:
    watch = compile_watch(Watch(id=1, name="a", query=query))
    seen: list[PastMatch] = [] if shown is None else shown
    return survey_past(
        Question(room.database, watch, room.rules.config, SINCE),
        monday=lambda moment: moment.date() - timedelta(days=moment.weekday()),
        showcase=Showcase(watch, seen.append, 10),
        limits=limits,
    )


@pytest.mark.parametrize(
    "query", ["drone", "drone AND storm", "drone OR ferry", "ferr*", '"drone"', "drone -storm", "drone NEAR/9 winter", "source:courier"]
)  # fmt: skip
def test_a_survey_of_all_counts_what_a_search_finds(room: Newsroom, query: str) -> None:
    watch = compile_watch(Watch(id=1, name="a", query=query))
    past = search_past(room.database, watch, room.rules.config, since=SINCE)

    survey = ask(room, query, EXACT)

    assert survey.is_exact
    assert past.matches, "the query finds something"
    assert survey.articles.value == survey.articles.low == len(past.matches)
    assert survey.stories.value == survey.stories.high == len(past.story_ids)
    assert sum(survey.weeks.values()) == len(past.story_ids)
    assert sum(articles for articles, _ in survey.sources.values()) == len(past.matches)


@pytest.mark.parametrize("query", ["drone", "drone OR ferry", "drone -storm", "drone NEAR/9 (winter OR storm)"])  # fmt: skip
def test_an_estimate_is_right_within_its_bounds(room: Newsroom, query: str) -> None:
    whole = ask(room, query, EXACT)

    survey = ask(room, query, FEW)

    assert not survey.is_exact
    assert survey.sample_count < whole.sample_count
    assert survey.text_count == whole.text_count, "texts with the keys are always counted"
    assert survey.articles.low <= whole.articles.value <= survey.articles.high
    assert survey.stories.low <= whole.stories.value <= survey.stories.high
    assert survey.articles.low < survey.articles.high < ARTICLES * 1.01
    assert abs(sum(survey.weeks.values()) - survey.stories.value) < 0.01


def test_copies_are_not_counted_as_stories_by_an_estimate(room: Newsroom) -> None:
    survey = ask(room, "drone OR ferry", FEW)

    stories = room.database.execute("SELECT count(DISTINCT story_id) FROM articles").fetchone()[0]
    assert stories < 0.95 * ARTICLES, "there are copies"
    assert abs(survey.stories.value - stories) < abs(ARTICLES - stories)


@pytest.mark.parametrize("limits", [EXACT, FEW])
@pytest.mark.parametrize("query", ["drone", "drone -storm"])
def test_the_newest_stories_are_shown_first_and_once(
    room: Newsroom, query: str, limits: Limits
) -> None:
    shown: list[PastMatch] = []

    ask(room, query, limits, shown=shown)

    stories = [one.story_id for one in shown]
    articles = [one.article_id for one in shown]
    assert len(set(stories)) == len(stories) == 10
    assert articles == sorted(articles, reverse=True)
    assert articles[0] > ARTICLES - 10


def test_limits_of_a_watch_are_never_taken_as_proven(room: Newsroom) -> None:
    watch = compile_watch(Watch(id=1, name="a", query="drone", min_mentions=2))

    survey = survey_past(
        Question(room.database, watch, room.rules.config, SINCE),
        monday=lambda _moment: date(2026, 1, 5),
        showcase=Showcase(watch, lambda _match: None, 0),
    )

    assert survey.text_count > 0
    assert survey.articles.value == 0, "each says it once"
    assert not survey.is_proven


def test_an_archive_without_texts_has_nothing(database: sqlite3.Connection, rules: Rules) -> None:
    open_key_index(database)

    survey = ask(Newsroom(database, rules), "drone", FEW)

    assert (survey.article_count, survey.text_count, survey.articles.value) == (0, 0, 0)
    assert survey.is_exact
