"""``watchword watch``, on a real configuration and a real database."""

import json
import sqlite3
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import click
import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.flows.process.configure import apply_config
from crawler.flows.watch.key_index import complete_key_index, is_key_index_complete
from crawler.model.article import Article
from crawler.storage.file.database import transaction
from crawler.storage.file.instance_lock import InstanceLock
from tests.fakes import START
from tests.newsroom import Newsroom
from tests.storage.open_databases import none_left_open
from tests.unit.cli.test_cli import ROOT, Shell
from watchword.cli.terminal.context import Context
from watchword.cli.watch.watch_past import open_indexed

TEXTS = (
    (
        "courier",
        "Quay crossed",
        "Two drones crossed the quay at dawn, said the pilot of the ferry.",
    ),
    ("gazette", "Race won", "Hillford won the drone racing final by four tenths of a second."),
    ("courier", "Depot burns", "The oil depot near the border burned all night long."),
    ("gazette", "Markets", "Drohnenangriff is a long word that markets had to learn this week."),
)
WATCHES = """
[[synonyms]]
name = "uav"
words = ["drone", "UAV"]
# a comment that stays
[[watch]]
name = "racing"
query = "racing"   # and one here
"""


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    for number, (source, headline, body) in enumerate(TEXTS):
        url = f"https://{source}.org/{number}"
        article = Article(url=url, headline=headline, body=body, language="en")
        newsroom.keep(article, source=source)
    made = Shell(tmp_path, config)
    with (tmp_path / "w.toml").open("a") as file:
        file.write(WATCHES)
    # the newsroom's clock stands still, at a time in the past
    newsroom.database.execute("UPDATE revisions SET fetched_at = strftime('%Y-%m-%dT%H:%M:%fZ')")
    newsroom.database.execute("UPDATE articles SET first_seen_at = strftime('%Y-%m-%dT%H:%M:%fZ')")
    return made


def read(shell: Shell) -> str:
    return (shell.folder / "w.toml").read_text()


def test_a_query_is_tried_on_what_is_stored(shell: Shell) -> None:
    facts = json.loads(shell.run("watch", "test", "drone -racing", "--json"))

    assert (facts["articles"], facts["matched"], facts["stories"]) == (4, 1, 1)
    assert facts["sources"] == {"courier": {"articles": 1, "stories": 1}}
    assert facts["mails_a_week"] == 1.0
    assert sum(facts["weeks"].values()) == 1
    assert facts["clauses"] == [{"clause": "NOT racing", "stories": -1, "is_offer": False}]
    sample = facts["samples"][0]
    (start, end), *_ = sample["marks"]
    assert sample["snippet"][start:end] == "drones"


def test_the_report_is_written_for_a_person(shell: Shell) -> None:
    text = shell.run("watch", "test", "drone OR ferry")

    assert (
        "2 of 4 articles of the last 90d, in 2 stories: about 2.0 mails a week (0.3 a day)." in text
    )
    assert "Two *drones* crossed the quay" in text
    assert "ferry" in text
    assert "changes nothing" in text


def test_matches_are_printed_before_anything_is_counted(shell: Shell) -> None:
    lines = shell.run("watch", "test", "drone OR ferry", "--exact").splitlines()

    matches = [place for place, line in enumerate(lines) if "(article " in line]
    counts = [place for place, line in enumerate(lines) if "2 of 4 articles" in line]
    assert lines[0] == "drone OR ferry"
    assert len(matches) == 2
    assert max(matches) < min(counts)


def test_what_was_counted_exactly_is_said(shell: Shell) -> None:
    facts = json.loads(shell.run("watch", "test", "drone -racing", "--json"))

    assert facts["is_exact"]
    assert facts["between"] == {"articles": [1, 1], "stories": [1, 1]}
    assert facts["texts"]["looked_at"] == facts["texts"]["with_its_words"] >= 1


def test_terms_that_would_find_more_are_offered(shell: Shell) -> None:
    facts = json.loads(shell.run("watch", "test", 'Drohne OR "oil depots"', "--json"))

    assert facts["matched"] == 0
    assert [one for one in facts["clauses"] if one["is_offer"]] == [
        {"clause": "Drohne*", "stories": 1, "is_offer": True},
        {"clause": "oil ONEAR/0 depots", "stories": 1, "is_offer": True},
    ]


