"""The rows of ``requests``: in order, each answered once."""

import sqlite3

import pytest

from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.process.requests import (
    find_request,
    list_open_requests,
    list_requests,
    mark_done,
    mark_taken,
    save_request,
)
from tests.fakes import START


def ask(database: sqlite3.Connection, name: str) -> int:
    with transaction(database):
        return save_request(
            database, RequestKind.VISIT, {"sources": [name]}, asked_by="me", now=START
        )


def test_requests_are_taken_in_the_order_they_were_asked(database: sqlite3.Connection) -> None:
    first, second = ask(database, "courier"), ask(database, "gäzette")

    waiting = list_open_requests(database)

    assert [one.id for one in waiting] == [first, second]
    assert waiting[1].kind == RequestKind.VISIT
    assert waiting[1].arguments == {"sources": ["gäzette"]}


def test_a_request_that_was_taken_up_and_never_answered_is_open_again(
    database: sqlite3.Connection,
) -> None:
    number = ask(database, "courier")

    mark_taken(database, number, now=START)

    assert [one.id for one in list_open_requests(database)] == [number]


def test_a_request_is_answered_once(database: sqlite3.Connection) -> None:
    number = ask(database, "courier")

    assert mark_done(database, number, "yes", is_done=True, now=START)
    assert not mark_done(database, number, "no", is_done=False, now=START)

    row = find_request(database, number)
    assert row is not None
    assert (row["is_done"], row["answer"]) == (1, "yes")
    assert row["taken_at"] == row["done_at"]
    assert list_open_requests(database) == ()


def test_the_newest_are_listed_first_and_the_open_ones_alone(database: sqlite3.Connection) -> None:
    numbers = [ask(database, "courier") for _ in range(3)]
    mark_done(database, numbers[2], "yes", is_done=True, now=START)

    assert [row["id"] for row in list_requests(database, limit=2)] == [numbers[2], numbers[1]]
    listed = list_requests(database, limit=9, is_open=True)
    assert [row["id"] for row in listed] == [numbers[1], numbers[0]]


@pytest.mark.parametrize("arguments", ["", "{", "[]", "7"])
def test_a_request_that_could_not_be_read_back_is_refused(
    database: sqlite3.Connection, arguments: str
) -> None:
    with pytest.raises(sqlite3.Error):
        database.execute(
            "INSERT INTO requests (kind, arguments, asked_by, asked_at) VALUES ('x', ?, '', '')",
            [arguments],
        )
