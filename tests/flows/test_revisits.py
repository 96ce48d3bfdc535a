"""Articles that matched are looked at again; what changed is kept, readable."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crawler.flows.ingest import refuse_page
from crawler.flows.visit import fail_page
from crawler.model.run import PageFailure, PageOutcome, RunOutcome
from crawler.storage.crawl_queue import finish_visit, list_finished_visits
from crawler.storage.database import to_instant, transaction
from crawler.storage.entries import WaitingEntry, list_waiting_entries
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom

QUIET = replace(ARTICLE, body=BODY.replace("drones", "boats"))


def due(room: Newsroom) -> timedelta | None:
    text = room.database.execute("SELECT revisit_at FROM entries").fetchone()[0]
    return None if text is None else to_instant(text) - START


def look(room: Newsroom) -> WaitingEntry | None:
    visit = room.visits["courier"]
    found = list_waiting_entries(room.database, visit.source_id, now=room.clock())
    return found[0] if found else None


def test_an_article_that_matched_is_looked_at_after_1_6_24_hours_and_7_days(
    newsroom: Newsroom,
) -> None:
    newsroom.keep()
    steps = []
    while (step := due(newsroom)) is not None:
        steps.append(step)
        assert look(newsroom) is None
        newsroom.clock.advance(seconds=(START + step - newsroom.clock()).total_seconds() + 1)
        entry = look(newsroom)
        assert entry is not None
        assert entry.is_revisit
        assert newsroom.keep() is PageOutcome.SEEN

    assert steps == [timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(days=7)]


def test_one_that_did_not_match_is_left_alone(newsroom: Newsroom) -> None:
    newsroom.keep(QUIET)

    assert due(newsroom) is None


def test_a_visit_is_planned_for_the_look(newsroom: Newsroom) -> None:
    newsroom.keep()
    visit = newsroom.visits["courier"]
    with transaction(newsroom.database):
        finish_visit(newsroom.database, visit, outcome=RunOutcome.OK, now=START)

    planned = next(
        each
        for each in list_finished_visits(newsroom.database)
        if each.source_id == visit.source_id
    )

    assert planned.next_try_at == START + timedelta(hours=1)


@pytest.mark.parametrize("status", [404, 410])
def test_an_article_that_is_gone_is_marked_and_may_come_back(
    newsroom: Newsroom, status: int
) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    entry = look(newsroom)
    assert entry is not None
    failure = PageFailure(reason="it is not there", is_final=True, gone_status=status)
    fail_page(newsroom.database, newsroom.visits["courier"], entry, failure, rules=newsroom.rules, now=newsroom.clock())  # fmt: skip

    row = newsroom.database.execute("SELECT gone_at, gone_status FROM articles").fetchone()
    assert (row["gone_status"], to_instant(row["gone_at"])) == (status, newsroom.clock())
    assert newsroom.database.execute("SELECT state FROM entries").fetchone()[0] == "fetched"
    assert due(newsroom) == timedelta(hours=6)

    newsroom.keep()
    assert newsroom.database.execute("SELECT gone_at FROM articles").fetchone()[0] is None


def test_a_wall_at_the_second_look_leaves_the_article_as_it_is(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    page = newsroom.page(newsroom.visits["courier"], ARTICLE.url)
    refuse_page(newsroom.database, page, "a robot check", rules=newsroom.rules, now=newsroom.clock())  # fmt: skip

    row = newsroom.database.execute("SELECT state, reason FROM entries").fetchone()
    assert tuple(row) == ("fetched", "a robot check")
    assert due(newsroom) == timedelta(hours=6)


def test_a_revision_says_what_changed(newsroom: Newsroom) -> None:
    newsroom.keep(QUIET)
    newsroom.keep(replace(ARTICLE, headline="Quay crossed again"))

    diffs = [row[0] for row in newsroom.database.execute("SELECT diff FROM revisions ORDER BY id")]
    assert diffs[0] is None
    headline, body = diffs[1].split("\n")
    assert headline == "Quay crossed {+again+}"
    assert body.startswith("Two [-boats-] {+drones+} crossed the quay")