def forget_index(database: sqlite3.Connection) -> None:
    """Leave the key index as an earlier release made it."""
    database.execute("INSERT INTO revision_keys (revision_keys) VALUES ('delete-all')")
    database.execute("UPDATE key_index SET analyzer_version = 'an earlier one'")


def test_texts_that_are_not_indexed_yet_are_indexed_where_no_daemon_runs(
    shell: Shell, database: sqlite3.Connection
) -> None:
    forget_index(database)

    facts = json.loads(shell.run("watch", "test", "drone", "--json"))

    assert facts["matched"] == 2
    assert is_key_index_complete(database, since=START)


def test_texts_that_a_daemon_is_indexing_are_waited_for(
    shell: Shell, database: sqlite3.Connection, config: Config
) -> None:
    forget_index(database)
    command = [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml")]

    with InstanceLock(config.store.path):
        with transaction(database):  # nobody else can write anything
            asked = subprocess.Popen(
                [*command, "watch", "test", "drone", "--json"],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert asked.stderr is not None
            printed = asked.stderr.readline()
        complete_key_index(database, since=None)
        out, _ = asked.communicate(timeout=60)

    assert "The daemon is still indexing 4 older texts" in printed
    assert json.loads(out)["matched"] == 2


def test_a_look_back_that_fails_leaves_no_database_open(
    shell: Shell, database: sqlite3.Connection
) -> None:
    database.execute("DROP TABLE key_index")

    with none_left_open(), pytest.raises(click.ClickException, match="key_index") as kept:
        open_indexed(Context(str(shell.folder / "w.toml")), timedelta(days=1))
    assert kept.value.__cause__ is not None


@pytest.mark.parametrize(
    ("options", "matched"),
    [
        ((), 2),
        (("--source", "coast"), 1),
        (("--source", "gazette"), 1),
        (("--language", "de"), 0),
        (("--title-only",), 0),
        (("--min-mentions", "2"), 0),
        (("--since", "1h"), 2),
    ],
)
def test_settings_limit_what_is_found(shell: Shell, options: tuple[str, ...], matched: int) -> None:
    assert json.loads(shell.run("watch", "test", "drone", *options, "--json"))["matched"] == matched


def test_synonyms_of_a_set_find_each_other(shell: Shell) -> None:
    assert json.loads(shell.run("watch", "test", "UAV", "--json"))["matched"] == 0
    found = json.loads(shell.run("watch", "test", "UAV", "--synonyms", "uav", "--json"))
    assert found["matched"] == 2


def test_a_watch_is_added_changed_muted_and_removed_and_comments_stay(shell: Shell) -> None:
    added = shell.run("watch", "add", "ferries", "ferry", "--to", "a@example.org", "--alert", "digest", "--digest", "mon 07:00")  # fmt: skip
    assert "It would have matched 1 of 4 articles of the last 90d, in 1 story." in added
    changed = shell.run("watch", "edit", "ferries", "--query", "ferry OR depot", "--title-only")
    assert "+1 -1 articles" in changed
    shell.run("watch", "edit", "ferries", "--unset", "title_only")
    muted = shell.run("watch", "mute", "ferries", "--until", "2099-01-01")
    assert "ferries is muted until 1 Jan 2099." in muted
    assert "now, muted" not in shell.run("watch", "list")
    assert "digest, muted" in shell.run("watch", "list")

    watch = tomllib.loads(read(shell))["watch"][-1]

    assert watch["query"] == "ferry OR depot"
    assert str(watch["mute_until"]) == "2099-01-01"
    assert "title_only" not in watch
    assert watch["to"] == ["a@example.org"]
    assert "# a comment that stays" in read(shell)
    assert "# and one here" in read(shell)
    shell.run("watch", "unmute", "ferries")
    shell.run("watch", "remove", "ferries")
    assert [one["name"] for one in tomllib.loads(read(shell))["watch"]] == ["drones", "racing"]


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    before = read(shell)

    shell.run("watch", "add", "x", "ferry", "--dry-run")
    shell.run("watch", "edit", "racing", "--query", "race", "--dry-run")
    shell.run("watch", "remove", "racing", "--dry-run")

    assert read(shell) == before


def test_a_change_is_told_by_what_it_gains_and_loses(shell: Shell, newsroom: Newsroom) -> None:
    output = shell.run("watch", "diff", "drones", "drone -racing")
    assert "+0 -1 articles" in output
    assert "Race won" in output
    assert "no earlier version" in shell.run("watch", "diff", "drones", code=1)

    shell.run("watch", "edit", "drones", "--query", "drone OR depot")
    before_it_is_taken_up = json.loads(shell.run("watch", "diff", "drones", "--json"))
    config = load_config(shell.folder / "w.toml", environ={})
    apply_config(newsroom.database, config, now=START)
    after = json.loads(shell.run("watch", "diff", "drones", "--json"))

    assert before_it_is_taken_up == after
    assert [one["headline"] for one in after["gained"]] == ["Depot burns"]
    assert after["lost"] == []


def test_the_table_of_watches_names_no_recipient(newsroom: Newsroom) -> None:
    rows = newsroom.database.execute("SELECT settings FROM watches").fetchall()

    assert rows
    assert not any("example.org" in row["settings"] for row in rows)


def test_a_match_is_explained_clause_by_clause(shell: Shell) -> None:
    shell.run("watch", "edit", "drones", "--query", "(drone OR UAV) -racing", "--source", "coast")

    assert "drone   once, first in: Two drones crossed" in shell.run("article", "explain", "1", "--watch", "drones")  # fmt: skip
    refused = shell.run("article", "explain", "2", "--watch", "drones", code=1)
    assert "does not match" in refused
    assert "no    NOT racing" in refused
    assert "no  sources = coast" in refused
    facts = json.loads(shell.run("article", "explain", "1", "--watch", "drones", "--json"))
    assert facts["holds"] is True
    assert facts["clauses"][0]["text"] == "(drone OR UAV) NOT racing"


def test_a_watch_is_shown_as_it_is_understood(shell: Shell) -> None:
    text = shell.run("watch", "show", "drones")

    assert "read as      drone" in text
    assert "Two *drones* crossed" in text
    facts = json.loads(shell.run("watch", "show", "drones", "--json"))
    assert len(facts["matches"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("test", "(drone"), "try: (drone)"),
        (("test", "near:5 x"), 'try: "near:5" x'),
        (("test", "drone~2"), "drone~2"),
        (("test",), "write a query"),
        (("test", "drone", "--since", "soon"), "--since"),
        (("test", "drone", "--source", "cost"), 'did you mean "coast"'),
        (("test", "drone", "--synonyms", "uaw"), 'did you mean "uav"'),
        (("test", "--watch", "dron"), 'did you mean "drones"'),
        (("add", "drones", "x"), "already"),
        (("add", "y", "a b OR c"), "brackets"),
        (("add", "y", "a", "--digest", "noon"), "neither a time nor a day"),
        (("edit", "racing"), "say what to change"),
        (("edit", "racing", "--unset", "titel_only"), 'did you mean "title_only"'),
        (("mute", "racing"), "say until when"),
        (("mute", "racing", "--until", "2001-01-01"), "has already begun"),
        (("mute", "racing", "--for", "weak"), "'--for': \"weak\" is not understood; write 7d"),
        (("test", "drone", "--since", "yesterdy"), 'did you mean "yesterday"?'),
        (("test", "drone", "--since", "2999-01-01"), "has not come yet"),
        (("show", "nobody"), "no watch is called"),
    ],
)
def test_an_impossible_command_explains_why(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    before = read(shell)

    assert words in shell.run("watch", *arguments, code=2)
    assert read(shell) == before


def test_check_advises_on_ambiguous_queries(shell: Shell) -> None:
    shell.run("watch", "edit", "racing", "--query", "race or ferry")

    checked = shell.run("check")

    assert "all good" in checked
    assert 'Note: watch "racing": `or` is searched for as a word' in checked


def test_a_watch_can_be_added_without_a_database(tmp_path: Path) -> None:
    config = Config.model_validate({"store": {"path": tmp_path / "none.db"}})
    shell = Shell(tmp_path, config)

    assert "Added y" in shell.run("watch", "add", "y", "ferry")
    assert {row["name"] for row in shell.json("watch", "list")} == {"drones", "y"}
    assert "there is no database" in shell.run("watch", "test", "ferry", code=1)
