"""A watch that was missing from the configuration for a moment alerts once about what came meanwhile."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.config.sections.watches import WatchSettings
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.news.missed import list_missed, match_missed
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from tests.conftest import make_config
from tests.fakes import FakeMailbox
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import make_story

DRONES: dict[str, Any] = {"name": "drones", "query": "drone"}
FERRIES: dict[str, Any] = {"name": "ferries", "query": "nothing of the kind"}


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    with open_office(tmp_path, mailbox, DRONES, FERRIES) as opened:
        yield opened


def change(office: Office, *watches: dict[str, Any]) -> None:
    """Put other watches into force, as first the daemon and then the crawl process do."""
    config = make_config(
        office.config.store.path.parent,
        mail=office.config.mail,
        watches=[WatchSettings(**watch) for watch in watches],
    )
    apply_config(office.database, config, now=office.clock())
    office.newsroom.rules = load_rules(office.database, config)
    office.delivery_worker.use_config(config)
    ask(office)


def ask(office: Office) -> int:
    rules, now = office.newsroom.rules, office.clock()
    missed = list_missed(office.database, rules, now=now)
    for one in missed:
        match_missed(office.database, one, rules=rules, now=now)
    office.tick()
    return len(missed)


def test_articles_from_the_time_without_the_watch_cause_alerts_when_it_is_back(
    office: Office,
) -> None:
    change(office, FERRIES)
    office.clock.advance(seconds=20)
    office.newsroom.keep(make_story(1))
    office.clock.advance(seconds=20)
    assert office.mailbox.messages == []

    change(office, DRONES, FERRIES)

    assert len(office.mailbox.messages) == 1
    assert office.newsroom.kinds() == ["new"]


def test_such_an_alert_comes_once_however_many_times_the_process_starts(office: Office) -> None:
    change(office, FERRIES)
    office.newsroom.keep(make_story(1))
    office.clock.advance(seconds=20)
    change(office, DRONES, FERRIES)

    for _start in range(3):
        office.clock.advance(minutes=1)
        ask(office)

    assert len(office.mailbox.messages) == 1


def test_a_match_from_before_the_watch_was_removed_causes_no_further_alert(office: Office) -> None:
    office.newsroom.keep(make_story(1))
    office.tick()
    change(office, FERRIES)
    office.clock.advance(seconds=5)
    change(office, DRONES, FERRIES)

    assert len(office.mailbox.messages) == 1


def test_an_edit_from_the_time_without_the_watch_is_an_update_for_who_knows_the_story(
    office: Office,
) -> None:
    story = make_story(1)
    office.newsroom.keep(story)
    office.tick()
    change(office, FERRIES)
    office.clock.advance(seconds=20)
    more = "In the evening a swarm of drones circled the lighthouse until its keeper switched off the lamp."
    office.newsroom.keep(replace(story, body=f"{story.body}\n\n{more}"))
    office.clock.advance(seconds=20)

    change(office, DRONES, FERRIES)

    assert office.newsroom.kinds() == ["new", "update"]


@pytest.mark.parametrize("days", [2, 30])
def test_a_watch_removed_for_longer_is_not_matched_with_the_past(office: Office, days: int) -> None:
    change(office, FERRIES)
    office.newsroom.keep(make_story(1))
    office.clock.advance(days=days)

    change(office, DRONES, FERRIES)

    assert office.newsroom.kinds() == []


def test_a_new_watch_is_not_matched_with_the_past(office: Office) -> None:
    office.newsroom.keep(make_story(1))
    office.tick()

    change(office, DRONES, FERRIES, {"name": "more drones", "query": "drones"})

    assert len(office.mailbox.messages) == 1


def test_each_watch_is_matched_with_what_came_since_its_own_removal(office: Office) -> None:
    change(office, FERRIES)
    office.newsroom.keep(make_story(1))
    office.clock.advance(seconds=20)
    change(office)
    office.clock.advance(seconds=20)
    office.newsroom.keep(make_story(2))
    change(office, DRONES, {**FERRIES, "query": "nothing of the kind"})

    missed = list_missed(office.database, office.newsroom.rules, now=office.clock())

    assert [len(one.watch_ids) for one in missed] == [1, 2]
    assert office.newsroom.kinds() == ["new", "new"]


def test_an_unreadable_text_does_not_keep_a_configuration_from_being_in_force(
    office: Office,
) -> None:
    change(office, FERRIES)
    office.newsroom.keep(make_story(1))
    office.newsroom.keep(make_story(2))
    office.clock.advance(seconds=20)
    config = make_config(
        office.config.store.path.parent,
        mail=office.config.mail,
        watches=[WatchSettings(**DRONES), WatchSettings(**FERRIES)],
    )
    apply_config(office.database, config, now=office.clock())
    first = "(SELECT min(id) FROM revisions)"
    office.database.execute(
        f"UPDATE revisions SET fetched_at = fetched_at || '+' WHERE id > {first}"
    )
    news = CrawlServices(config, clock=office.clock)

    asyncio.run(news.open())
    news.close()

    assert [watch.name for watch in news.rules.config.watches] == ["drones", "ferries"]
