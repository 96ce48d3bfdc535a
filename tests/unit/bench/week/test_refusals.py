"""Refusals of a week: right where nobody can read a page, wrong elsewhere."""

from datetime import UTC, datetime

import pytest

from bench.week.judging.conduct.refusals import judge_refusals
from bench.week.world.facts import Fact, State
from bench.week.world.texts.texts import Paragraph, Text

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def fact(**changes: object) -> Fact:
    text = Text(language="en", headline="Ferry", paragraphs=(Paragraph(text="Late."),))
    facts: dict[str, object] = {
        "token": "f000001q",
        "site": "rss-1",
        "story": 1,
        "kind": "rss",
        "path": "/news-f000001q.html",
        "language": "en",
        "published_at": NOON,
        "states": [State(text=text, since=NOON)],
    }
    return Fact(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, 1),
        ({"is_closed": "robots.txt forbids it"}, 0),
        ({"uncertain": "published behind a wall"}, 0),
        ({"gone_at": NOON}, 0),
    ],
)
def test_a_refusal_is_right_where_a_page_cannot_be_read(
    changes: dict[str, object], wrong: int
) -> None:
    rows: list[tuple[object, ...]] = [("http://a.example/news-f000001q.html", "refused", "a menu")]

    found = judge_refusals(lambda *_: rows, {"f000001q": fact(**changes)})

    assert (found.right, len(found.wrong)) == (1 - wrong, wrong)


def test_an_address_that_nobody_published_is_named() -> None:
    rows: list[tuple[object, ...]] = [("http://a.example/menu", "failed", "HTTP 404")]

    assert judge_refusals(lambda *_: rows, {}).wrong == ["http://a.example/menu failed: HTTP 404"]
