"""``watch rename`` and ``source rename``, and what commands say about recipients who get no more alerts."""

import sqlite3
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config
from tests.newsroom import Newsroom, make_story
from tests.unit.cli.test_cli import Shell


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    newsroom.keep(make_story(1))
    return Shell(tmp_path, config)


def edit(shell: Shell, old: str, new: str) -> None:
    file = shell.folder / "w.toml"
    file.write_text(file.read_text().replace(old, new))


def names(database: sqlite3.Connection, table: str) -> list[str]:
    rows = database.execute(f"SELECT name FROM {table} WHERE is_active = 1 ORDER BY name")
    return [row["name"] for row in rows]


def test_a_watch_is_renamed_in_the_file_and_in_the_database(
    shell: Shell, database: sqlite3.Connection
) -> None:
    assert "Would rename drones" in shell.run("watch", "rename", "drones", "uav", "--dry-run")
    assert names(database, "watches") == ["drones"]

    printed = shell.run("watch", "rename", "drones", "uav")

    assert "Wrote uav in place of drones" in printed
    assert 'name = "uav"' in (shell.folder / "w.toml").read_text()
    assert names(database, "watches") == ["uav"]
    assert "uav" in shell.run("alert", "list")


def test_a_second_time_changes_nothing(shell: Shell, database: sqlite3.Connection) -> None:
    shell.run("watch", "rename", "drones", "uav")

    assert "uav is in force" in shell.run("watch", "rename", "drones", "uav")
    assert names(database, "watches") == ["uav"]


def test_a_watch_renamed_by_hand_is_merged_with_its_history(
    shell: Shell, database: sqlite3.Connection
) -> None:
    edit(shell, 'name = "drones"\nquery = "drone"', 'name = "uav"\nquery = "drone OR boat"')

    assert "in the database; the configuration has it already" in shell.run(
        "watch", "rename", "drones", "uav", "--dry-run"
    )
    assert "drones is now called uav" in shell.run("watch", "rename", "drones", "uav")

    row = database.execute("SELECT id, query FROM watches WHERE name = 'uav'").fetchone()
    assert tuple(row) == (1, "drone OR boat")


def test_a_source_is_renamed_and_watches_follow(shell: Shell, database: sqlite3.Connection) -> None:
    edit(shell, 'query = "drone"', 'query = "drone source:courier"\nsources = ["courier"]')

    shell.run("source", "rename", "courier", "The Courier")

    text = (shell.folder / "w.toml").read_text()
    assert 'sources = ["The Courier"]' in text
    assert names(database, "sources") == ["The Courier", "gazette"]
    assert "two fields" not in shell.run("check")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("watch", "rename", "drons", "uav"), 'no watch is called "drons"'),
        (("watch", "rename", "drones", "drones"), "already has this name"),
        (("source", "rename", "courier", "gazette"), 'there is already a source called "gazette"'),
        (("source", "rename", "x", "y"), 'no source is called "x"'),
        (("watch", "rename", "drones", ""), "fault"),
    ],
)
def test_an_impossible_rename_is_reported_and_changes_nothing(
    shell: Shell, arguments: tuple[str, ...], printed: str
) -> None:
    before = (shell.folder / "w.toml").read_text()

    assert printed in shell.run(*arguments, code=2)
    assert (shell.folder / "w.toml").read_text() == before


def test_before_the_first_visit_only_the_file_is_changed(shell: Shell) -> None:
    edit(shell, "watchword.db", "none.db")

    assert "Wrote uav" in shell.run("watch", "rename", "drones", "uav")
    assert not (shell.folder / "none.db").exists()


def test_a_dropped_message_is_shown_with_its_reason(
    shell: Shell, database: sqlite3.Connection
) -> None:
    database.execute("UPDATE deliveries SET state = 'dropped', answer = 'drones was muted'")
    database.execute("UPDATE delivery_alerts SET left_out = 'drones was muted'")

    assert "drones was muted" in shell.run("alert", "list", "--state", "dropped")
    assert "left out: drones was muted" in shell.run("alert", "show", "1")
    assert "was dropped" in shell.run("alert", "preview", "--message", "1", code=1)
    assert "nothing is pending" in shell.run("doctor", code=3)


def test_an_alert_is_sent_again_only_to_current_recipients(
    shell: Shell, database: sqlite3.Connection
) -> None:
    edit(shell, "me@example.org", "you@example.org")
    database.execute("UPDATE deliveries SET state = 'dead'")

    refused = shell.run("alert", "resend", "1", code=1)
    shell.run("alert", "resend", "1", "--to", "me@example.org")

    assert "drones does not name me@example.org any more" in refused
    assert "does not name" in shell.run("alert", "retry", "--dead", "--dry-run")
    assert "does not name" in shell.run("alert", "retry", "--dead", code=1)


def test_a_decomposed_name_is_found_kept_and_edited(
    shell: Shell, database: sqlite3.Connection
) -> None:
    mac, composed = "u\u0308ber", "\u00fcber"
    edit(shell, 'name = "drones"', f'name = "{mac}"')
    edit(shell, 'name = "courier"', f'name = "{mac}"')
    # as an earlier release stored it
    database.execute("UPDATE watches SET name = ? WHERE name = 'drones'", [mac])
    database.execute("UPDATE sources SET name = ? WHERE name = 'courier'", [mac])
    before = database.execute("SELECT id FROM watches WHERE name = ?", [mac]).fetchone()["id"]

    apply_config(database, load_config(shell.folder / "w.toml", environ={}), now=utc_now())

    for name in (mac, composed):
        assert composed in shell.run("watch", "show", name)
        assert composed in shell.run("source", "show", name)
    shell.run("watch", "edit", mac, "--query", "boat")

    row = database.execute("SELECT id FROM watches WHERE name = ?", [composed]).fetchone()
    assert 'query = "boat"' in (shell.folder / "w.toml").read_text()
    assert "Wrote uav in place of" in shell.run("watch", "rename", mac, "uav")
    assert row["id"] == before
