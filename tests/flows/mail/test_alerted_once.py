"""No alert comes twice, and none comes without news: messages counted at the mailbox."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.alerting.policy import choose_alert
from crawler.flows.crawl.fetch_results import write_result
from crawler.flows.news.ingest import keep_article
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.model.article import Article, Occasion, Revision
from crawler.model.mail.alert import AlertKind
from crawler.model.source import EndpointKind, FeedEntry, FetchResult, PageSettings
from crawler.model.watch import Watch
from crawler.storage.crawl.endpoints import save_endpoint
from crawler.storage.crawl.entries.entries import EntryState, list_waiting_entries, mark_entry
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, save_mute
from crawler.storage.news.stories import split_story
from tests.fakes import START, FakeMailbox
from tests.flows.mail.test_digests import Office, open_office
from tests.flows.news.test_stories import SENTENCE, STORY, article, stories, write
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story

OTHER, THIRD = write(2, 300), write(3, 300)
MORE = "In the evening a third swarm of drones burned the customs house down to its cellar."


def test_a_change_of_headline_and_text_is_one_message(tmp_path: Path, mailbox: FakeMailbox) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep()
        office.advance(minutes=5)
        changed = replace(ARTICLE, headline="Customs house burned", body=f"{BODY}\n\n{MORE}")
        office.newsroom.keep(changed)
        office.advance(minutes=5)
        kinds = office.newsroom.kinds()

    assert kinds == ["new", "update"]
    assert len(mailbox.messages) == 2


def test_a_story_that_was_merged_twice_causes_no_further_alert(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        newsroom = office.newsroom
        newsroom.keep(article("courier.org/1", STORY))
        newsroom.keep(article("courier.org/2", OTHER))
        newsroom.keep(article("courier.org/3", SENTENCE, THIRD))
        newsroom.keep(article("courier.org/23", OTHER, THIRD))
        assert [*stories(newsroom).values()] == [1, 2, 2, 2]
        newsroom.keep(article("courier.org/12", STORY, OTHER))
        assert set(stories(newsroom).values()) == {1}
        office.advance(minutes=5)

        newsroom.keep(article("gazette.org/1", SENTENCE, STORY), source="gazette")
        office.advance(minutes=5)
        kinds = newsroom.kinds()

    assert kinds == ["new"]
    assert len(mailbox.messages) == 1


def test_held_back_alerts_are_one_message_although_they_come_minute_by_minute(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones"}, batch_window="10m", per_hour=2
    ) as office:
        for number in range(8):
            office.newsroom.keep(make_story(number), occasion=Occasion.BACKFILL)
            office.advance(minutes=1)
        for _ in range(30):
            office.advance(minutes=1)

    assert len(mailbox.messages) == 1
    assert "8 stories" in office.subjects()[0]


def test_a_flood_and_a_look_back_are_held_in_the_same_message(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(
        tmp_path, mailbox, {"name": "drones"}, batch_window="10m", per_hour=2
    ) as office:
        office.newsroom.keep(make_story(0), occasion=Occasion.BACKFILL)
        for number in range(1, 8):
            office.newsroom.keep(make_story(number))
            office.advance(minutes=1)
        for _ in range(12):
            office.advance(minutes=1)

    assert office.subjects()[:2] == ["drones: Story 1", "drones: Story 2"]
    assert len(mailbox.messages) == 3
    assert "6 stories" in office.subjects()[2]


@pytest.mark.parametrize(
    ("is_first", "was_alerted", "kind"),
    [
        (True, False, AlertKind.NEW),
        (False, False, AlertKind.NEW),
        (True, True, AlertKind.UPDATE),
        (False, True, AlertKind.UPDATE),
    ],
)
def test_the_first_alert_of_a_story_is_new_and_each_later_one_an_update(
    is_first: bool, was_alerted: bool, kind: AlertKind
) -> None:
    revision = Revision(
        id=1,
        article_id=1,
        story_id=1,
        source_id=1,
        url="",
        headline="",
        body="",
        language="en",
        fetched_at=START,
        is_first=is_first,
    )

    chosen = choose_alert(
        Watch(id=1, name="w", query="drone"),
        revision,
        was_alerted=was_alerted,
        is_met_anew=lambda: True,
        says_something_new=lambda: True,
    )

    assert chosen is kind


def test_a_word_that_an_edit_adds_causes_a_new_alert(tmp_path: Path, mailbox: FakeMailbox) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep(replace(ARTICLE, body=BODY.replace("drones", "boats")))
        office.newsroom.keep()
        office.tick()
        kinds = office.newsroom.kinds()

    assert kinds == ["new"]
    assert office.subjects() == ["drones: Quay crossed"]


def keep_entry(office: Office, text: Article) -> None:
    """Store the one page that waits, as a visit would."""
    visit = office.newsroom.visits["courier"]
    (entry,) = list_waiting_entries(office.database, visit.source_id, now=office.clock())
    office.newsroom.keep(text, occasion=entry.occasion)
    with transaction(office.database):
        mark_entry(office.database, entry.id, EntryState.FETCHED)


def test_an_edit_of_what_a_first_visit_found_is_news_of_this_minute(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}, batch_window="10m") as office:
        visit = office.newsroom.visits["courier"]
        feed = "http://courier.example/rss"
        endpoint = save_endpoint(office.database, visit, EndpointKind.FEED, feed, origin="stated")
        first = replace(office.newsroom.unread().source, backfill=timedelta(days=7))
        office.database.execute("DELETE FROM entries")
        entry = FeedEntry(url=ARTICLE.url, stated_at=START - timedelta(hours=1))

        result = FetchResult(endpoint=endpoint, entries=(entry,))
        write_result(office.database, visit, first, result, now=office.clock())
        keep_entry(office, replace(ARTICLE, body=BODY.replace("drones", "boats")))
        office.advance(hours=2)
        assert mailbox.messages == []

        edited = replace(entry, updated_at=office.clock() - timedelta(minutes=9))
        result = FetchResult(endpoint=replace(endpoint, read_at=START), entries=(edited,))
        write_result(office.database, visit, first, result, now=office.clock())
        keep_entry(office, ARTICLE)
        office.tick()

    assert office.subjects() == ["drones: Quay crossed"]


def keep_watched(newsroom: Newsroom, text: Article, *, occasion: Occasion) -> None:
    """Keep a page that is watched for change."""
    visit = newsroom.visits["courier"]
    settings = newsroom.rules.config.source_named("courier")
    assert settings is not None
    page = newsroom.page(visit, text.url)
    keep_article(
        newsroom.database,
        replace(page, settings=PageSettings(is_watched=True), occasion=occasion),
        sign_article(text),
        source=get_source(newsroom.database, visit.source_id, settings, password=""),
        rules=newsroom.rules,
        now=newsroom.clock(),
    )


def test_the_first_look_at_a_watched_page_causes_no_alert_and_its_change_does(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        keep_watched(office.newsroom, ARTICLE, occasion=Occasion.BASELINE)
        office.advance(hours=2)
        assert mailbox.messages == []
        assert office.newsroom.kinds() == []

        changed = replace(ARTICLE, body=f"{BODY}\n\n{MORE}")
        keep_watched(office.newsroom, changed, occasion=Occasion.NEWS)
        office.tick()

    assert len(mailbox.messages) == 1


@pytest.mark.parametrize("part", ["watch", "story", "source"])
def test_a_mute_for_everybody_applies_to_every_recipient(
    tmp_path: Path, mailbox: FakeMailbox, part: str
) -> None:
    to = ("me@example.org", "you@example.org")
    with open_office(tmp_path, mailbox, {"name": "drones", "to": to}) as office:
        about: dict[str, Any] = {"watch": {}, "story": {"story_id": 1}, "source": {"source_id": 1}}[
            part
        ]
        quiet = replace(ARTICLE, body=BODY.replace("drones", "boats"))
        office.newsroom.keep(quiet)
        mute = Mute(watch_id=1, until=START.replace(hour=12), **about)
        with transaction(office.database):
            save_mute(office.database, mute, now=office.clock())
        office.newsroom.keep()
        office.advance(hours=1)
        assert mailbox.messages == []

        office.advance(hours=2)
        office.newsroom.keep(make_story(2))
        office.tick()

    assert sorted(str(message["To"]) for message in mailbox.messages) == [*to]
    assert {subject.strip() for subject in office.subjects()} == {"drones: Story 2"}


def test_splitting_a_story_merged_from_two_alerted_ones_causes_no_further_alert(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    """Two texts caused alerts before a third showed that they are one story; when they are split off together, the older alert stays the first."""
    with open_office(tmp_path, mailbox, {"name": "drones"}, {"name": "pilots", "query": "pilot"}) as office:  # fmt: skip
        newsroom = office.newsroom
        first = article("courier.org/a", SENTENCE, STORY)
        second = article("gazette.org/b", SENTENCE, OTHER)
        newsroom.keep(first)
        office.advance(minutes=1)
        newsroom.keep(second, source="gazette")
        office.advance(minutes=1)
        newsroom.keep(article("courier.org/c", STORY, OTHER))
        office.tick()
        alerted = len(mailbox.messages)
        assert newsroom.kinds() == ["new"] * 4

        with transaction(office.database):
            new_id = split_story(office.database, 1, [1, 2], now=office.clock())
        newsroom.keep(first)
        newsroom.keep(second, source="gazette")
        newsroom.keep(replace(first, body=f"{first.body} It was cold."))
        office.advance(hours=1)
        rows = office.database.execute("SELECT kind, story_id FROM alerts ORDER BY id").fetchall()

    assert [tuple(row) for row in rows] == [("new", new_id)] * 2 + [("update", new_id)] * 2
    assert len(mailbox.messages) == alerted == 4


@pytest.mark.parametrize(
    ("away", "edited_ago", "is_gathered"), [(30, 5, True), (30, 0, False), (0.1, 5, False)]
)
def test_edits_from_a_downtime_of_their_source_are_gathered(
    tmp_path: Path, mailbox: FakeMailbox, away: float, edited_ago: float, is_gathered: bool
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        visit, feed = office.newsroom.visits["courier"], "https://courier.example/rss"
        endpoint = save_endpoint(office.database, visit, EndpointKind.FEED, feed, origin="stated")
        source = office.newsroom.unread().source
        first = replace(source, backfill=timedelta(days=7))
        office.database.execute("DELETE FROM entries")
        entry = FeedEntry(url=ARTICLE.url, stated_at=START - timedelta(hours=1))
        result = FetchResult(endpoint=endpoint, entries=(entry,))
        write_result(office.database, visit, first, result, now=office.clock())
        keep_entry(office, replace(ARTICLE, body=BODY.replace("drones", "boats")))
        office.advance(days=40)

        now = office.clock()
        back = replace(
            source,
            last_success_at=now - timedelta(days=away),
            visited_at=START,
            every=timedelta(hours=1),
        )
        edited = replace(entry, updated_at=now - timedelta(days=edited_ago))
        result = FetchResult(endpoint=replace(endpoint, read_at=START), entries=(edited,))
        write_result(office.database, visit, back, result, now=now)
        (waiting,) = list_waiting_entries(office.database, visit.source_id, now=now)

    assert (waiting.occasion is Occasion.BACKFILL) is is_gathered
