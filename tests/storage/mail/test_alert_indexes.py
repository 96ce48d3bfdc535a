"""Queries made for each match do not read all alerts ever raised."""

import sqlite3
from collections.abc import Callable

import pytest

from crawler.model.mail.alert import AlertKind
from crawler.storage.mail.outbox import list_alerted_matches, list_past_alerts
from crawler.storage.mail.withheld import (
    forget_withheld,
    list_due,
    list_watches_that_withhold,
    list_withheld_texts,
    settle_withheld,
)
from crawler.storage.news.article_sources import is_announced_by, list_announcers
from crawler.storage.news.stories import list_earlier_revisions
from crawler.storage.watch.matches import list_met
from tests.fakes import START

ME = "me@example.org"


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: list_past_alerts(c, [1, 2], story_id=1), "alerts_by_story"),
        (lambda c: list_past_alerts(c, [1, 2], story_id=1), "outbox_by_alert"),
        (lambda c: list_past_alerts(c, [1, 2], story_id=1), "stories_merged"),
        (lambda c: list_past_alerts(c, [1, 2], story_id=1), "delivery_alerts_by_alert"),
        (lambda c: list_alerted_matches(c, 1), "matches_by_article"),
        (lambda c: list_withheld_texts(c, watch_id=1, article_id=1), "matches_by_article"),
        (lambda c: list_withheld_texts(c, watch_id=1, article_id=1), "withheld_once"),
        (lambda c: list_watches_that_withhold(c, story_id=1, article_id=1), "matches_by_story"),
        (lambda c: list_watches_that_withhold(c, story_id=1, article_id=1), "matches_by_article"),
        (lambda c: list_watches_that_withhold(c, story_id=1, article_id=1), "withheld_once"),
        (lambda c: list_due(c, now=START, limit=9), "withheld_due"),
        (lambda c: forget_withheld(c, before=START, limit=9), "withheld_by_age"),
        (
            lambda c: settle_withheld(c, [ME], watch_id=1, article_id=1, kinds=(AlertKind.UPDATE,)),
            "withheld_once",
        ),
        (lambda c: is_announced_by(c, 1, 1), "article_sources_once"),
        (lambda c: list_announcers(c, 1), "article_sources_once"),
        (lambda c: list_met(c, 1), "matches_by_revision"),
        (lambda c: list_earlier_revisions(c, 1, before_id=9), "revisions_by_article"),
    ],
)
def test_an_index_answers(
    database: sqlite3.Connection, ask: Callable[[sqlite3.Connection], object], index: str
) -> None:
    asked = list[str]()
    database.set_trace_callback(asked.append)
    ask(database)
    database.set_trace_callback(None)

    steps = [row["detail"] for row in database.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]

    assert any(index in step for step in steps), steps
    tables = ("alerts", "outbox", "withheld", "matches", "article_sources", "revisions")
    scans = [step for step in steps if step.split("USING")[0].strip() in {f"SCAN {one}" for one in tables}]  # fmt: skip
    assert [step for step in scans if "INDEX" not in step] == [], steps
