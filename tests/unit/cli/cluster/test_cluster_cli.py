"""``watchword cluster`` beside a home's database: what is known while PostgreSQL is away, and what a person can ask for."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.cluster.carrier import Backlog, WorkerState
from crawler.flows.cluster.summary import sum_up
from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out.bundles import (
    IsolatedDomain,
    find_drained_at,
    isolate_domain,
    list_isolated_domains,
    note_death,
)
from crawler.storage.crawl.handing_out.cluster_state import KnownState, save_cluster_state
from crawler.storage.file.database import transaction
from tests.fakes import START
from tests.unit.cli.test_cli import Shell
from watchword.cli.cluster.cluster import FIELDS
from watchword.cli.cluster.status import Found, Home, print_status

SECRET = "hush-hush-7"
# nobody listens on port 1
AWAY = f"postgresql://watchword:{SECRET}@127.0.0.1:1/watchword"


@pytest.fixture
def home(tmp_path: Path, config: Config, database: sqlite3.Connection) -> Shell:
    """The command at a home whose PostgreSQL is away."""
    shell = Shell(tmp_path, config)
    with (tmp_path / "w.toml").open("a") as file:
        file.write(f'[cluster]\ndatabase = "{AWAY}"\n')
    return shell


def isolate(database: sqlite3.Connection, *domains: str) -> None:
    with transaction(database):
        note_death(database, domains, now=START)
        for domain in domains:
            isolate_domain(database, domain, "3 workers died of it", now=START)


def test_while_postgresql_is_away_the_home_says_what_it_knew(
    home: Shell, database: sqlite3.Connection
) -> None:
    isolate(database, "slow.example")
    known = ClusterState(workers=2, busy=3, places=8, running=3, notes=5, home_share=0.42)
    with transaction(database):
        save_cluster_state(database, known, now=utc_now())

    printed = home.run("cluster", "status", code=1)
    found = json.loads(home.run("cluster", "status", "--json", code=1))

    assert "Connection refused" in printed
    assert "what the home knew last" in printed
    assert "2; 3 of 8 places busy" in printed
    assert "42% of a core" in printed
    assert "slow.example" in printed
    assert SECRET not in printed
    assert (found["workers_alive"], found["notes_waiting"], found["home_share"]) == (2, 5, 0.42)
    assert found["is_home_running"]
    assert found["isolated"][0]["reason"] == "3 workers died of it"
    assert "Connection refused" in found["trouble"]
    assert set(found) == set(FIELDS.split())


def test_beside_a_home_that_does_not_run_no_numbers_are_invented(home: Shell) -> None:
    printed = home.run("cluster", "status", code=1)

    assert "not running" in printed
    assert "places busy" not in printed
    assert "No worker" not in printed


def test_a_home_that_never_asked_postgresql_invents_no_numbers(
    home: Shell, database: sqlite3.Connection
) -> None:
    with transaction(database):
        save_cluster_state(database, ClusterState(is_known=False, trouble="refused"), now=utc_now())

    printed = home.run("cluster", "status", code=1)
    found = json.loads(home.run("cluster", "status", "--json", code=1))

    assert (found["workers_alive"], found["places"], found["notes_waiting"]) == (None, None, None)
    assert "running" in printed
    assert "places busy" not in printed
    assert "No worker" not in printed


def test_a_home_that_waits_says_why_and_for_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    until = START + timedelta(seconds=24)
    state = ClusterState(workers=2, places=8, rest="workers are to learn of it", rests_until=until)
    home = Home(known=KnownState(state=state, beat_at=START))
    found = Found(now=START, state=state, home=home, trouble="")

    print_status(found, UTC)
    said = capsys.readouterr().out
    print_status(replace(found, home=replace(home, known=None)), UTC)

    line = "Waiting     nothing is handed out for 24 seconds more: workers are to learn of it"
    assert line in said.splitlines()
    assert "Waiting" not in capsys.readouterr().out, "the home does not run"
    assert (found.as_json()["rest"], found.as_json()["rests_until"]) == (state.rest, until)


def test_without_a_cluster_the_commands_say_so(shell: Shell) -> None:
    assert "makes all visits itself" in shell.run("cluster", "status", code=2)
    assert "no [cluster] database" in shell.run("cluster", "drain", code=2)
    assert "no domain is isolated" in shell.run("cluster", "retry", code=1)


def test_domains_are_tried_again_and_handing_out_stops_and_goes_on(
    home: Shell, database: sqlite3.Connection
) -> None:
    isolate(database, "a.example", "b.example", "c.example")

    home.run("cluster", "retry", "B.example")
    after_one = [one.domain for one in list_isolated_domains(database)]
    refused = home.run("cluster", "retry", "x.example", code=1)
    home.run("cluster", "retry")
    home.run("cluster", "drain")
    drained_at = find_drained_at(database)
    shown = home.run("cluster", "status", code=1)
    home.run("cluster", "drain", "--end")

    assert after_one == ["a.example", "c.example"]
    assert "x.example is no isolated domain" in refused
    assert list_isolated_domains(database) == ()
    assert drained_at is not None
    assert "`drain --end` goes on" in shown
    assert find_drained_at(database) is None
    assert "end of draining" in home.run("activity")


def test_a_home_that_cannot_use_what_answers_here_is_no_good_news(
    capsys: pytest.CaptureFixture[str],
) -> None:
    trouble = "another home uses this database"
    state = ClusterState(workers=2, places=8, trouble=trouble, since=START)
    now = START + timedelta(minutes=9)
    running = Home(known=KnownState(state=state, beat_at=now))
    ended = Home(known=KnownState(state=state, beat_at=START))

    found = Found(now=now, state=replace(state, trouble=""), home=running, trouble="")
    print_status(found, UTC)
    said = capsys.readouterr().err
    print_status(replace(found, home=ended), UTC)

    assert "the home hands nothing out since" in said
    assert trouble in said
    assert found.as_json()["trouble"] == trouble
    assert "hands nothing out" not in capsys.readouterr().err


def test_all_that_is_shown_fits_into_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    worker = WorkerState(
        name="w" * 80, version="12", places=64, busy=64, started_at=START, beat_at=START,
        trouble="PostgreSQL: could not extend file: No space left on device; make room on the disk " * 2,
    )  # fmt: skip
    workers = [worker, replace(worker, name="old", is_alive=False)]
    backlog = Backlog(bundles_waiting=12_345, bundles_running=12_345, notes=4_000, oldest_at=START)
    now = START + timedelta(days=99)
    state = replace(
        sum_up(workers, backlog, now=now, isolated=1, deaths=1_234),
        home_share=0.999,
        trouble="away",
    )
    reason = "3 workers died while they read slow.example " * 4
    isolated = IsolatedDomain(domain="d" * 60, since=START, reason=reason, death_count=3)
    home = Home(known=KnownState(state=state, beat_at=now), drained_at=START, isolated=(isolated,))

    print_status(Found(now=now, state=state, home=home, trouble="away"), UTC)

    printed = capsys.readouterr().out
    assert "No space left on device" in printed
    heads = [line for line in printed.splitlines() if "\t" not in line]
    assert max(map(len, heads)) <= 80, heads


def test_a_worker_without_an_address_is_told_what_to_set(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path, config)
    (tmp_path / "empty").mkdir()

    assert "WATCHWORD_CLUSTER_DATABASE_FILE" in shell.run("worker", code=2)
    assert "WATCHWORD_CLUSTER_DATABASE_FILE" in shell.run("worker", config="empty", code=2)
    assert "no such file or folder" in shell.run("worker", config="misspelt", code=2)
    monkeypatch.setenv("WATCHWORD_CLUSTER_DATABASE", AWAY)
    assert "--name" in shell.run("worker", "--name", "two words", config="empty", code=2)
