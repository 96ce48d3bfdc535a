"""How far a look back has come, and what is said at its end."""

import pytest

from crawler.storage.crawl.entries.entries import count_looked_back
from crawler.storage.crawl.sources import start_backfill
from crawler.storage.file.database import transaction
from tests.fakes import START
from tests.newsroom import Newsroom, make_story
from watchword.cli.daemon.look_back import say_end


def test_pages_of_a_look_back_are_counted_once_its_endpoints_were_read(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    database, now = newsroom.database, newsroom.clock()
    assert count_looked_back(database, "courier", now=now) == 0

    with transaction(database):
        start_backfill(database, "courier", since=START, now=now)
    assert count_looked_back(database, "courier", now=now) is None

    database.execute("UPDATE sources SET backfill_from = NULL")
    database.execute("UPDATE entries SET state = 'waiting', next_try_at = NULL, is_backfill = 1")
    assert count_looked_back(database, "courier", now=now) == 2
    # a page that failed is tried again later: nobody waits for it at the terminal
    database.execute("UPDATE entries SET next_try_at = '2099-01-01T00:00:00Z' WHERE id = 1")
    assert count_looked_back(database, "courier", now=now) == 1


@pytest.mark.parametrize(
    ("most", "left", "words"),
    [
        (0, None, "has not been read yet"),
        (9, 4, "4 pages still to read; the daemon goes on"),
        (9, 0, "Read back: 9 pages."),
        (0, 0, "read already, older or without a date"),
    ],
)
def test_the_end_of_a_look_back_is_told(
    most: int, left: int | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say_end("courier", most, left)

    assert words in capsys.readouterr().out
