"""Alerts held back by a limit or a mute: they come later, with what follows or alone, and never twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.withheld import raise_withheld
from crawler.flows.news.judging.walls import withdraw_article
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.model.article import Article, Occasion
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, remove_mutes, save_mute
from crawler.storage.news.stories import split_story
from tests.conftest import make_config
from tests.fakes import START, FakeMailbox, read_part
from tests.flows.mail.test_alerted_once import keep_watched
from tests.flows.mail.test_digests import Office, open_office
from tests.flows.mail.test_follow_ups import lose_page
from tests.flows.news.test_stories import STORY
from tests.newsroom import ARTICLE, BODY

POSTS = [
    "Police said a drone was shot down over the refinery shortly after noon and that its engine lay in a yard.",
    "The mayor said the second drone had flown under the railway bridge before it hit a warehouse of timber.",
    "Hospital staff counted nine people hurt by glass when a third drone burst above the fish market at dusk.",
    "The army said the last drone came from a barge on the river and that three men had been arrested there.",
    "A court ordered that the owner of the drone workshop be kept in custody until the trial in the spring.",
    "Late at night a sixth drone was found by children in the reeds behind the old customs house.",
]
QUIET = "The refinery will stay closed until Monday, the owner said, and its workers were sent home with pay."
ME, YOU = "me@example.org", "you@example.org"


def live(count: int, *more: str) -> Article:
    """Return a live blog with so many posts, the newest first."""
    return replace(ARTICLE, body="\n\n".join([*more, *reversed(POSTS[:count])]))


def read(office: Office, to: str = ME) -> list[list[int]]:
    """Return the numbers of the posts in each message to a recipient."""
    messages = [
        " ".join(read_part(one).replace("*", "").split())
        for one in office.mailbox.messages
        if str(one["To"]) == to
    ]
    return [
        [n + 1 for n, post in enumerate(POSTS) if post[15:60] in message] for message in messages
    ]


def sweep(office: Office) -> None:
    """Run what the crawl process does once a minute, and the daemon after it."""
    raise_withheld(office.database, rules=office.newsroom.rules, now=office.clock())
    office.newsroom.take_up()
    office.advance(minutes=1)


def blog(office: Office, first: int, last: int) -> None:
    for count in range(first, last + 1):
        office.newsroom.keep(live(count))
        office.advance(minutes=10)


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as opened:
        yield opened


def test_alerts_held_back_by_the_limit_come_with_the_next_message(office: Office) -> None:
    blog(office, 1, 5)
    assert [one[-1] for one in map(sorted, read(office))] == [1, 2, 3, 4]
    assert "Further changes today are on the web page" in office.last()

    office.advance(days=1)
    office.newsroom.keep(live(5, QUIET))
    office.tick()

    assert 5 in read(office)[-1]
    assert office.subjects()[-1] == "drones (update): Quay crossed"
    assert "Further changes today" not in office.last()
    assert office.newsroom.count("withheld") == 0


def test_alerts_held_back_by_the_limit_come_without_a_further_edit(office: Office) -> None:
    blog(office, 1, 6)
    sweep(office)
    assert len(read(office)) == 4
    assert office.newsroom.count("withheld") == 2

    office.advance(hours=23)
    sweep(office)
    office.advance(hours=1)
    for _ in range(5):
        sweep(office)

    assert len(read(office)) == 5
    assert {5, 6} <= {*read(office)[-1]}
    assert office.newsroom.count("withheld") == 0


def test_the_limit_applies_over_several_days(office: Office) -> None:
    blog(office, 1, 6)
    for _ in range(80):
        office.advance(hours=1)
        sweep(office)

    assert len(read(office)) == 5
    assert office.newsroom.kinds() == ["new", *["update"] * 4]


def test_a_held_back_text_causes_no_alert_after_an_alert_of_its_copy(office: Office) -> None:
    blog(office, 1, 5)
    office.advance(days=1)
    copy = replace(live(5), url="https://gazette.org/b")
    office.newsroom.keep(copy, source="gazette")
    office.tick()
    count = len(read(office))
    for _ in range(3):
        sweep(office)

    assert count == 5
    assert 5 in read(office)[-1]
    assert len(read(office)) == count
    assert office.newsroom.count("withheld") == 0


@pytest.mark.parametrize("part", ["watch", "story", "source"])
def test_alerts_held_back_by_a_mute_come_with_the_next_alert_and_not_alone(
    office: Office, part: str
) -> None:
    about: dict[str, Any] = {"watch": {}, "story": {"story_id": 1}, "source": {"source_id": 1}}[part]  # fmt: skip
    office.newsroom.keep(live(1))
    office.tick()
    with transaction(office.database):
        save_mute(office.database, Mute(watch_id=1, recipient=ME, **about), now=office.clock())
    blog(office, 2, 3)
    assert office.newsroom.count("withheld") == 2
    with transaction(office.database):
        remove_mutes(office.database, 1)
    office.advance(days=2)
    sweep(office)
    assert len(read(office)) == 1

    office.newsroom.keep(live(3, QUIET))
    office.tick()

    assert len(read(office)) == 2
    assert {2, 3} <= {*read(office)[-1]}


def test_alerts_held_back_by_a_mute_come_after_an_alert_of_another_article_of_the_story(
    office: Office,
) -> None:
    filler = " ".join(STORY)
    office.newsroom.keep(live(1, filler))
    with transaction(office.database):
        save_mute(office.database, Mute(watch_id=1), now=office.clock())
    office.newsroom.keep(live(2, filler))
    with transaction(office.database):
        remove_mutes(office.database, 1)
    office.tick()
    copy = replace(live(1, filler, POSTS[4]), url="https://gazette.org/b")
    office.newsroom.keep(copy, source="gazette")
    for _ in range(3):
        sweep(office)

    assert office.newsroom.count("stories") == 1
    assert [one[-1] for one in read(office)] == [1, 5, 2]


def test_a_story_that_began_under_a_mute_is_new_when_it_continues(office: Office) -> None:
    with transaction(office.database):
        save_mute(office.database, Mute(watch_id=1, recipient=ME, until=office.clock() + timedelta(hours=1)), now=office.clock())  # fmt: skip
    office.newsroom.keep(live(2))
    office.advance(hours=2)
    office.newsroom.keep(live(2, QUIET))
    office.tick()

    assert office.subjects() == ["drones: Quay crossed"]
    assert office.newsroom.kinds() == ["new"]


def test_alerts_muted_by_the_settings_of_a_watch_count_as_not_sent(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    until = (START + timedelta(days=2)).date()
    with open_office(tmp_path, mailbox, {"name": "drones", "mute_until": until}) as office:
        blog(office, 1, 2)
        assert office.subjects() == []
        office.advance(days=3)
        office.newsroom.keep(live(2, QUIET))
        office.tick()

        assert office.subjects() == ["drones: Quay crossed"]


def change(office: Office, *watches: dict[str, Any]) -> None:
    """Put other watches into force."""
    config = make_config(
        office.config.store.path.parent,
        mail=office.config.mail,
        timezone=office.config.timezone,
        watches=[WatchSettings(**{"query": "drone", **watch}) for watch in watches],
    )
    apply_config(office.database, config, now=office.clock())
    office.newsroom.rules = load_rules(office.database, config)
    office.delivery_worker.use_config(config)


def test_a_wider_query_and_an_edit_elsewhere_cause_no_alert(office: Office) -> None:
    old = "A balloon landed in a field of barley behind the school, and the teacher made coffee."
    office.newsroom.keep(replace(ARTICLE, body=old, headline="Balloon lands"))
    change(office, {"name": "drones", "query": "drone OR balloon"})
    office.newsroom.keep(replace(ARTICLE, body=old.replace("coffee", "tea"), headline="Balloon lands"))  # fmt: skip
    office.newsroom.keep(replace(ARTICLE, body=f"{old}\n\n{QUIET}", headline="Balloon lands"))
    office.tick()
    assert office.subjects() == []

    more = "In the evening a second balloon came down on the roof of the town hall and burned."
    office.newsroom.keep(replace(ARTICLE, body=f"{old}\n\n{more}", headline="Balloon lands"))
    office.tick()

    assert office.subjects() == ["drones: Balloon lands"]


@pytest.mark.parametrize(
    ("watch", "before", "after"),
    [
        ({"query": "drone -racing"}, f"{BODY} It was a racing event.", BODY),
        ({"min_mentions": 2}, BODY, f"{BODY} The drones were small."),
        ({"title_only": True, "query": "crossed"}, None, BODY),
        ({"query": "drone AND submarine"}, BODY, f"{BODY} A submarine was there too."),
        ({"query": "drone", "languages": ("en",)}, None, BODY),
    ],
)
def test_a_watch_that_matches_only_since_an_edit_causes_a_new_alert(
    tmp_path: Path,
    mailbox: FakeMailbox,
    watch: dict[str, Any],
    before: str | None,
    after: str,
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", **watch}) as office:
        first = (
            replace(ARTICLE, body=before)
            if before
            else replace(ARTICLE, headline="At the quay", language="de")
        )
        office.newsroom.keep(first)
        office.tick()
        assert office.subjects() == []

        office.newsroom.keep(replace(ARTICLE, body=after))
        office.tick()

        assert office.newsroom.kinds() == ["new"]


def test_a_story_is_new_for_a_later_reader_and_an_update_for_the_others(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", "to": (ME,)}) as office:
        office.newsroom.keep(live(1))
        change(office, {"name": "drones", "to": (ME, YOU)})
        office.newsroom.keep(live(1, QUIET))
        assert office.newsroom.kinds() == ["new"]
        office.newsroom.keep(live(2))
        office.advance(minutes=5)

        subjects = {str(one["To"]): str(one["Subject"]).strip() for one in mailbox.messages}
        assert subjects == {ME: "drones (update): Quay crossed", YOU: "drones: Quay crossed"}
        lose_page(office, ARTICLE.url)
        office.tick()
        assert [str(one["To"]) for one in mailbox.messages[-2:]] == [ME, YOU]


def test_alternating_headlines_cause_one_alert_each(office: Office) -> None:
    for headline in ("A quay", "B quay", "A quay", "b  QUAY", "B quay!", "C quay", "A quay"):
        office.newsroom.keep(replace(ARTICLE, headline=headline))
        office.advance(hours=13)

    assert [one.rpartition(": ")[2] for one in office.subjects()] == ["A quay", "B quay", "C quay"]
    assert "It was: B quay" in office.last()


def test_an_alert_of_a_headline_over_the_limit_comes_later_unless_the_old_one_is_back(
    office: Office,
) -> None:
    for number in range(5):
        office.newsroom.keep(replace(ARTICLE, headline=f"Headline {number}"))
        office.advance(minutes=5)
    assert len(office.subjects()) == 4
    for _ in range(26):
        office.advance(hours=1)
        sweep(office)
    assert office.subjects()[-1].endswith("Headline 4")

    for number in (5, 6, 7, 2):
        office.newsroom.keep(replace(ARTICLE, headline=f"Headline {number}"))
        office.advance(minutes=5)
    count = len(office.subjects())
    for _ in range(26):
        office.advance(hours=1)
        sweep(office)
    assert len(office.subjects()) == count
    assert office.newsroom.count("withheld") == 0


def test_an_alert_of_a_gone_page_over_the_limit_comes_later(office: Office) -> None:
    blog(office, 1, 4)
    lose_page(office, ARTICLE.url)
    assert office.newsroom.kinds()[-1] == "update"
    for _ in range(25):
        office.advance(hours=1)
        sweep(office)

    assert office.newsroom.kinds()[-1] == "gone"
    assert office.newsroom.kinds().count("gone") == 1


def test_a_held_back_text_and_its_new_headline_come_as_one_alert(office: Office) -> None:
    blog(office, 1, 5)
    office.newsroom.keep(replace(live(5), headline="Quay burnt"))
    for _ in range(26):
        office.advance(hours=1)
        sweep(office)

    assert office.newsroom.kinds() == ["new", *["update"] * 4]
    assert 5 in read(office)[-1]
    assert office.subjects()[-1] == "drones (update): Quay burnt"
    assert office.newsroom.count("withheld") == 0


@pytest.mark.parametrize("kind", ["headline", "gone"])
def test_a_held_back_text_is_not_alerted_to_by_a_headline_or_a_gone_page(
    office: Office, kind: str
) -> None:
    blog(office, 1, 5)
    # a fault postpones it, so that the other alert comes first
    office.database.execute("UPDATE withheld SET due_at = '2099-01-01T00:00:00.000Z'")
    if kind == "gone":
        lose_page(office, ARTICLE.url)
    else:
        office.newsroom.keep(replace(live(5), headline="Quay burnt"))
        office.database.execute(
            "UPDATE withheld SET due_at = '2099-01-01T00:00:00.000Z' WHERE kind = 'update'"
        )
    for _ in range(25):
        office.advance(hours=1)
        sweep(office)
    assert office.newsroom.kinds()[-1] == kind

    office.database.execute("UPDATE withheld SET due_at = '2000-01-01T00:00:00.000Z'")
    sweep(office)

    assert office.newsroom.kinds()[-2:] == [kind, "update"]
    assert 5 in read(office)[-1]


@pytest.mark.parametrize("reason", ["gone", "none", "other", "reader", "query", "never"])
def test_held_back_alerts_that_no_watch_wants_any_more_are_deleted(
    office: Office, reason: str
) -> None:
    blog(office, 1, 5)
    watches: dict[str, dict[str, Any]] = {
        "gone": {"name": "else", "query": "ferry"},
        "none": {"name": "drones", "alert": "none"},
        "other": {"name": "drones", "query": "submarine"},
        "reader": {"name": "drones", "to": (YOU,)},
        "query": {"name": "drones", "query": "drone -court"},
        "never": {"name": "drones", "on_revision": "never"},
    }
    change(office, watches[reason])
    office.advance(days=2)
    sweep(office)

    assert office.newsroom.count("withheld") == 0
    assert len(office.newsroom.kinds()) == 4


def test_an_alert_that_is_muted_when_the_limit_ends_waits_for_the_next_alert(
    office: Office,
) -> None:
    blog(office, 1, 5)
    with transaction(office.database):
        save_mute(office.database, Mute(watch_id=1, until=office.clock() + timedelta(days=3)), now=office.clock())  # fmt: skip
    office.advance(days=2)
    sweep(office)
    office.advance(days=2)
    sweep(office)
    assert len(read(office)) == 4

    office.newsroom.keep(live(5, QUIET))
    office.tick()

    assert 5 in read(office)[-1]


def test_held_back_alerts_are_deleted_with_a_retracted_article(
    office: Office,
) -> None:
    blog(office, 1, 5)
    with transaction(office.database):
        withdraw_article(office.database, 1, "a wall", now=office.clock())
    office.advance(days=2)
    sweep(office)

    assert len(read(office)) == 4
    assert office.newsroom.count("withheld") == 0
    assert office.database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_held_back_alerts_of_a_split_story_come_for_its_own_story(
    office: Office,
) -> None:
    blog(office, 1, 4)
    office.newsroom.keep(replace(live(5), url="https://gazette.org/b"), source="gazette")
    assert office.newsroom.count("withheld") == 1
    with transaction(office.database):
        split_story(office.database, 1, [2], now=office.clock())
    office.advance(days=2)
    sweep(office)

    assert office.newsroom.kinds()[-1] == "new"
    assert 5 in read(office)[-1]


def test_with_any_change_only_the_newest_text_causes_the_later_alert(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", "on_revision": "any"}) as office:
        for number in range(8):
            office.newsroom.keep(replace(ARTICLE, body=f"{BODY} Edition {number}."))
            office.advance(minutes=5)
        office.advance(days=1)
        for _ in range(3):
            sweep(office)

        assert office.newsroom.kinds() == ["new", *["update"] * 4]
        assert "Edition" in office.last()


def test_an_item_of_a_watched_list_that_differs_in_one_word_causes_an_alert(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    towns = ("Tolmezzo", "Sibenik", "Larissa", "Elazig")
    with open_office(tmp_path, mailbox, {"name": "drones", "query": "warning"}) as office:
        for count in range(1, len(towns) + 1):
            items = [f"Flood warning for {town} issued by the river authority: level two" for town in reversed(towns[:count])]  # fmt: skip
            page = replace(ARTICLE, headline="Warnings in force", body="\n\n".join(items))
            keep_watched(
                office.newsroom, page, occasion=Occasion.BASELINE if count == 1 else Occasion.NEWS
            )
            keep_watched(office.newsroom, page, occasion=Occasion.NEWS)
            office.newsroom.take_up()
            office.advance(hours=9)

        assert [one["snippet"].split()[3] for one in office.database.execute("SELECT snippet FROM matches JOIN alerts ON match_id = matches.id")] == list(towns[1:])  # fmt: skip
