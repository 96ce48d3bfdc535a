"""``watchword story``, on a real database."""

import json
from pathlib import Path

import pytest

from crawler.config.schema import Config
from tests.flows.news.test_stories import SENTENCE, STORY, article, write
from tests.newsroom import Newsroom
from tests.unit.cli.test_cli import Shell


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    other = write(2, 300)
    newsroom.keep(article("courier.org/a", SENTENCE, STORY))
    newsroom.clock.advance(minutes=5)
    wrapped = article("gazette.org/b", write(8, 40), STORY[:250], headline="Dawn over the quay")
    newsroom.keep(wrapped, source="gazette")
    newsroom.keep(article("courier.org/c", other, headline="Another matter"))
    newsroom.keep(article("gazette.org/d", STORY[:160], write(7, 140)), source="gazette")
    return Shell(tmp_path, config)


def test_a_story_shows_who_was_first_and_what_each_shares(shell: Shell) -> None:
    assert [row["id"] for row in shell.json("story", "list")] == [1]

    text = " ".join(shell.run("story", "show", "1").split())
    assert text.index("courier: Quay crossed") < text.index("gazette: Dawn over the quay")
    assert "with article 1: " in text
    assert "% of the phrases" in text
    assert "related: article 4 of story 3" in text

    facts = json.loads(shell.run("story", "show", "1", "--json"))
    assert [member["source"] for member in facts["articles"]] == ["courier", "gazette"]


def test_what_is_parted_stays_parted(shell: Shell, newsroom: Newsroom) -> None:
    assert "Story 4 now has 1 of the articles; story 1 keeps 1." in shell.run(
        "story", "split", "1", "2"
    )

    newsroom.keep(article("gazette.org/b", write(8, 41), STORY[:250]), source="gazette")
    assert shell.json("story", "list") == []


def test_a_story_that_was_merged_leads_to_the_other_one(shell: Shell, newsroom: Newsroom) -> None:
    newsroom.keep(article("courier.org/e", SENTENCE, STORY, write(2, 300)))

    text = shell.run("story", "show", "2")
    assert "Story 2 was merged into this one" in text
    assert "Another matter" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "99"), "there is no story 99"),
        (("split", "1", "3"), "article 3 is not in story 1"),
        (("split", "1", "1", "2"), "at least one must stay"),
    ],
)
def test_mistakes_are_explained(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    assert words in shell.run("story", *arguments, code=2)
