"""The table of quality has a row for every program, and n.a. where it has no such part; peers are given queries they can express."""

from pathlib import Path
from typing import Any

import pytest

from bench.matching.case_peers import find_literal, write_fts5
from bench.quality.__main__ import keep, make_table, read_kept
from bench.quality.environment import PEERS, list_own_requirements
from bench.quality.parts import write_extraction, write_week


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_program_without_a_part_has_no_figure_there() -> None:
    figures: dict[str, dict[str, Any]] = {
        "extraction": {"date": "2026-11-27", "rows": {"reader": {"body F1": "0.9"}}},
        "dedup": {"date": "2026-11-26", "rows": {"Watchword": {"copies": "F1 1"}}},
    }

    lines = make_table(figures)

    assert _cells(lines[0]) == ["program", "copies", "body F1"]
    assert _cells(lines[2]) == ["Watchword", "F1 1", "n.a."]
    assert _cells(lines[3]) == ["reader", "n.a.", "0.9"]
    assert lines[-1] == "Measured: extraction 2026-11-27, dedup 2026-11-26."


def test_a_part_that_was_never_measured_has_no_column() -> None:
    assert make_table({})[-1] == "Measured: nothing yet."


def test_a_part_that_is_measured_again_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "quality.json"

    keep(file, "dedup", {"Watchword": {"copies": "F1 1"}})
    keep(file, "kills", {"Watchword": {"right": "90 %"}})
    keep(file, "kills", {"Watchword": {"right": "99 %"}})

    kept = read_kept(file)
    assert kept["dedup"]["rows"] == {"Watchword": {"copies": "F1 1"}}
    assert kept["kills"]["rows"] == {"Watchword": {"right": "99 %"}}


def test_bodies_with_standfirst_and_dates_of_hard_pages_have_columns_of_their_own() -> None:
    date = {"date_right": 0.5, "date_wrong": 0.25}

    assert write_extraction("fundus/open", {"f1": 0.9, "title": 1.0, **date}) == {
        "body F1, with standfirst": "0.900",
        "title": "1.000",
        "date": "0.500, 0.250 wrong",
    }
    assert write_extraction("article-extraction-benchmark/open", {"f1": 0.9}) == {
        "body F1": "0.900"
    }
    assert write_extraction("htmldate-eval/open eval", date) == {
        "date, hard pages": "0.500, 0.250 wrong"
    }


def test_everything_in_the_environment_has_a_version() -> None:
    needed = (*list_own_requirements(), *PEERS)

    assert [one for one in needed if "==" not in one] == []
    assert any(one.startswith("trafilatura==") for one in needed)


@pytest.mark.parametrize(
    ("query", "literal"),
    [
        ("drone", "drone"),
        ('"oil depot"', "oil depot"),
        ("«drone strike»", "drone strike"),
        ("oil depot", ""),
        ("drones AND depot", ""),
        ("dron*", ""),
        ("=WHO", ""),
        ("drones -racing", ""),
        ("anti-drone", "anti-drone"),
        ("title:drones", ""),
    ],
)
def test_a_scanner_is_given_a_word_or_a_phrase(query: str, literal: str) -> None:
    assert find_literal(query) == literal


@pytest.mark.parametrize(
    ("query", "theirs"),
    [
        ("drone", '"drone"'),
        ("drones NEAR/2 depot", 'NEAR("drones" "depot", 2)'),
        ('"oil depot" OR drone*', '"oil depot" OR "drone" *'),
        ("(a OR b) NOT title:c-d", '("a" OR "b") NOT title:"c-d"'),
    ],
)
def test_a_query_is_written_as_fts5_wants_it(query: str, theirs: str) -> None:
    assert write_fts5(query) == theirs


def test_a_week_says_what_came_in_spite_of_kills() -> None:
    figures = {
        "first tellings": "99.00% (99 of 100)",
        "precision": "90.00% of 110 alerts",
        "alerted again": "2 of the same article, 5 because of a reprint",
    }

    assert write_week(figures) == {
        "alerts although killed": "99.00% (99 of 100)",
        "right": "90.00% of 110 alerts",
        "sent again": "2 of the same article, 5 because of a reprint",
    }
