"""Stories of near-duplicates: which article joins which, splits by a person, and two articles at the same instant."""

import random
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.model.article import Article
from crawler.model.visit import PageOutcome
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.news.stories import split_story
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import Newsroom

WORDS = [f"{a}{b}{c}" for a in ("ha", "mo", "li") for b in ("rb", "st", "vel") for c in ("our", "en", "ing", "al")]  # fmt: skip


def write(seed: int, count: int) -> list[str]:
    return random.Random(seed).choices(WORDS, k=count)


STORY = write(1, 300)
SENTENCE = "Two drones crossed the quay at dawn, said the pilot."


def article(url: str, *parts: list[str] | str, headline: str = "Quay crossed") -> Article:
    body = "\n\n".join(part if isinstance(part, str) else " ".join(part) + "." for part in parts)
    return Article(url=f"https://{url}", headline=headline, body=body, language="en")


def stories(room: Newsroom) -> dict[str, int]:
    rows = room.database.execute("SELECT url, story_id FROM articles ORDER BY id")
    return {row["url"].removeprefix("https://"): row["story_id"] for row in rows}


def test_a_wrapped_copy_is_the_same_story_and_causes_no_further_alert(newsroom: Newsroom) -> None:
    newsroom.keep(article("courier.org/a", SENTENCE, STORY))
    copy = article("gazette.org/b", write(8, 40), SENTENCE, STORY[:250], headline="Drones at dawn")

    assert newsroom.keep(copy, source="gazette") is PageOutcome.COPY

    assert newsroom.kinds() == ["new"]
    similar = newsroom.database.execute("SELECT * FROM similarities").fetchone()
    assert (similar["article_id"], similar["other_id"], similar["relation"]) == (2, 1, "same")
    assert similar["share"] > 0.8
    reason = newsroom.database.execute("SELECT reason FROM revisions WHERE id = 2").fetchone()[0]
    assert "courier" in reason
    assert "%" in reason


def test_a_copy_that_adds_the_word_causes_an_update(newsroom: Newsroom) -> None:
    newsroom.keep(article("courier.org/a", SENTENCE, STORY))
    more = "In the evening a third swarm of drones burned the customs house down to its cellar."
    newsroom.keep(article("gazette.org/b", SENTENCE, STORY, more), source="gazette")

    assert newsroom.kinds() == ["new", "update"]


def test_the_first_match_of_a_story_causes_an_alert_although_it_is_a_copy(
    newsroom: Newsroom,
) -> None:
    newsroom.keep(article("courier.org/a", STORY))
    newsroom.keep(article("gazette.org/b", STORY, SENTENCE), source="gazette")

    assert newsroom.kinds() == ["new"]
    assert len(set(stories(newsroom).values())) == 1


def test_an_article_that_belongs_to_two_stories_merges_them(newsroom: Newsroom) -> None:
    other = write(2, 300)
    newsroom.keep(article("courier.org/a", SENTENCE, STORY))
    newsroom.keep(article("gazette.org/b", SENTENCE, other), source="gazette")
    assert stories(newsroom) == {"courier.org/a": 1, "gazette.org/b": 2}

    newsroom.keep(article("courier.org/c", SENTENCE, STORY, other))

    assert set(stories(newsroom).values()) == {1}
    gone = newsroom.database.execute("SELECT * FROM stories WHERE id = 2").fetchone()
    assert (gone["merged_into"], gone["article_count"]) == (1, 0)
    assert gone["merge_reason"]
    assert newsroom.kinds() == ["new", "new"]
    assert newsroom.database.execute("SELECT DISTINCT story_id FROM matches").fetchall()[0][0] == 1


SEGMENTS = [write(100 + n, 130) for n in range(4)]


