"""A soak of a cluster judges what it is there to judge: overlaps, pauses, what came twice, and an ETag ahead of its entries."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.cluster.judge import (
    Line,
    find_early_tags,
    judge_journal,
    judge_manners,
    read_log,
)
from bench.cluster.trouble import Death, Journal
from bench.soak.daemon import Running

HOST = "127.9.0.1"


def write_log(folder: Path, *requests: tuple[str, float, float]) -> Path:
    """Write the newspapers' log of requests given as (path, begin, end)."""
    path = folder / "requests.jsonl"
    lines = [json.dumps([HOST, asked, begin, end, 200]) for asked, begin, end in requests]
    path.write_text("\n".join(lines))
    return path


def find_missed(lines: list[Line]) -> list[str]:
    return [one.what for one in lines if not one.is_good]


@pytest.mark.parametrize(
    ("second", "missed"),
    [
        (("/b", 1.0, 1.1), []),
        (("/b", 0.5, 0.6), ["pauses that were too short"]),
        (("/b", 0.05, 0.2), ["overlapping requests", "pauses that were too short"]),
    ],
)
def test_overlaps_and_short_pauses_at_a_domain_are_seen(
    tmp_path: Path, second: tuple[str, float, float], missed: list[str]
) -> None:
    by_host = read_log(write_log(tmp_path, second, ("/a", 0.0, 0.1)))

    lines = judge_manners(by_host, delay=1.0, allowed=0, names="domains")

    assert find_missed(lines) == missed


@pytest.mark.parametrize(
    ("again_at", "disturbed_at", "missed"),
    [
        (40.0, [], []),
        (50.0, [], ["longest until a dead worker's domains were asked again"]),
        (50.0, [30.0], []),
    ],
)
def test_the_work_of_the_dead_is_done_in_time_unless_their_death_could_not_be_seen(
    tmp_path: Path, again_at: float, disturbed_at: list[float], missed: list[str]
) -> None:
    by_host = read_log(write_log(tmp_path, ("/a", again_at, again_at)))
    death = Death(at=0.0, worker="w1", hosts=(HOST,))
    journal = Journal(deaths=[death], disturbed_at=disturbed_at)

    assert find_missed(judge_journal(journal, by_host)) == missed


@pytest.mark.parametrize(("stored", "early"), [([0, 1], set()), ([1], {"s1"})])
def test_an_etag_ahead_of_its_entries_is_seen(
    tmp_path: Path, stored: list[int], early: set[str]
) -> None:
    home = Running(tmp_path)
    with closing(sqlite3.connect(home.database)) as connection, connection:
        connection.executescript(
            "CREATE TABLE sources (id, name); CREATE TABLE endpoints (source_id, etag);"
            "CREATE TABLE entries (source_id, announced_url);"
            """INSERT INTO sources VALUES (1, 's1'); INSERT INTO endpoints VALUES (1, '"1"');"""
        )
        for number in stored:
            url = f"http://{HOST}:1/a/7/{number}/2026/11/x.html"
            connection.execute("INSERT INTO entries VALUES (1, ?)", [url])

    assert find_early_tags(home) == early
