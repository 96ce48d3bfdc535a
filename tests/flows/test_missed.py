"""A watch that was out of the configuration for a moment is told what came meanwhile, once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler.config.sections.watches import WatchSettings
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.news.missed import list_missed, tell_missed
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from tests.conftest import make_config
from tests.fakes import FakeMailbox
from tests.flows.test_digests import Office, open_desk
from tests.newsroom import make_story

DRONES: dict[str, Any] = {"name": "drones", "query": "drone"}
FERRIES: dict[str, Any] = {"name": "ferries", "query": "nothing of the kind"}


@pytest.fixture
def desk(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    with open_desk(tmp_path, mailbox, DRONES, FERRIES) as opened:
        yield opened


def change(desk: Office, *watches: dict[str, Any]) -> None:
    """Put other watches in force, as the daemon and then the crawl process do."""
    config = make_config(
        desk.config.store.path.parent,
        mail=desk.config.mail,
        watches=[WatchSettings(**watch) for watch in watches],
    )
    apply_config(desk.database, config, now=desk.clock())
    desk.newsroom.rules = load_rules(desk.database, config)
    desk.postman.use_config(config)
    ask(desk)


def ask(desk: Office) -> int:
    rules, now = desk.newsroom.rules, desk.clock()
    missed = list_missed(desk.database, rules, now=now)
    for one in missed:
        tell_missed(desk.database, one, rules=rules, now=now)
    desk.tick()
    return len(missed)


def test_what_came_while_it_was_missing_is_told_when_it_is_back(desk: Office) -> None:
    change(desk, FERRIES)
    desk.clock.advance(seconds=20)
    desk.newsroom.keep(make_story(1))
    desk.clock.advance(seconds=20)
    assert desk.mailbox.letters == []

    change(desk, DRONES, FERRIES)

    assert len(desk.mailbox.letters) == 1
    assert desk.newsroom.kinds() == ["new"]


def test_it_is_told_once_however_often_the_process_starts(desk: Office) -> None:
    change(desk, FERRIES)
    desk.newsroom.keep(make_story(1))
    desk.clock.advance(seconds=20)
    change(desk, DRONES, FERRIES)

    for _start in range(3):
        desk.clock.advance(minutes=1)
        ask(desk)

    assert len(desk.mailbox.letters) == 1


def test_what_it_met_before_it_left_is_not_told_again(desk: Office) -> None:
    desk.newsroom.keep(make_story(1))
    desk.tick()
    change(desk, FERRIES)
    desk.clock.advance(seconds=5)
    change(desk, DRONES, FERRIES)

    assert len(desk.mailbox.letters) == 1


def test_an_edit_that_came_meanwhile_is_an_update_to_who_knows_the_story(
    desk: Office,
) -> None:
    story = make_story(1)
    desk.newsroom.keep(story)
    desk.tick()
    change(desk, FERRIES)
    desk.clock.advance(seconds=20)
    more = "In the evening a swarm of drones circled the lighthouse until its keeper switched off the lamp."
    desk.newsroom.keep(replace(story, body=f"{story.body}\n\n{more}"))
    desk.clock.advance(seconds=20)

    change(desk, DRONES, FERRIES)

    assert desk.newsroom.kinds() == ["new", "update"]


@pytest.mark.parametrize("days", [2, 30])
def test_a_watch_that_was_taken_out_for_longer_is_not_asked_about_the_past(
    desk: Office, days: int
) -> None:
    change(desk, FERRIES)
    desk.newsroom.keep(make_story(1))
    desk.clock.advance(days=days)

    change(desk, DRONES, FERRIES)

    assert desk.newsroom.kinds() == []


def test_a_watch_that_is_new_is_not_asked_about_the_past(desk: Office) -> None:
    desk.newsroom.keep(make_story(1))
    desk.tick()

    change(desk, DRONES, FERRIES, {"name": "more drones", "query": "drones"})

    assert len(desk.mailbox.letters) == 1


def test_each_watch_is_asked_about_what_came_since_it_left(desk: Office) -> None:
    change(desk, FERRIES)
    desk.newsroom.keep(make_story(1))
    desk.clock.advance(seconds=20)
    change(desk)
    desk.clock.advance(seconds=20)
    desk.newsroom.keep(make_story(2))
    change(desk, DRONES, {**FERRIES, "query": "nothing of the kind"})

    missed = list_missed(desk.database, desk.newsroom.rules, now=desk.clock())

    assert [len(one.watch_ids) for one in missed] == [1, 2]
    assert desk.newsroom.kinds() == ["new", "new"]


def test_a_text_that_cannot_be_read_keeps_no_configuration_from_being_in_force(
    desk: Office,
) -> None:
    change(desk, FERRIES)
    desk.newsroom.keep(make_story(1))
    desk.newsroom.keep(make_story(2))
    desk.clock.advance(seconds=20)
    config = make_config(
        desk.config.store.path.parent,
        mail=desk.config.mail,
        watches=[WatchSettings(**DRONES), WatchSettings(**FERRIES)],
    )
    apply_config(desk.database, config, now=desk.clock())
    first = "(SELECT min(id) FROM revisions)"
    desk.database.execute(f"UPDATE revisions SET fetched_at = fetched_at || '+' WHERE id > {first}")
    news = CrawlServices(config, clock=desk.clock)

    asyncio.run(news.open())
    news.close()

    assert [watch.name for watch in news.rules.config.watches] == ["drones", "ferries"]
