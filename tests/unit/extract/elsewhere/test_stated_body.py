"""The body that a page states for machines, where the text that it shows is largely another one."""

import json

import pytest

from crawler.model.article import Article
from tests.unit.extract.test_article import understand

TITLE = "Ferry leaves the quay two hours late"
OWN = [
    f"The ferry left the quay at noon with {number} people on board, and nobody on the shore could say why it was so late, although"
    " the harbour master had been asked about it three times since the morning of that day."
    for number in range(40, 48)
]
OTHER = [
    f"The museum in the mountains closes for {number} months, as its roof has to be mended before the snow comes, said the director,"
    " who has found the money for it in the valley, where the people love the old house."
    for number in range(2, 7)
]


def read(shown: str, stated: list[str]) -> Article:
    node = {"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(stated)}
    return understand(
        f'<html lang="en"><head><title>{TITLE}</title><script type="application/ld+json">{json.dumps(node)}</script></head>'
        f"<body><main><h1>{TITLE}</h1>{shown}</main></body></html>".encode()
    )


def paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def test_the_stated_body_replaces_a_text_about_something_else() -> None:
    article = read(paragraphs(OTHER[:4]), OWN)

    assert article.body.split("\n\n") == OWN
    assert article.body_origin == "the page's JSON-LD"


def test_the_stated_body_replaces_a_text_of_which_half_is_about_something_else() -> None:
    article = read(paragraphs(OWN[:2] + OTHER[:3]), OWN)

    assert article.body.split("\n\n") == OWN


@pytest.mark.parametrize(
    ("shown", "stated"),
    [
        pytest.param(OWN[:6], OWN, id="all that is shown is in the stated text, which is longer"),
        pytest.param(OTHER, OWN[:2], id="the stated text is a teaser"),
        pytest.param(OWN, OTHER, id="the stated text is another one, and no longer"),
        pytest.param(OWN, OWN, id="both are the same"),
        pytest.param(OWN, [], id="nothing is stated"),
    ],
)
def test_what_the_page_shows_stays(shown: list[str], stated: list[str]) -> None:
    article = read(paragraphs(shown), stated)

    assert article.body.split("\n\n") == shown
    assert article.body_origin == ""


def test_of_several_stated_bodies_the_one_of_the_headline_counts() -> None:
    other = {
        "@type": "NewsArticle",
        "headline": "Museum closes for the winter",
        "articleBody": " ".join(OTHER * 3),
    }
    own = {"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n".join(OWN)}
    page = (
        f'<html lang="en"><head><title>{TITLE}</title><script type="application/ld+json">{json.dumps([own, other])}</script></head>'
        f"<body><h1>{TITLE}</h1><p>{OWN[0]}</p></body></html>"
    )

    assert understand(page.encode()).body.split("\n\n") == OWN


def test_a_whole_text_stays_though_the_stated_one_is_longer_and_another() -> None:
    article = read(paragraphs(OWN[:6]), OTHER * 2)

    assert article.body.split("\n\n") == OWN[:6]


def test_the_stated_body_replaces_a_list_of_links() -> None:
    links = "".join(
        f"<p><a href='/{number}'>{line}</a></p>" for number, line in enumerate(OTHER[:2])
    )

    article = read(paragraphs(OWN[:5]) + links, OWN)

    assert article.body.split("\n\n") == OWN
