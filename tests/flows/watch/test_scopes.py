"""An article belongs to every source that announced it: alerts for the second one, and the same answer for the past."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.news.ingest import keep_article
from crawler.flows.news.judging.walls import withdraw_article
from crawler.flows.news.pages.unread_pages import fail_page, refuse_page
from crawler.flows.process.configure import apply_config
from crawler.flows.process.notebook import Refusal
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.flows.process.rules import load_rules
from crawler.flows.watch.history import search_past
from crawler.flows.watch.key_index import complete_key_index
from crawler.flows.watch.merging import move_merged
from crawler.matching.matcher import compile_watch
from crawler.model.article import Occasion, Page
from crawler.model.source import EndpointKind, PageSettings
from crawler.model.visit import PageFailure, PageOutcome
from crawler.storage.crawl.endpoints import save_endpoint
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.mail.mutes import Mute, save_mute
from crawler.storage.news.article_sources import list_announcers
from crawler.storage.process.renames import merge_row
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story

SOURCES = [
    SourceSettings(name="main", url="http://main.example/rss", tags=("any",)),
    SourceSettings(name="World CrawlServices", url="http://world.example/rss", tags=("foreign",)),
    SourceSettings(name="coast", url="http://coast.example/rss"),
]
WATCHES: dict[str, dict[str, Any]] = {
    "every": {},
    "by-name": {"sources": ("World CrawlServices",)},
    "by-tag": {"sources": ("foreign",)},
    "in-query": {"query": 'drone source:"World CrawlServices"'},
    "but-not": {"query": 'drone -source:"World CrawlServices"'},
    "either": {"query": 'submarine OR (drone AND (source:coast OR source:"World CrawlServices"))'},
    "of-source": {"query": 'source:"World CrawlServices"'},
    "other": {"sources": ("coast",)},
}


def open_room(folder: Path, **watches: dict[str, Any]) -> tuple[Newsroom, Config]:
    settings = [
        WatchSettings(**{"name": name, "query": "drone", "to": (f"{name}@example.org",), **facts})
        for name, facts in (watches or WATCHES).items()
    ]
    config = make_config(folder, sources=SOURCES, watches=settings)
    connection = open_for_writing(config.store.path)
    connection.execute("PRAGMA synchronous = OFF")
    migrate(connection)
    apply_config(connection, config, now=START)
    return Newsroom(connection, load_rules(connection, config)), config


@pytest.fixture
def room(tmp_path: Path) -> Any:
    opened, _ = open_room(tmp_path)
    yield opened
    opened.database.close()


def alerted(room: Newsroom) -> list[tuple[str, str]]:
    """Return who was told what, in order."""
    rows = room.database.execute(
        """SELECT recipient, kind FROM outbox JOIN alerts ON alerts.id = alert_id ORDER BY outbox.id"""
    )
    return [(row["recipient"].split("@")[0], row["kind"]) for row in rows]


FIRST = [("every", "new"), ("but-not", "new")]
SECOND = [(name, "new") for name in ("by-name", "by-tag", "in-query", "either", "of-source")]


def test_a_watch_gets_an_alert_when_its_source_lists_an_article_another_had_first(
    room: Newsroom,
) -> None:
    room.keep(source="main")
    assert alerted(room) == FIRST

    assert room.keep(source="World CrawlServices") is PageOutcome.SEEN
    assert alerted(room) == FIRST + SECOND
    assert room.count("matches") == 7

    room.keep(source="World CrawlServices")
    room.keep(source="main")
    assert alerted(room) == FIRST + SECOND

    room.keep(source="coast")
    assert alerted(room) == [*FIRST, *SECOND, ("other", "new")]


def test_a_second_source_may_bring_another_text(room: Newsroom) -> None:
    room.keep(source="main")
    room.keep(replace(ARTICLE, body=f"{BODY}\n\nIt was cold."), source="World CrawlServices")

    assert alerted(room) == FIRST + SECOND


def test_a_first_visit_without_look_back_causes_no_alert(room: Newsroom) -> None:
    room.keep(source="main")
    visit = room.visits["World CrawlServices"]
    settings = room.rules.config.source_named("World CrawlServices")
    assert settings is not None
    keep_article(
        room.database,
        replace(
            room.page(visit, ARTICLE.url),
            settings=PageSettings(is_watched=True),
            occasion=Occasion.BASELINE,
        ),
        sign_article(ARTICLE),
        source=get_source(room.database, visit.source_id, settings, password=""),
        rules=room.rules,
        now=room.clock(),
    )

    assert alerted(room) == FIRST
    room.keep(replace(ARTICLE, body=f"{BODY}\n\nIt was cold."), source="World CrawlServices")
    assert alerted(room) == FIRST, "the words stood there at the first look"


@pytest.mark.parametrize("way", ["refused", "failed", "words"])
def test_an_unreadable_page_at_the_second_source_causes_an_alert(room: Newsroom, way: str) -> None:
    room.keep(source="main")
    words = replace(ARTICLE, from_feed="the page could not be read: HTTP 403")
    unread = room.unread(source="World CrawlServices", words=words if way == "words" else None)
    if way == "refused":
        refuse_page(room.database, unread, Refusal("a wall"), rules=room.rules, now=room.clock())
    else:
        gone = PageFailure(reason="HTTP 403", is_final=True)
        visit = room.visits["World CrawlServices"]
        fail_page(room.database, visit, unread, gone, rules=room.rules, now=room.clock())

    assert alerted(room) == FIRST + SECOND


def test_a_page_that_may_come_within_minutes_is_waited_for(room: Newsroom) -> None:
    room.keep(source="main")
    visit, soft = room.visits["World CrawlServices"], PageFailure(reason="HTTP 500")
    for minutes in (0, 2, 4):
        room.clock.advance(minutes=minutes)
        assert alerted(room) == FIRST
        unread = room.unread(source="World CrawlServices")
        fail_page(room.database, visit, unread, soft, rules=room.rules, now=room.clock())

    assert alerted(room) == FIRST + SECOND


def test_another_address_with_the_same_canonical_one_is_the_same_article(room: Newsroom) -> None:
    room.keep(source="main")
    visit = room.visits["World CrawlServices"]
    settings = room.rules.config.source_named("World CrawlServices")
    assert settings is not None
    page: Page = room.page(visit, "https://courier.org/world/a-17")
    keep_article(
        room.database,
        page,
        sign_article(ARTICLE),
        source=get_source(room.database, visit.source_id, settings, password=""),
        rules=room.rules,
        now=room.clock(),
    )

    assert alerted(room) == FIRST + SECOND


def test_the_text_of_a_feed_and_then_the_page_from_another_source_are_one_article(
    room: Newsroom,
) -> None:
    words = replace(ARTICLE, from_feed="the page could not be read: HTTP 403")
    final = PageFailure(reason="HTTP 403", is_final=True)
    unread, visit = (
        room.unread(source="World CrawlServices", words=words),
        room.visits["World CrawlServices"],
    )
    endpoint = save_endpoint(
        room.database, visit, EndpointKind.FEED, "http://world.example/rss", origin="stated"
    )
    room.database.execute("UPDATE entries SET endpoint_id = ?", [endpoint.id])
    fail_page(room.database, visit, unread, final, rules=room.rules, now=room.clock())
    first = alerted(room)
    room.keep(source="main")
    room.keep(source="coast")

    assert {name for name, _ in first} == {"every", *(name for name, _ in SECOND)}
    assert alerted(room) == [*first, ("other", "new")]


@pytest.mark.parametrize("ending", ["", " It was cold."])
def test_the_text_of_a_feed_causes_one_alert_where_its_page_is_known(
    room: Newsroom, ending: str
) -> None:
    room.keep(source="main")
    url = "https://courier.org/world/a-17"
    words = replace(ARTICLE, url=url, body="Drones over the quay, and a pilot who saw them.", from_feed="HTTP 403")  # fmt: skip
    final = PageFailure(reason="HTTP 403", is_final=True)
    unread, visit = (
        room.unread(url, source="World CrawlServices", words=words),
        room.visits["World CrawlServices"],
    )
    endpoint = save_endpoint(
        room.database, visit, EndpointKind.FEED, "http://world.example/rss", origin="stated"
    )
    room.database.execute("UPDATE entries SET endpoint_id = ?", [endpoint.id])
    fail_page(room.database, visit, unread, final, rules=room.rules, now=room.clock())
    first = alerted(room)
    settings = room.rules.config.source_named("World CrawlServices")
    assert settings is not None
    keep_article(
        room.database,
        room.page(visit, url),
        sign_article(replace(ARTICLE, body=BODY + ending)),
        source=get_source(room.database, visit.source_id, settings, password=""),
        rules=room.rules,
        now=room.clock(),
    )

    assert ("by-name", "new") in first
    assert alerted(room) == first
    assert room.count("articles") == 2
    assert {row[0] for row in room.database.execute("SELECT story_id FROM articles")} == {1}


def test_a_mute_of_a_source_applies_to_what_that_source_announces(room: Newsroom) -> None:
    with transaction(room.database):
        save_mute(room.database, Mute(watch_id=2, source_id=2), now=room.clock())
    room.keep(source="main")
    room.keep(source="World CrawlServices")

    assert "by-name" not in dict(alerted(room))
    assert "by-tag" in dict(alerted(room))


def test_a_tag_added_later_causes_no_alert_by_itself(tmp_path: Path) -> None:
    room, config = open_room(tmp_path)
    room.keep(source="main")
    tagged = [SOURCES[0].model_copy(update={"tags": ("any", "foreign")}), *SOURCES[1:]]
    changed = config.model_copy(update={"sources": tuple(tagged)})
    apply_config(room.database, changed, now=START)
    room.rules = load_rules(room.database, changed)
    room.keep(source="main")
    room.keep(replace(ARTICLE, body=f"{BODY}\n\nIt was cold."), source="main")
    room.keep(source="coast")

    assert alerted(room) == [*FIRST, ("either", "new"), ("other", "new")]
    room.database.close()


def test_a_retracted_article_leaves_nothing_behind(room: Newsroom) -> None:
    room.keep(source="main")
    room.database.execute("DELETE FROM outbox")
    room.database.execute("DELETE FROM delivery_alerts")
    with transaction(room.database):
        withdraw_article(room.database, 1, "a wall", now=room.clock())

    assert room.count("article_sources") in {0, 1}
    assert room.database.execute("PRAGMA foreign_key_check").fetchall() == []


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([source.name for source in SOURCES]), st.integers(0, 2), st.integers(0, 3)
    ),
    min_size=1,
    max_size=12,
)
ENDINGS = (
    "",
    " It was cold.",
    " A submarine came up.",
    " Nobody was there to see it go down again.",
)


@given(steps=STEPS)
def test_history_finds_the_same_as_live_whichever_source_announces_what_and_when(
    steps: list[Step],
) -> None:
    """Several sources announce a few articles in turn, each time with one of several texts."""
    with TemporaryDirectory() as folder:
        room, config = open_room(Path(folder))
        with closing(room.database):
            for source, number, ending in steps:
                one = make_story(number)
                room.keep(replace(one, body=one.body + ENDINGS[ending]), source=source)
            complete_key_index(room.database, since=None)

            for name, watch_id in list_ids(room.database):
                watch = room.rules.watch(watch_id)
                past = search_past(
                    room.database, compile_watch(watch), config, since=START - timedelta(days=1)
                )
                assert {found.article_id for found in past.matches} == list_live(
                    room.database, watch_id
                ), name


def list_ids(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    return [(row["name"], row["id"]) for row in connection.execute("SELECT * FROM watches")]


def list_live(connection: sqlite3.Connection, watch_id: int) -> set[int]:
    rows = connection.execute("SELECT article_id FROM matches WHERE watch_id = ?", [watch_id])
    return {row["article_id"] for row in rows}


def rename_world(room: Newsroom, *, are_rules_new: bool) -> None:
    """Rename a source in the configuration while its visit is under way."""
    sources = [
        one.model_copy(update={"name": "The World", "tags": ("abroad",)})
        if one.name == "World CrawlServices"
        else one
        for one in SOURCES
    ]
    facts: dict[str, dict[str, Any]] = {
        "by-name": {"sources": ("The World",)},
        "by-tag": {"sources": ("abroad",)},
        "in-query": {"query": 'drone source:"The World"'},
        "other": {"sources": ("coast",)},
    }
    watches = [
        WatchSettings(**{"name": name, "query": "drone", "to": (f"{name}@example.org",), **one})
        for name, one in facts.items()
    ]
    folder = room.rules.config.store.path.parent
    config = make_config(folder, sources=sources, watches=watches)
    apply_config(room.database, config, before=room.rules.config, now=START)
    if are_rules_new:
        room.rules = load_rules(room.database, config)


def keep_as_it_began(room: Newsroom, source: Any) -> None:
    keep_article(
        room.database,
        room.page(room.visits["World CrawlServices"], ARTICLE.url),
        sign_article(ARTICLE),
        source=source,
        rules=room.rules,
        now=room.clock(),
    )


@pytest.mark.parametrize(
    ("are_rules_new", "names"),
    [
        (True, ["by-name", "by-tag", "in-query"]),
        (False, ["every", "by-name", "by-tag", "in-query", "either", "of-source"]),
    ],
)
def test_a_page_fetched_while_its_source_is_renamed_has_the_name_its_rules_know(
    room: Newsroom, are_rules_new: bool, names: list[str]
) -> None:
    settings = room.rules.config.source_named("World CrawlServices")
    assert settings is not None
    source = get_source(
        room.database, room.visits["World CrawlServices"].source_id, settings, password=""
    )

    rename_world(room, are_rules_new=are_rules_new)
    keep_as_it_began(room, source)

    assert [name for name, _ in alerted(room)] == names


def test_entries_of_a_merged_source_belong_to_the_one_it_became(room: Newsroom) -> None:
    room.keep(source="main")
    room.keep(source="World CrawlServices")
    ids = {name: visit.source_id for name, visit in room.visits.items()}
    with transaction(room.database):
        merge_row(room.database, "sources", ids["World CrawlServices"], ids["coast"])
    move_merged(room.database)

    article_id = room.database.execute("SELECT id FROM articles").fetchone()[0]
    assert [one.source for one in list_announcers(room.database, article_id)] == ["main", "coast"]
