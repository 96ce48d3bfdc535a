"""The bench says what a change did, page by page, and reads folders made of public collections."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.extraction.before import compare, name_part, print_change, read_kept, write_kept
from bench.extraction.corpora import Corpus, Sample, read_corpus
from bench.extraction.fields import score_fields
from bench.extraction.public import Page, write_folder
from bench.extraction.scores import Row, score_snippets

KEPT: dict[str, Row] = {f"page {number}": (0.5, 0.9) for number in range(40)}
NOW = datetime(2024, 5, 3, tzinfo=UTC)
BETTER: dict[str, Row] = dict.fromkeys(KEPT, (0.8, 0.9))


def page(key: str) -> Page:
    return key, b"<p>Text</p>", {"url": f"https://courier.example/{key}", "articleBody": "Text"}


def test_a_gain_on_all_pages_has_an_interval_above_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kept(tmp_path / "kept.json", {"courier": KEPT})

    change = compare(read_kept(tmp_path / "kept.json"), {"courier": BETTER})
    print_change(change)

    assert 0 < change["courier"].low <= change["courier"].high
    assert "| courier | 40 | 0.6429 | 0.8471 | +0.2042 [+0.2042, +0.2042] | 40 | 0 |" in (
        capsys.readouterr().out
    )


def test_a_page_that_was_not_there_before_does_not_count() -> None:
    change = compare({"courier": KEPT}, {"courier": {**KEPT, "new": (0.0, 0.0)}, "other": BETTER})

    assert list(change) == ["courier"]
    assert change["courier"].pages == 40
    assert change["courier"].worse == 0


def test_all_corpora_together_are_compared_too() -> None:
    change = compare({"one": KEPT, "two": BETTER}, {"one": BETTER, "two": BETTER})

    assert change["all"].pages == 80
    assert change["all"].better == 40


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("The ferry\nleft late", (1.0, 1.0)),
        ("The ferry left late. Sign up", (0.5, 1.0)),
        ("Sign up", (0.0, 0.0)),
        ("", (None, 0.0)),
    ],
)
def test_snippets_are_looked_for_in_the_text_whatever_its_spaces(text: str, row: Row) -> None:
    assert score_snippets(["ferry  left"], ["Sign up"], text) == row


def test_the_parts_of_a_collection_share_no_page_and_are_all_of_it(tmp_path: Path) -> None:
    keys = [f"page-{number}" for number in range(7)]

    for which in (1, 2):
        write_folder(map(page, keys), tmp_path / str(which), part=(which, 2))

    parts = [{s.key for s in read_corpus(tmp_path / str(which)).samples} for which in (1, 2)]
    assert parts[0] | parts[1] == set(keys)
    assert not parts[0] & parts[1]


def corpus(**truth: object) -> Corpus:
    stated = {"title": "Ferry leaves late", "authors": ["Ann Lee"], "authors_annotated": True, "publishing_date": "2024-05-02", "crawl_date": "2024-05-03", **truth}  # fmt: skip
    pages = tuple(
        Sample(key=f"page {n}", url="https://courier.example/a", html=b"", truth=stated, fetched_at=NOW)
        for n in range(4)
    )  # fmt: skip
    return Corpus(name="courier", samples=pages)


RIGHT = {"title": "Ferry leaves late!", "authors": ("Ann Lee",), "date": "2024-05-02T10:00:00+00:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("made", "scores"),
    [
        (RIGHT, {"titles": 1, "authors": 1, "dates": 1, "wrong dates": 0}),
        ({**RIGHT, "title": "Ferry"}, {"titles": 0, "authors": 1, "dates": 1, "wrong dates": 0}),
        ({**RIGHT, "authors": ("Ann Lee", "Courier")}, {"titles": 1, "authors": 0, "dates": 1, "wrong dates": 0}),
        ({**RIGHT, "date": "2024-04-02"}, {"titles": 1, "authors": 1, "dates": 0, "wrong dates": 1}),
        ({}, {"titles": 0, "authors": 0, "dates": 0, "wrong dates": 0}),
    ],
)  # fmt: skip
def test_each_field_of_a_page_is_right_or_not(
    made: dict[str, object], scores: dict[str, int]
) -> None:
    kept = score_fields(corpus(), [made] * 4)

    assert {field: int(rows["page 0"][0] or 0) for field, rows in kept.items()} == scores


def test_what_the_truth_does_not_state_is_not_scored() -> None:
    unknown = corpus(title="", authors=[], publishing_date=None)
    after_the_crawl = corpus(publishing_date="2024-06-02")

    assert score_fields(unknown, [RIGHT] * 4) == {}
    assert score_fields(after_the_crawl, [RIGHT] * 4).keys() == {"titles", "authors"}


def test_titles_authors_and_dates_are_compared_beside_the_bodies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = {**RIGHT, "authors": (), "date": "2024-04-02"}
    before, after = (
        {name_part(name, field): rows for name in ("one", "two") for field, rows in kept.items()}
        for kept in (score_fields(corpus(), [RIGHT, late, late, late]), score_fields(corpus(), [RIGHT] * 4))
    )  # fmt: skip
    write_kept(tmp_path / "kept.json", {**before, "one": KEPT})

    change = compare(read_kept(tmp_path / "kept.json"), {**after, "one": BETTER})
    print_change(change)

    printed = capsys.readouterr().out
    assert "| bodies of | pages |" in printed
    assert "| authors of | pages |" in printed
    assert "| one | 4 | 0.2500 | 1.0000 | +0.7500 [" in printed
    # a wrong date that is gone is better
    assert "| all | 8 | 0.7500 | 0.0000 | -0.7500 [" in printed.partition("wrong dates of")[2]
    assert printed.strip().endswith("| 6 | 0 |")
    assert change["all, titles"].change == 0
