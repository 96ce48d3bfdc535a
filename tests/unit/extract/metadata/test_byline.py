"""Bylines: single names, in whatever form a page writes them."""

import json

import pytest

from crawler.extract.metadata.byline import split_names
from crawler.model.article import Byline
from tests.unit.extract.test_article import understand, with_head


def byline(author: object, *, below: str = "", publisher: str = "The Courier") -> Byline | None:
    node = {"@type": "NewsArticle", "author": author, "publisher": {"name": publisher}}
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    return understand(with_head(head, below)).byline


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By Ann Lee", ("Ann Lee",)),
        ("Von Felix Schröder und Jörg Soldwisch", ("Felix Schröder", "Jörg Soldwisch")),
        ("Ann Lee, Bo Chen and Cy Day", ("Ann Lee", "Bo Chen", "Cy Day")),
        ("Smith and Jones", ("Smith and Jones",)),
        ("ann.lee@courier.example", ()),
        ("@annlee", ()),
        ("105092", ()),
        ("chuck-ross", ()),
        ("https://courier.example/ann", ()),
        ("mbl.is", ("mbl.is",)),
    ],
)
def test_names_are_separated_and_accounts_are_ignored(text: str, names: tuple[str, ...]) -> None:
    assert split_names([text]) == names


def test_a_publisher_named_as_author_gives_way_to_a_byline_on_the_page() -> None:
    below = '<div class="article-author">By Ann Lee</div>'

    named = byline({"name": "The Courier"}, below=below)
    alone = byline({"name": "The Courier"})

    assert named is not None
    assert named.names == ("Ann Lee",)
    assert alone is not None
    assert alone.names == ("The Courier",)


@pytest.mark.parametrize("markup", [
    '<span itemprop="author">Ann Lee</span>', '<a rel="author" href="/ann">Ann Lee</a>', '<p class="byline">By Ann Lee</p>',
    '<div class="authors"><ul><li class="author__item">von Ann Lee</li></ul><span>12. Mai 2026 15:36</span></div>',
])  # fmt: skip
def test_markup_named_author_is_trusted(markup: str) -> None:
    found = byline(None, below=markup)

    assert found is not None
    assert found.names == ("Ann Lee",)


def test_who_wrote_a_comment_or_another_article_is_not_the_author() -> None:
    below = (
        '<form><p class="comment-form-author">Your Name</p></form>'
        '<div class="teaser"><span class="author">Bo Chen</span></div>'
    )

    assert byline(None, below=below) is None


def test_an_agency_is_marked() -> None:
    found = byline([{"name": "Ann Lee"}, {"name": "dpa"}])

    assert found is not None
    assert found.is_agency
    assert found.names == ("Ann Lee", "dpa")
