"""Twenty readers while news is stored: no error on either side, and what they read is whole."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx
import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.flows.web.opening import open_pages
from tests.newsroom import Newsroom, make_story
from watchword.web.access.admission import Admission

pytestmark = [pytest.mark.slow, pytest.mark.long]

_READERS = 20
_SECONDS = 8.0
# articles a second that a writer is to store beside them
_RATE = 50
_PATHS = (
    "/",
    "/sources",
    "/watches",
    "/search?q=drone",
    "/stories/1",
    "/articles/1",
    "/watchword/articles",
    "/watchword/matches",
)


def test_readers_and_the_writer_do_not_hinder_each_other(
    database: sqlite3.Connection, rules: Rules, config: Config
) -> None:
    newsroom = Newsroom(database, rules)
    newsroom.keep(make_story(0))
    config.store.path.with_name("w.toml").write_text(
        '[[watch]]\nname = "drones"\nquery = "drone"\n'
    )
    is_over = threading.Event()

    with open_pages(config.store.path, Admission()) as url, ThreadPoolExecutor(_READERS) as pool:
        reading = [pool.submit(_read, url, number, is_over) for number in range(_READERS)]
        stored_count = _store(newsroom)
        is_over.set()
        answers = [answer for one in reading for answer in one.result()]

    assert {status for status, _ in answers} == {200}
    assert all(text.rstrip().endswith("</html>") for _, text in answers)
    assert len(answers) >= _READERS
    # the last article that was stored is there
    assert database.execute("SELECT count(*) FROM articles").fetchone()[0] == stored_count + 1


def _read(url: str, number: int, is_over: threading.Event) -> list[tuple[int, str]]:
    """Read one page after the other until it is over."""
    answers: list[tuple[int, str]] = []
    paths = cycle(_PATHS[number % len(_PATHS) :] + _PATHS[: number % len(_PATHS)])
    with httpx.Client(base_url=url, timeout=60) as reader:
        while not is_over.is_set() or not answers:
            answer = reader.get(next(paths))
            answers.append((answer.status_code, answer.text))
    return answers


def _store(newsroom: Newsroom) -> int:
    """Store articles at a steady rate, or as fast as this machine can beside the readers; return how many."""
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < _SECONDS:
        if count < passed * _RATE:
            count += 1
            newsroom.keep(make_story(count))
        else:
            time.sleep(0.002)
    return count