@settings(max_examples=25)
@given(
    st.lists(st.sets(st.integers(0, 3), min_size=1, max_size=3), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_matter(texts: list[set[int]], chance: random.Random) -> None:
    """Texts are made of passages that some of them share; the groups are the same in any order."""
    order = list(range(len(texts)))
    once = group_stories(texts, order)
    chance.shuffle(order)

    assert group_stories(texts, order) == once


def group_stories(texts: list[set[int]], order: list[int]) -> set[frozenset[int]]:
    with TemporaryDirectory() as folder, closing(open_newsroom(Path(folder))) as database:
        room = Newsroom(database, load_rules(database, make_config(Path(folder))))
        for n in order:
            room.keep(article(f"courier.org/{n}", *(SEGMENTS[part] for part in sorted(texts[n]))))
        grouped = stories(room)
    groups: dict[int, set[int]] = {}
    for url, story in grouped.items():
        groups.setdefault(story, set()).add(int(url.rpartition("/")[2]))
    return {frozenset(group) for group in groups.values()}


def open_newsroom(folder: Path) -> sqlite3.Connection:
    connection = open_for_writing(folder / "watchword.db")
    migrate(connection)
    apply_config(connection, make_config(folder), now=START)
    return connection


def test_only_copies_of_long_texts_join_an_old_story(newsroom: Newsroom) -> None:
    newsroom.keep(article("courier.org/a", STORY))
    note = article("courier.org/n", "The market is closed today, says the council of Saltmere.")
    newsroom.keep(note)
    newsroom.clock.advance(days=15)

    near = article("gazette.org/b", STORY[:250], write(8, 30))
    assert newsroom.keep(near, source="gazette") is PageOutcome.NEW
    # short notes recur word by word, long texts are reprinted
    assert newsroom.keep(replace(note, url="https://courier.org/m")) is PageOutcome.NEW
    same = article("gazette.org/c", STORY)
    assert newsroom.keep(same, source="gazette") is PageOutcome.COPY


def test_a_split_is_permanent(newsroom: Newsroom) -> None:
    newsroom.keep(article("courier.org/a", STORY))
    newsroom.keep(article("gazette.org/b", STORY, write(8, 60)), source="gazette")
    assert set(stories(newsroom).values()) == {1}

    with transaction(newsroom.database):
        new = split_story(newsroom.database, 1, [2], now=newsroom.clock())
    newsroom.keep(article("gazette.org/b", STORY, write(8, 61)), source="gazette")
    newsroom.keep(article("courier.org/c", STORY, write(9, 20)))

    assert stories(newsroom) == {"courier.org/a": 1, "gazette.org/b": new, "courier.org/c": 1}
    counts = newsroom.database.execute("SELECT id, article_count FROM stories ORDER BY id")
    assert [tuple(row) for row in counts] == [(1, 2), (new, 1)]


@pytest.mark.parametrize("texts", [(STORY, STORY), (STORY, STORY[:260])], ids=["same", "near"])
def test_two_copies_at_the_same_instant_are_one_story(
    newsroom: Newsroom,
    texts: tuple[list[str], list[str]],
) -> None:
    path = newsroom.database.execute("PRAGMA database_list").fetchone()["file"]
    start = threading.Barrier(2)
    failures: list[BaseException] = []

    def keep(source: str, words: list[str]) -> None:
        with closing(open_for_writing(Path(path))) as own:
            room = Newsroom.__new__(Newsroom)
            room.database, room.rules, room.clock = own, newsroom.rules, newsroom.clock
            room.visits = newsroom.visits
            start.wait()
            try:
                room.keep(article(f"{source}.org/a", SENTENCE, words), source=source)
            except BaseException as error:  # reported below
                failures.append(error)

    threads = [
        threading.Thread(target=keep, args=pair)
        for pair in zip(("courier", "gazette"), texts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set(stories(newsroom).values())) == 1
    assert newsroom.kinds() == ["new"]


def test_many_articles_with_the_same_boilerplate_stay_apart(newsroom: Newsroom) -> None:
    notice = write(77, 90)
    for n in range(70):
        newsroom.keep(article(f"courier.org/{n}", write(1000 + n, 200), notice))

    assert len(set(stories(newsroom).values())) == 70


def test_a_text_that_everybody_takes_over_is_compared_with_some_of_its_copies_only(
    newsroom: Newsroom,
) -> None:
    for n in range(20):
        newsroom.keep(article(f"courier.org/{n}", SENTENCE, STORY, write(2000 + n, 20)))

    assert newsroom.kinds() == ["new"]
    assert len(set(stories(newsroom).values())) == 1
    rows = newsroom.database.execute("SELECT article_id FROM similarities WHERE article_id = 20")
    assert len(rows.fetchall()) == 4, "the first four say which story it is"


def test_texts_that_repeat_each_other_word_for_word_are_compared_with_some_only(
    newsroom: Newsroom,
) -> None:
    for n in range(12):
        # a host each: on one, the sentence would be boilerplate from the fourth on
        newsroom.keep(article(f"courier{n}.org/a", SENTENCE, STORY))

    assert len(set(stories(newsroom).values())) == 1
    rows = newsroom.database.execute("SELECT article_id FROM similarities WHERE article_id = 12")
    assert len(rows.fetchall()) == 4


def test_a_copy_is_found_among_many_texts_that_share_their_closing_lines(
    newsroom: Newsroom,
) -> None:
    notice = write(77, 90)
    newsroom.keep(article("courier.org/copied", SENTENCE, STORY, notice))
    for n in range(40):
        newsroom.keep(article(f"courier.org/{n}", write(1000 + n, 200), notice))

    outcome = newsroom.keep(
        article("gazette.org/b", SENTENCE, STORY[:280], notice), source="gazette"
    )

    assert outcome is PageOutcome.COPY
    assert stories(newsroom)["gazette.org/b"] == stories(newsroom)["courier.org/copied"]
