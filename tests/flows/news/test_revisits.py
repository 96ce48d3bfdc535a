"""Revisits to matched articles: changes are stored as readable differences."""

from dataclasses import replace
from datetime import timedelta

from crawler.flows.news.pages.unread_pages import fail_page, refuse_page
from crawler.flows.process.notebook import Refusal
from crawler.model.article import Occasion
from crawler.model.visit import PageFailure, PageOutcome, VisitOutcome, WaitingEntry
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.crawl.entries.entries import list_waiting_entries
from crawler.storage.crawl.plans import list_finished_visits
from crawler.storage.file.database import to_instant, to_text, transaction
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


def test_an_article_that_matched_is_revisited_after_1_6_24_hours_and_7_days(
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
        assert entry.occasion is Occasion.REVISIT
        assert newsroom.keep() is PageOutcome.SEEN

    assert steps == [timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(days=7)]


def test_intervals_shorter_than_minutes_are_kept_as_written(newsroom: Newsroom) -> None:
    rules = newsroom.rules
    steps = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=4))
    story = rules.config.story.model_copy(update={"revisits": steps})
    newsroom.rules = replace(rules, config=rules.config.model_copy(update={"story": story}))

    newsroom.keep()
    first = due(newsroom)
    newsroom.clock.advance(seconds=31)
    newsroom.keep()

    assert (first, due(newsroom)) == (timedelta(seconds=30), timedelta(minutes=2))


def test_an_article_that_did_not_match_is_not_revisited(newsroom: Newsroom) -> None:
    newsroom.keep(QUIET)

    assert due(newsroom) is None


def test_a_visit_is_planned_for_a_revisit(newsroom: Newsroom) -> None:
    newsroom.keep()
    visit = newsroom.visits["courier"]
    with transaction(newsroom.database):
        finish_visit(newsroom.database, visit, outcome=VisitOutcome.OK, now=START)

    planned = next(
        each
        for each in list_finished_visits(newsroom.database)
        if each.source_id == visit.source_id
    )

    assert planned.next_try_at == START + timedelta(hours=1)


def lose(room: Newsroom, status: int) -> None:
    """Let a revisit find that the article's page is missing."""
    entry = look(room)
    assert entry is not None
    failure = PageFailure(reason="it is not there", is_final=True, gone_status=status)
    visit = room.visits["courier"]
    fail_page(room.database, visit, room.unread(), failure, rules=room.rules, now=room.clock())


def gone(room: Newsroom) -> tuple[int | None, str | None]:
    row = room.database.execute("SELECT gone_status, gone_at FROM articles").fetchone()
    return row["gone_status"], row["gone_at"]


def test_a_410_counts_at_once_and_the_article_may_come_back(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    lose(newsroom, 410)

    assert gone(newsroom) == (410, to_text(newsroom.clock()))
    assert newsroom.database.execute("SELECT state FROM entries").fetchone()[0] == "fetched"
    assert due(newsroom) == timedelta(hours=6)

    newsroom.keep()
    assert gone(newsroom) == (None, None)


def test_a_404_counts_at_the_second_look_six_hours_later(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    lose(newsroom, 404)
    first = gone(newsroom)
    newsroom.clock.advance(hours=5)  # the usual revisit is between them, and too early to decide
    lose(newsroom, 404)
    between = gone(newsroom)
    assert due(newsroom) == timedelta(hours=8)
    newsroom.clock.advance(hours=1)
    lose(newsroom, 404)

    assert first == between == (None, None)
    assert gone(newsroom) == (404, to_text(newsroom.clock()))


def test_a_page_that_is_back_at_the_second_look_was_never_gone(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    lose(newsroom, 404)
    newsroom.clock.advance(hours=6)
    newsroom.keep()
    newsroom.clock.advance(hours=20)
    lose(newsroom, 404)

    assert gone(newsroom) == (None, None)


def test_an_early_404_of_a_page_that_was_never_read_is_tried_again(newsroom: Newsroom) -> None:
    visit = newsroom.visits["courier"]
    page = newsroom.page(visit, "https://courier.org/early")
    newsroom.database.execute("UPDATE entries SET next_try_at = ?", [to_text(START)])
    entry = look(newsroom)
    assert entry is not None
    failure = PageFailure(reason="HTTP 404", gone_status=404)
    unread = newsroom.unread(page.requested_url)
    fail_page(newsroom.database, visit, unread, failure, rules=newsroom.rules, now=START)
    newsroom.clock.advance(minutes=1)

    again = look(newsroom)
    assert again is not None
    assert (again.id, again.attempt_count) == (page.entry_id, 1)


def test_a_wall_at_the_second_look_leaves_the_article_as_it_is(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=2)
    refusal = Refusal("a robot check")
    refuse_page(newsroom.database, newsroom.unread(), refusal, rules=newsroom.rules, now=newsroom.clock())  # fmt: skip

    row = newsroom.database.execute("SELECT state, reason FROM entries").fetchone()
    assert tuple(row) == ("fetched", "a robot check")
    assert due(newsroom) == timedelta(hours=6)


def test_a_revision_shows_what_changed(newsroom: Newsroom) -> None:
    newsroom.keep(QUIET)
    newsroom.keep(replace(ARTICLE, headline="Quay crossed again"))

    diffs = [row[0] for row in newsroom.database.execute("SELECT diff FROM revisions ORDER BY id")]
    assert diffs[0] is None
    headline, body = diffs[1].split("\n")
    assert headline == "Quay crossed {+again+}"
    assert body.startswith("Two [-boats-] {+drones+} crossed the quay")
