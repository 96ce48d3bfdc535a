"""The search over HTTP: what its filters and its order leave out is not said to be missing."""

import sqlite3

import httpx
import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from crawler.storage.file.database import transaction
from crawler.storage.watch.story_marks import mark_stories
from tests.fakes import START
from tests.flows.web.opening import open_pages
from tests.newsroom import Newsroom, make_story
from watchword.web.access.admission import Admission

pytestmark = pytest.mark.slow


def test_old_stars_are_found_and_counts_are_of_all_that_was_found(
    database: sqlite3.Connection, rules: Rules, config: Config
) -> None:
    config.store.path.with_name("w.toml").write_text("")
    newsroom = Newsroom(database, rules)
    # more than any page or file holds
    for number in range(520):
        newsroom.keep(make_story(number))
    with transaction(database):
        mark_stories(database, "owner", [1], "starred_at", START)

    with (
        open_pages(config.store.path, Admission(token="quay")) as url,
        httpx.Client(base_url=url, follow_redirects=True) as client,
    ):
        client.get("/-/auth-token?token=quay")
        starred, best, of_watch, cut, best_of_few, of_no_day, last_day, no_language = (
            client.get("/search", params={"q": "drone", **limits}).text
            for limits in (
                {"starred": "1"},
                {"order": "best"},
                {"watch": "drones"},
                {"watch": "drones", "before": "300"},
                {"order": "best", "before": "50"},
                {"to": "2000-01-01"},
                {"from": "0001-01-01", "to": "9999-12-31"},
                {"lang": "no language"},
            )
        )

    assert ("1 story" in starred, starred.count("<article")) == (True, 1)
    assert ("520 texts" in best, best.count("<article")) == (True, 20)
    assert ("20 stories and more" in of_watch, ">Older</a>" in of_watch) == (True, True)
    assert (cut.count("<article"), ">Older</a>" in cut) == (20, True)
    assert "0 stories" in of_no_day
    assert "520 texts" in last_day
    assert ('role="alert"' in no_language, "2,000 characters" in no_language) == (True, False)
    assert "20 stories" not in best + cut + best_of_few
