"""A watch finds exactly the same in the past as it finds live."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import Rules, load_rules
from crawler.flows.watch.history import count_stories, search_past
from crawler.flows.watch.key_index import complete_key_index, open_key_index
from crawler.matching.analysis import inflection
from crawler.matching.matcher import compile_watch
from crawler.model.watch import Watch
from crawler.storage.file.database import open_for_writing, to_text
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.watch.keys import (
    begin_key_index,
    count_revisions_to_index,
    count_texts_with,
    mark_complete_from,
    open_key_counts,
    save_keys,
)
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, Newsroom
from tests.texts.babel import SOURCES, Babel

WATCH_COUNT, ARTICLE_COUNT = 600, 2000
SINCE = START - timedelta(days=1)


def make_many_watches() -> list[WatchSettings]:
    babel = Babel(11)
    return [
        WatchSettings(
            name=f"w{number}",
            query=babel.make_query() + (f" AND {babel.make_label()}" if number % 10 == 0 else ""),
            title_only=number % 11 == 0,
            min_mentions=2 if number % 7 == 0 else 1,
            languages=("en", "de") if number % 13 == 0 else (),
            sources=("coast",) if number % 17 == 0 else (),
            alert="none",
        )
        for number in range(WATCH_COUNT)
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sqlite3.Connection, Rules]]:
    """Return a database of 2,000 articles that were stored with 600 watches in force.

    The tests that need it are all marked ``long``, so that one worker runs them in a row and makes it once.
    """
    config = make_config(tmp_path_factory.mktemp("archive"), watches=make_many_watches())
    connection = open_for_writing(config.store.path)
    connection.execute("PRAGMA synchronous = OFF")
    migrate(connection)
    open_key_index(connection)
    apply_config(connection, config, now=START)
    rules = load_rules(connection, config)
    room, babel = Newsroom(connection, rules), Babel(12, filler=0.7)
    for number in range(ARTICLE_COUNT):
        room.keep(babel.make_article(number), source=SOURCES[number % 2])
    yield connection, rules
    connection.close()


def list_live(connection: sqlite3.Connection, watch: Watch) -> set[int]:
    rows = connection.execute(
        "SELECT DISTINCT article_id FROM matches WHERE watch_id = ?", [watch.id]
    )
    return {row[0] for row in rows}


def list_past(connection: sqlite3.Connection, watch: Watch, config: Config) -> set[int]:
    past = search_past(connection, compile_watch(watch), config, since=SINCE)
    return {found.article_id for found in past.matches}


@pytest.mark.slow
@pytest.mark.long
def test_history_finds_the_same_as_live_for_every_watch(
    archive: tuple[sqlite3.Connection, Rules],
) -> None:
    connection, rules = archive
    watches = [rules.watch(number) for number in range(1, WATCH_COUNT + 1)]

    live = {watch.query: list_live(connection, watch) for watch in watches}
    past = {watch.query: list_past(connection, watch, rules.config) for watch in watches}

    assert connection.execute("SELECT count(*) FROM articles").fetchone()[0] >= ARTICLE_COUNT
    assert past == live
    assert sum(map(len, live.values())) > 5000, "the sample matches something"


@pytest.mark.slow
@pytest.mark.long
def test_an_index_that_is_made_again_finds_the_same(
    archive: tuple[sqlite3.Connection, Rules], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, rules = archive
    monkeypatch.setattr("crawler.flows.watch.key_index.ANALYZER_VERSION", "another")
    reported: list[tuple[int, int]] = []
    watches = [rules.watch(number) for number in range(1, 60)]

    assert open_key_index(connection), "another analysis empties the index"
    assert count_revisions_to_index(connection) >= ARTICLE_COUNT
    complete_key_index(
        connection, since=None, on_progress=lambda done, every: reported.append((done, every))
    )

    assert count_revisions_to_index(connection) == 0
    assert reported[-1][0] == reported[-1][1] >= ARTICLE_COUNT
    assert [list_past(connection, watch, rules.config) for watch in watches] == [
        list_live(connection, watch) for watch in watches
    ]
    assert not open_key_index(connection)


def test_the_version_of_the_analysis_names_what_keys_depend_on() -> None:
    assert "simplemma" in inflection.ANALYZER_VERSION
    assert "pystemmer" in inflection.ANALYZER_VERSION


def test_texts_are_indexed_as_far_back_as_requested(
    database: sqlite3.Connection, rules: Rules
) -> None:
    room = Newsroom(database, rules)
    room.keep()
    room.clock.advance(days=10)
    room.keep(
        ARTICLE.__class__(
            url="https://courier.org/b",
            headline="Throttle",
            body="A lamp was lit in the tower.",
            language="en",
        )
    )
    open_key_index(database)

    complete_key_index(database, since=START + timedelta(days=5))
    open_key_counts(database)

    assert count_revisions_to_index(database) == 1
    assert count_texts_with(database, {"lamp", "drone", "=lamp"}) == {"lamp": 1, "=lamp": 1}


def test_a_text_fetched_earlier_and_stored_later_is_not_left_out(
    database: sqlite3.Connection, rules: Rules
) -> None:
    room = Newsroom(database, rules)
    for number in range(4):
        body = f"Report {number} of the lamp in the tower, number {number * 7}."
        room.keep(replace(ARTICLE, url=f"https://courier.org/{number}", body=body))
    late = START - timedelta(seconds=1)
    database.execute("UPDATE revisions SET fetched_at = ? WHERE id IN (1, 3)", [to_text(late)])
    open_key_index(database)

    complete_key_index(database, since=START)
    complete_key_index(database, since=None)

    open_key_counts(database)
    assert count_texts_with(database, {"lamp"}) == {"lamp": 4}


@pytest.mark.parametrize(
    ("language", "body", "earlier", "query"),
    [
        ("zh", "中共總書記習近平在北京會見訪客", "=習 習 =近 近 =平 平", "习近平"),
        ("en", "Some 1,000 people crossed the quay", "=1 1 =000 000 =people", '"1000 people"'),
        ("ja", "同社のサーバーが攻撃を受けた", "=サ サ =ー ー =バ バ", "サーバ"),
    ],
)
def test_texts_whose_keys_an_earlier_analysis_made_are_found_by_the_present_one(
    database: sqlite3.Connection,
    rules: Rules,
    *,
    language: str,
    body: str,
    earlier: str,
    query: str,
) -> None:
    room = Newsroom(database, rules)
    room.keep(replace(ARTICLE, body=body, language=language))
    begin_key_index(database, "3 simplemma-1 pystemmer-3")
    save_keys(database, 1, [*earlier.split(), f"@lang:{language}"])
    mark_complete_from(database, 1)
    watch = Watch(id=1, name="w", query=query)
    assert list_past(database, watch, rules.config) == set()

    complete_key_index(database, since=None)

    assert list_past(database, watch, rules.config) == {1}


@pytest.mark.long
def test_stories_are_counted_for_several_watches_at_once(
    archive: tuple[sqlite3.Connection, Rules],
) -> None:
    connection, rules = archive
    watches = [
        compile_watch(Watch(id=1, name="a", query=query)) for query in ("drone", "drone OR depot")
    ]

    counts, is_whole = count_stories(connection, watches, rules.config, since=SINCE, most=10_000)

    each = [
        len(search_past(connection, watch, rules.config, since=SINCE).story_ids)
        for watch in watches
    ]
    assert is_whole
    assert list(counts) == each
    assert 0 < counts[0] < counts[1]


@pytest.mark.long
def test_the_number_of_texts_read_is_limited(archive: tuple[sqlite3.Connection, Rules]) -> None:
    connection, rules = archive
    watch = compile_watch(Watch(id=1, name="a", query="drone"))

    counts, is_whole = count_stories(connection, [watch], rules.config, since=SINCE, most=50)

    assert not is_whole
    assert 0 < counts[0] <= 50


@pytest.mark.parametrize("name", ["nobody", 'UN "News" (world)', "caf\u00e9 \u65e0"])
def test_a_query_can_name_a_source_of_any_name(tmp_path: Path, name: str) -> None:
    config = make_config(tmp_path)
    connection = open_for_writing(config.store.path)
    migrate(connection)
    open_key_index(connection)
    apply_config(connection, config, now=START)
    query = f'source:"{name}"'.replace('"News"', "News") if '"' in name else f'source:"{name}"'

    past = search_past(
        connection, compile_watch(Watch(id=1, name="a", query=query)), config, since=SINCE
    )

    assert past.matches == ()
    connection.close()


def test_texts_with_keys_of_an_earlier_release_are_found_by_the_forms_of_this_one(
    database: sqlite3.Connection, rules: Rules
) -> None:
    article = replace(
        ARTICLE, headline="Sastanak", body="Pismo Plenkoviću i Izetbegoviću.", language="bs"
    )
    Newsroom(database, rules).keep(article)
    watch = Watch(id=9, name="w", query="Plenković Izetbegović")
    begin_key_index(database, "3 simplemma-2.0.0 pystemmer-3.1.0")

    assert not list_past(database, watch, rules.config)
    open_key_index(database)
    complete_key_index(database, since=None)

    assert len(list_past(database, watch, rules.config)) == 1
