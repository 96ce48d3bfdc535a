"""Stars and read marks of stories: whose they are, and what becomes of them when stories are joined."""

import sqlite3

from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.news.stories import merge_stories
from crawler.storage.process.requests import save_request
from crawler.storage.watch.story_marks import (
    count_starred,
    list_starred,
    map_marks,
    mark_stories,
)
from tests.fakes import START
from tests.newsroom import Newsroom, make_story


def mark(
    database: sqlite3.Connection,
    *stories: int,
    star: bool = False,
    reader: str = "owner",
    on: bool = True,
) -> int:
    with transaction(database):
        return mark_stories(
            database, reader, stories, "starred_at" if star else "read_at", START if on else None
        )


def test_marks_belong_to_one_reader(newsroom: Newsroom) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))

    assert mark(database, 1, star=True) == 1
    assert mark(database, 1, reader="bea") == 1

    assert map_marks(database, "owner", [1]) == {1: (True, False)}
    assert map_marks(database, "bea", [1]) == {1: (False, True)}
    assert map_marks(database, "eve", [1]) == {}


def test_a_mark_is_taken_back_and_the_other_stays(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))
    mark(newsroom.database, 1, star=True)
    mark(newsroom.database, 1)

    mark(newsroom.database, 1, star=True, on=False)

    assert map_marks(newsroom.database, "owner", [1]) == {1: (False, True)}
    assert count_starred(newsroom.database, "owner") == 0


def test_a_story_that_does_not_exist_has_no_mark(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))

    assert mark(newsroom.database, 1, 99) == 1
    assert mark(newsroom.database, 99) == 0


def test_joined_stories_keep_the_star_and_are_unread_again(newsroom: Newsroom) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    mark(database, 2, star=True)
    mark(database, 2)

    with transaction(database):
        merge_stories(database, 1, [2], reason="same words", now=START)

    assert map_marks(database, "owner", [1]) == {1: (True, False)}
    assert [story for story, _ in list_starred(database, "owner", limit=5)] == [1]
    mark(database, 1, star=True)
    assert count_starred(database, "owner") == 1
    # the number of the joined one means the other from now on, and so does taking the star back
    mark(database, 2, star=True, on=False)
    assert map_marks(database, "owner", [1]) == {1: (False, False)}


def test_what_was_asked_for_counts_until_the_daemon_has_done_it(newsroom: Newsroom) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1))
    asked = {"reader": "owner", "stories": [1], "is_on": True}
    with transaction(database):
        save_request(database, RequestKind.STAR, asked, asked_by="me", now=START)
        save_request(database, RequestKind.READ, asked, asked_by="me", now=START)
        save_request(database, RequestKind.READ, asked | {"is_on": False}, asked_by="me", now=START)

    assert map_marks(database, "owner", [1]) == {1: (True, False)}
    assert map_marks(database, "bea", [1]) == {}
    assert list_starred(database, "owner", limit=5) == ((1, ""),)
    assert count_starred(database, "owner") == 1
    mark(database, 1, star=True)
    with transaction(database):
        save_request(database, RequestKind.STAR, asked | {"is_on": False}, asked_by="me", now=START)
    assert list_starred(database, "owner", limit=5) == ()


def test_starred_stories_come_in_pages_even_if_starred_at_once(newsroom: Newsroom) -> None:
    for number in range(1, 6):
        newsroom.keep(make_story(number))
    mark(newsroom.database, 1, 2, 3, 4, 5, star=True)

    seen: list[int] = []
    before = ""
    while page := list_starred(newsroom.database, "owner", limit=2, before=before):
        seen += [story for story, _ in page]
        before = page[-1][1]

    assert seen == [5, 4, 3, 2, 1]
