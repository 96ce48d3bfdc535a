"""A renamed watch or source keeps its state, whether the rename is recognised or commanded."""

import asyncio
import logging
import sqlite3
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.errors import RequestRefused
from crawler.flows.mail.requests import apply_request
from crawler.flows.process.configure import apply_config, apply_config_in_slices
from crawler.flows.process.names.rename_decisions import Known, follow_renames, pair_names
from crawler.flows.process.rules import load_rules
from crawler.flows.process.writer import Writer
from crawler.flows.watch.merging import move_merged
from crawler.model.request import Request, RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, list_mutes, save_mute
from crawler.storage.process.renames import find_present_name
from crawler.storage.watch.watches import find_watch
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import Newsroom, make_story

COURIER = {"name": "courier", "url": "http://courier.example/rss", "tags": ("coast",)}


class Office:
    """A database on which configurations follow each other."""

    def __init__(self, database: sqlite3.Connection, config: Config) -> None:
        self.database, self.config = database, config
        self.folder = config.store.path.parent

    def put(
        self, *watches: dict[str, Any], sources: list[dict[str, Any]] | None = None, restarted: bool = False
    ) -> Config:  # fmt: skip
        """Put a configuration into force; ``restarted``: the one before is unknown."""
        changed = make_config(
            self.folder,
            sources=[SourceSettings(**one) for one in sources or [COURIER]],
            watches=[WatchSettings(**{"query": "drone", **watch}) for watch in watches],
        )
        before = None if restarted else self.config
        apply_config(self.database, changed, before=before, now=START)
        self.config = changed
        return changed

    def ids(self, table: str = "watches") -> dict[str, int]:
        """Return the ids of the active rows, by name."""
        rows = self.database.execute(f"SELECT id, name FROM {table} WHERE is_active = 1")
        return {row["name"]: row["id"] for row in rows}

    def ask(self, kind: RequestKind, old: str, new: str) -> str:
        request = Request(id=1, kind=kind, arguments={"old": old, "new": new})
        with transaction(self.database):
            return apply_request(self.database, request, self.config, now=START)

    def newsroom(self) -> Newsroom:
        return Newsroom(self.database, load_rules(self.database, self.config))


@pytest.fixture
def office(database: sqlite3.Connection, config: Config) -> Office:
    return Office(database, config)


def known(name: str, identity: str, row_id: int | None = None) -> Known:
    return Known(id=row_id, name=name, identity=identity, likeness=identity[:1])


@pytest.mark.parametrize(
    ("left", "came", "names", "doubts"),
    [
        ([("a", "x")], [("b", "x")], {1: "b"}, 0),
        ([("a", "x"), ("b", "y")], [("c", "y"), ("d", "x")], {1: "d", 2: "c"}, 0),
        ([("a", "x"), ("b", "x")], [("c", "x")], {}, 2),
        ([("a", "x")], [("c", "x"), ("d", "x")], {}, 2),
        ([("a", "x1")], [("b", "x2")], {}, 1),
        ([("a", "x1"), ("b", "y1")], [("c", "x2"), ("d", "z")], {}, 1),
        ([("a", "x")], [], {}, 0),
        ([], [("b", "x")], {}, 0),
    ],
)
def test_a_rename_is_recognised_only_if_exactly_one_was_removed_and_one_added(
    left: list[tuple[str, str]], came: list[tuple[str, str]], names: dict[int, str], doubts: int
) -> None:
    gone = [known(*one, number) for number, one in enumerate(left, 1)]

    pairing = pair_names(gone, [known(*one) for one in came])

    assert pairing.names == names
    assert len(pairing.doubts) == doubts


