"""The bench says what a change did, page by page, and reads folders made of public collections."""

from pathlib import Path

import pytest

from bench.extraction.before import compare, print_change, read_kept, write_kept
from bench.extraction.corpora import read_corpus
from bench.extraction.public import Page, write_folder
from bench.extraction.scores import Row, score_snippets

KEPT: dict[str, Row] = {f"page {number}": (0.5, 0.9) for number in range(40)}
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
