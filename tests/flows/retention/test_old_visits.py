"""Old visits of a source, day and outcome become one row, which counts as they did."""

from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.model.visit import PageOutcome, VisitOutcome
from crawler.storage.crawl.crawl_queue import finish_visit
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import to_text, transaction
from crawler.storage.mail.reports.report_counts import find_mark, find_page_facts
from crawler.storage.watch.keys import find_text
from tests.fakes import START
from tests.flows.retention.sweeping import DAY, sweep
from tests.newsroom import Newsroom, make_story


def visit(
    newsroom: Newsroom,
    at: datetime,
    *,
    source: str = "courier",
    outcome: VisitOutcome,
    new: int = 0,
) -> int:
    """Store a visit with some new articles; return its number."""
    database, source_id = newsroom.database, newsroom.visits[source].source_id
    cursor = database.execute(
        "INSERT INTO visits (source_id, started_at, listed_count) VALUES (?, ?, 30)",
        [source_id, to_text(at)],
    )
    visit_id = cursor.lastrowid or 0
    for _ in range(new):
        count_page(database, visit_id, PageOutcome.NEW)
    made = type(newsroom.visits[source])(id=visit_id, source_id=source_id, source_name=source)
    note = "connection refused" if outcome is VisitOutcome.FAILED else None
    with transaction(database):
        finish_visit(database, made, outcome=outcome, now=at, note=note)
    return visit_id


def test_visits_of_a_day_and_outcome_are_added_up_and_count_as_before(
    newsroom: Newsroom, config: Config
) -> None:
    database, noon = newsroom.database, START.replace(hour=12)
    before = find_mark(database)
    for hour in range(6):
        visit(newsroom, noon + timedelta(hours=hour), outcome=VisitOutcome.OK, new=2)
        visit(newsroom, noon + timedelta(hours=hour), outcome=VisitOutcome.FAILED)
    visit(newsroom, noon + DAY, outcome=VisitOutcome.OK, new=1)
    other = visit(newsroom, noon, source="gazette", outcome=VisitOutcome.OK, new=4)
    facts = find_page_facts(database, before, find_mark(database), since=START)

    done = sweep(database, config, now=START + 92 * DAY)

    assert done["visits"] == 10
    rows = database.execute(
        "SELECT * FROM visits WHERE source_id = ? AND finished_at IS NOT NULL ORDER BY started_at, outcome",
        [newsroom.visits["courier"].source_id],
    ).fetchall()
    assert [(row["outcome"], row["visit_count"], row["new_count"]) for row in rows] == [
        ("failed", 6, 0),
        ("ok", 6, 12),
        ("ok", 1, 1),
    ]
    assert [row["listed_count"] for row in rows] == [180, 180, 30]
    assert rows[0]["note"] == "connection refused"
    assert rows[1]["started_at"] == to_text(noon)
    assert rows[1]["finished_at"] == to_text(noon + timedelta(hours=5))
    assert database.execute("SELECT new_count FROM visits WHERE id = ?", [other]).fetchone()[0] == 4
    assert find_page_facts(database, before, find_mark(database), since=START) == facts


def test_a_text_keeps_the_source_of_the_visit_that_brought_it(
    newsroom: Newsroom, config: Config
) -> None:
    database = newsroom.database
    newsroom.keep(make_story(1), source="gazette")
    gazette = newsroom.visits["gazette"]
    with transaction(database):
        finish_visit(database, gazette, outcome=VisitOutcome.OK, now=START)
    last = visit(newsroom, START + timedelta(hours=1), source="gazette", outcome=VisitOutcome.OK)

    sweep(database, config, now=START + 92 * DAY)

    row = find_text(database, 1)
    assert row is not None
    assert row["source"] == "gazette"
    assert database.execute("SELECT visit_id FROM revisions").fetchone()[0] == last
    assert database.execute("SELECT 1 FROM visits WHERE id = ?", [gazette.id]).fetchone() is None


def test_visits_under_way_and_younger_ones_stay_as_they_are(
    newsroom: Newsroom, config: Config
) -> None:
    for hour in range(3):
        visit(newsroom, START + timedelta(hours=hour), outcome=VisitOutcome.UNCHANGED)

    assert "visits" not in sweep(newsroom.database, config, now=START + 89 * DAY)
    assert newsroom.count("visits") == 5