@pytest.mark.parametrize(
    ("renames", "wanted", "chosen"),
    [
        ({"a": "b"}, {"b"}, {"a": "b"}),
        ({"a": "b"}, {"a"}, {}),
        ({"a": "b"}, {"a", "b"}, {}),
        ({"a": "b", "b": "c"}, {"b", "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "a"}, {"a", "b"}, {"a": "b", "b": "a"}),
        ({"a": "b", "b": "c"}, {"b"}, {"a": "b"}),
    ],
)
def test_a_requested_rename_waits_until_the_configuration_has_it(
    renames: dict[str, str], wanted: set[str], chosen: dict[str, str]
) -> None:
    assert follow_renames(renames, frozenset(wanted)) == chosen


@pytest.mark.parametrize("restarted", [False, True])
def test_a_watch_with_another_name_keeps_its_number_and_its_mutes(
    office: Office, restarted: bool
) -> None:
    before = office.ids()
    save_mute(office.database, Mute(watch_id=1, recipient="me@example.org"), now=START)

    office.put({"name": "uav", "to": ("me@example.org",)}, restarted=restarted)

    assert office.ids() == {"uav": before["drones"]}
    assert len(list_mutes(office.database, now=START, watch="uav")) == 1
    row = find_watch(office.database, "uav")
    assert row is not None
    assert (row["changed_at"], row["thread_name"]) == (None, "drones")


def test_a_copy_of_an_alerted_story_causes_no_alert_under_the_new_name(office: Office) -> None:
    newsroom = office.newsroom()
    newsroom.keep(make_story(1))
    office.put(
        {"name": "uav", "to": ("me@example.org",)},
        sources=[COURIER, {"name": "gazette", "url": "http://gazette.example/rss"}],
    )
    newsroom.rules = load_rules(office.database, office.config)

    newsroom.keep(make_story(1), source="gazette")

    assert newsroom.count("alerts") == 1


def test_a_name_there_and_back_changes_nothing(office: Office) -> None:
    to = {"to": ("me@example.org",)}
    office.put({"name": "uav", **to})
    office.put({"name": "drones", **to})

    assert office.ids() == {"drones": 1}
    assert office.database.execute("SELECT count(*) FROM watches").fetchone()[0] == 1


def test_the_feed_of_a_watch_is_found_by_its_first_name_until_another_watch_has_it(
    office: Office,
) -> None:
    to = {"to": ("me@example.org",)}
    office.put({"name": "uav", **to})
    first = find_present_name(office.database, "drones")

    office.put({"name": "uav", **to}, {"name": "drones", "query": "boat", **to})

    assert (first, find_present_name(office.database, "drones")) == ("uav", "drones")
    assert find_present_name(office.database, "nothing") is None


def test_an_earlier_watch_of_the_new_name_is_renamed_and_keeps_its_mutes(office: Office) -> None:
    to = {"to": ("me@example.org",)}
    office.put({"name": "drones", **to}, {"name": "uav", "query": "boat", **to})
    earlier = office.ids()["uav"]
    save_mute(office.database, Mute(watch_id=earlier, recipient="me@example.org"), now=START)
    office.put({"name": "drones", **to})

    office.put({"name": "uav", **to})

    assert office.ids() == {"uav": 1}
    assert list_mutes(office.database, now=START, watch="uav") == ()
    assert find_watch(office.database, f"uav (earlier {earlier})") is not None


@pytest.mark.parametrize(
    "came",
    [
        {"name": "uav", "query": "boat", "to": ("me@example.org",)},
        {"name": "uav", "title_only": True, "to": ("me@example.org",)},
        {"name": "uav", "to": ("you@example.org",)},
    ],
)
def test_a_watch_that_changed_with_its_name_is_not_guessed_and_the_command_is_named(
    office: Office, came: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    office.put(came)

    assert office.ids() == {"uav": 2}
    assert "watchword watch rename drones uav" in caplog.text


def test_names_that_were_swapped_are_not_guessed_and_reported(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.put({"name": "drones"}, {"name": "boats", "query": "boat"})
    before = office.ids()
    caplog.set_level(logging.WARNING)

    office.put({"name": "boats"}, {"name": "drones", "query": "boat"})

    assert office.ids() == before
    assert caplog.text.count("each name keeps its history") == 2


def test_a_requested_rename_is_made_once_the_configuration_has_it(office: Office) -> None:
    office.ask(RequestKind.RENAME_WATCH, "drones", "uav")
    assert office.ids() == {"drones": 1}

    office.put({"name": "uav", "query": "boat"})

    assert office.ids() == {"uav": 1}


def test_watches_renamed_by_hand_are_merged_and_both_histories_are_kept(
    office: Office,
) -> None:
    newsroom = office.newsroom()
    newsroom.keep(make_story(1))
    office.put({"name": "uav", "query": "drone OR boat", "to": ("me@example.org",)})
    newsroom.rules = load_rules(office.database, office.config)
    newsroom.keep(make_story(2))
    save_mute(office.database, Mute(watch_id=2, recipient="me@example.org"), now=START)

    for _ in range(2):
        office.ask(RequestKind.RENAME_WATCH, "drones", "uav")
        move_merged(office.database)

    assert office.ids() == {"uav": 1}
    rows = office.database.execute("SELECT watch_id, count(*) FROM alerts GROUP BY watch_id")
    assert [tuple(row) for row in rows] == [(1, 2)]
    assert len(list_mutes(office.database, now=START, watch="uav")) == 1


def test_a_rename_is_refused_unless_exactly_one_of_its_names_is_configured(office: Office) -> None:
    office.put({"name": "uav", "query": "boat"}, {"name": "drones"})

    with pytest.raises(RequestRefused, match="both"):
        office.ask(RequestKind.RENAME_WATCH, "drones", "uav")
    with pytest.raises(RequestRefused, match="neither"):
        office.ask(RequestKind.RENAME_WATCH, "a", "b")


def test_a_digest_that_is_being_gathered_continues_under_the_new_name(office: Office) -> None:
    facts = {"alert": "digest", "digest": "17:00", "to": ("me@example.org",)}
    office.put({"name": "drones", **facts})
    newsroom = office.newsroom()
    newsroom.keep(make_story(1))
    office.put({"name": "uav", **facts})
    newsroom.rules = load_rules(office.database, office.config)

    newsroom.keep(make_story(2))

    rows = office.database.execute("SELECT series FROM deliveries").fetchall()
    assert [row["series"] for row in rows] == ["watch uav"]


@pytest.mark.parametrize(
    "url",
    [
        "http://courier.example/rss",
        "https://courier.example/rss",
        "https://courier.example/rss/",
    ],
)
def test_a_source_with_another_name_and_the_same_address_is_the_same(
    office: Office, url: str
) -> None:
    before = office.ids("sources")["courier"]
    office.database.execute("UPDATE sources SET visited_at = '2026-01-01T00:00:00.000Z'")

    office.put({"name": "drones"}, sources=[{**COURIER, "name": "herald", "url": url}])

    assert office.ids("sources") == {"herald": before}
    row = office.database.execute(
        "SELECT visited_at FROM sources WHERE id = ?", [before]
    ).fetchone()
    assert row["visited_at"] is not None


@pytest.mark.parametrize(
    "change",
    [{"url": "http://herald.example/rss"}, {"kind": "feed"}],
)
def test_a_source_with_another_address_or_kind_is_another(
    office: Office, change: dict[str, Any]
) -> None:
    before = office.ids("sources")["courier"]

    office.put({"name": "drones"}, sources=[{**COURIER, "name": "herald", **change}])

    assert office.ids("sources")["herald"] != before


def test_a_source_that_was_paused_or_removed_earlier_is_recognised_by_its_address(
    office: Office,
) -> None:
    office.put({"name": "drones"}, sources=[{**COURIER, "paused": True}])

    office.put({"name": "drones"}, sources=[{**COURIER, "name": "herald"}])

    assert office.ids("sources") == {"herald": 1}


def test_a_watch_that_follows_its_source_to_a_new_name_has_not_changed(office: Office) -> None:
    facts = {"name": "drones", "to": ("me@example.org",)}
    office.put({**facts, "query": "drone source:courier", "sources": ("courier",)})
    office.database.execute("UPDATE watches SET changed_at = NULL, earlier_settings = NULL")

    office.put(
        {**facts, "query": 'drone source:"herald"', "sources": ("herald",)},
        sources=[{**COURIER, "name": "herald"}],
    )

    row = find_watch(office.database, "drones")
    assert row is not None
    assert (row["changed_at"], row["sources"]) == (None, '["herald"]')


def test_watch_and_source_may_change_their_names_together(office: Office) -> None:
    office.put({"name": "drones", "sources": ("courier",)})

    office.put({"name": "uav", "sources": ("herald",)}, sources=[{**COURIER, "name": "herald"}])

    assert office.ids() == {"uav": 1}


def test_many_names_change_at_once_in_any_number_of_parts(office: Office) -> None:
    count = 600
    office.put(*({"name": f"a{n}", "query": f"word{n}"} for n in range(count)))
    before = office.ids()
    changed = make_config(
        office.folder,
        watches=[WatchSettings(name=f"b{n}", query=f"word{n}") for n in reversed(range(count))],
    )
    writer = Writer(office.config.store.path)

    asyncio.run(apply_config_in_slices(writer, changed, before=office.config, now=START))
    writer.close()

    assert office.ids() == {f"b{n}": before[f"a{n}"] for n in range(count)}


def test_a_source_renamed_by_command_is_read_back_to_its_last_visit(
    office: Office,
) -> None:
    office.database.execute("UPDATE sources SET last_success_at = '2026-11-20T00:00:00.000Z'")
    office.put({"name": "drones"}, sources=[{**COURIER, "name": "herald", "kind": "feed"}])

    office.ask(RequestKind.RENAME_SOURCE, "courier", "herald")

    row = office.database.execute("SELECT * FROM sources WHERE name = 'herald'").fetchone()
    assert (row["id"], row["kind"], row["is_active"]) == (1, "feed", 1)
    assert row["backfill_from"] == "2026-11-19T23:00:00.000Z"
