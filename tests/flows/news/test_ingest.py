import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.config.sections.watches import WatchSettings
from crawler.flows.news.pages.unread_pages import refuse_page
from crawler.flows.process.configure import apply_config
from crawler.flows.process.notebook import Refusal
from crawler.flows.process.rules import load_rules
from crawler.model.visit import PageOutcome
from crawler.model.watch import AlertMode
from crawler.storage.file.database import to_instant
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom


def test_a_new_article_with_the_word_causes_one_alert(newsroom: Newsroom) -> None:
    assert newsroom.keep() is PageOutcome.NEW

    assert newsroom.count("articles") == newsroom.count("matches") == newsroom.count("alerts") == 1
    delivery = newsroom.database.execute("SELECT * FROM deliveries").fetchone()
    assert (delivery["recipient"], delivery["state"]) == ("me@example.org", "pending")


def test_an_alert_of_a_digest_waits_for_its_hour(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    watch = WatchSettings(name="d", query="drone", alert=AlertMode.DIGEST, digest="07:30")
    config = make_config(tmp_path, watches=[watch], timezone="Europe/Berlin")
    apply_config(database, config, now=START)
    room = Newsroom(database, load_rules(database, config))

    room.keep()

    due = to_instant(database.execute("SELECT next_try_at FROM deliveries").fetchone()[0])
    local = due.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute) == (7, 30)
    assert room.clock() < due <= room.clock() + timedelta(days=1)


def test_changed_watches_are_reloaded_and_the_others_kept(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    quay, drone = (WatchSettings(name=word, query=word) for word in ("quay", "drone"))
    config = make_config(tmp_path, watches=[quay, drone])
    apply_config(database, config, now=START)
    earlier = load_rules(database, config)
    quay_id = database.execute("SELECT id FROM watches WHERE name = 'quay'").fetchone()["id"]
    kept = earlier.index.get(quay_id)

    changed = make_config(tmp_path, watches=[quay, drone.model_copy(update={"query": "pilot"})])
    apply_config(database, changed, now=START)
    rules = load_rules(database, changed, earlier=earlier)
    Newsroom(database, rules).keep()

    assert rules.index.get(quay_id) is kept
    found = database.execute("SELECT terms FROM matches ORDER BY terms").fetchall()
    assert [row["terms"] for row in found] == ['["pilot"]', '["quay"]']
    row = database.execute("SELECT * FROM watches WHERE name = 'drone'").fetchone()
    assert '"drone"' in row["earlier_settings"]
    assert '"pilot"' in row["settings"]


def test_the_same_page_again_only_moves_last_seen(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(hours=1)

    assert newsroom.keep() is PageOutcome.SEEN

    row = newsroom.database.execute("SELECT * FROM articles").fetchone()
    assert row["last_seen_at"] > row["first_seen_at"]
    assert newsroom.count("revisions") == newsroom.count("alerts") == 1


def test_a_copy_elsewhere_joins_the_story_and_stays_silent(newsroom: Newsroom) -> None:
    newsroom.keep()
    copy = replace(ARTICLE, url="https://gazette.org/b", headline="Drones at dawn")

    assert newsroom.keep(copy, source="gazette") is PageOutcome.COPY

    assert (newsroom.count("articles"), newsroom.count("stories")) == (2, 1)
    assert (newsroom.count("matches"), newsroom.count("alerts")) == (2, 1)


def test_an_edit_that_brings_the_word_alerts_and_further_edits_do_not(newsroom: Newsroom) -> None:
    newsroom.keep(replace(ARTICLE, body=BODY.replace("drones", "boats")))
    assert newsroom.count("alerts") == 0

    assert newsroom.keep() is PageOutcome.REVISED
    assert newsroom.keep(replace(ARTICLE, body=BODY + " It was cold.")) is PageOutcome.REVISED
    reworded = BODY.replace("Two drones", "Three drones")
    assert newsroom.keep(replace(ARTICLE, body=reworded)) is PageOutcome.REVISED

    assert newsroom.kinds() == ["new"]
    assert newsroom.count("revisions") == 4


def test_an_article_edited_all_day_makes_no_flood(newsroom: Newsroom) -> None:
    newsroom.keep()
    live = BODY
    for minute in range(30):
        newsroom.clock.advance(minutes=1)
        words = " ".join(f"word{minute}{n}" for n in range(9))
        live += f"\n\nMore drones were seen: {words}."
        assert newsroom.keep(replace(ARTICLE, body=live)) is PageOutcome.REVISED

    assert newsroom.kinds() == ["new", "update", "update", "update"]
    assert newsroom.count("shingles") <= 16


def test_a_crash_before_the_commit_leaves_nothing(newsroom: Newsroom) -> None:
    newsroom.database.execute(
        "CREATE TRIGGER crash BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'crash'); END"
    )

    with pytest.raises(sqlite3.IntegrityError):
        newsroom.keep()

    tables = ("articles", "revisions", "stories", "matches", "alerts", "outbox")
    assert [newsroom.count(table) for table in tables] == [0] * 6
    state = newsroom.database.execute("SELECT state FROM entries").fetchone()[0]
    assert state == "waiting"


def test_a_refused_page_keeps_its_reason(newsroom: Newsroom) -> None:
    unread = newsroom.unread("https://courier.org/shell")

    refuse_page(
        newsroom.database,
        unread,
        Refusal("the page is empty"),
        rules=newsroom.rules,
        now=newsroom.clock(),
    )

    row = newsroom.database.execute("SELECT state, reason FROM entries").fetchone()
    assert tuple(row) == ("refused", "the page is empty")
    assert (
        newsroom.database.execute(
            "SELECT refused_count FROM visits WHERE id = ?", [unread.page.visit_id]
        ).fetchone()[0]
        == 1
    )
