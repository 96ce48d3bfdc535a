"""What a page without end tags looks like in the tree that all steps share."""

import pytest
from lxml import etree
from lxml.html import HtmlElement, tostring

from crawler.extract.documents.tree import parse_html

DEEPEST = 256


def parse(text: str) -> HtmlElement:
    tree = parse_html(f"<html><body>{text}".encode(), "")
    assert tree is not None
    return tree


def measure_depth(tree: HtmlElement) -> int:
    return max(1 + sum(1 for _ in element.iterancestors()) for element in tree.iter())


def list_links(text: str) -> list[tuple[str, str]]:
    """Return address and text of each link."""
    links = parse(text).iter("a")
    return [(link.get("href") or "", " ".join(link.text_content().split())) for link in links]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("<a href=1>one <a href=2>two</a> three</a>", [("1", "one"), ("2", "two")]),
        ("<ul><li><a href=1>one<li><a href=2>two<li><a href=3>three</ul>", [("1", "one"), ("2", "two"), ("3", "three")]),
        # a card around a link to its author
        ("<a href=1><h3>One</h3><div>teaser <i>by</i> <a href=2>Ann</a>, today</div></a>", [("1", "One"), ("1", "teaser by"), ("2", "Ann")]),
        # only names a place
        ("<a name=top><h3>One</h3><p>two <a href=2>three</a>", [("2", "three")]),
        ("<a href=1><ul><li>one</li><li><a href=2>two</a></ul>", [("2", "two")]),
        ("<a href=1><i>one</i></a> <a href=2>two</a>", [("1", "one"), ("2", "two")]),
    ],
)  # fmt: skip
def test_a_link_ends_where_the_next_begins(text: str, links: list[tuple[str, str]]) -> None:
    assert list_links(text) == links


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 400 + "one <p>two</p> three" + "</div>four" * 400 + " five",
        "<p><a href=x>one two" * 900,
        "<table><tr><td>one" * 500,
        "<ul><li>one<b>two</b>three" * 500,
        "<div>one<i>two" * 300 + "</i>three</div>four" * 300,
    ],
)
def test_what_lies_too_deep_is_raised_with_all_text_in_its_order(text: str) -> None:
    plain = etree.fromstring(f"<html><body>{text}", etree.HTMLParser(huge_tree=True))

    tree = parse(text)

    assert "".join(tree.itertext()) == "".join(plain.itertext())
    # links that end earlier add an element
    assert measure_depth(tree) <= DEEPEST + 1 < measure_depth(plain)


def test_a_link_that_ends_earlier_keeps_its_text_in_order() -> None:
    text = "<a href=1>one <b>two</b> three <div>four <a href=2>five</a> six</div> seven</a> eight"

    tree = parse(text)

    assert " ".join("".join(tree.itertext()).split()) == "one two three four five six seven eight"


def test_paragraphs_that_lie_too_deep_stay_paragraphs() -> None:
    paragraphs = [f"Paragraph {number}" for number in range(5)]
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)

    tree = parse("<div>" * 1000 + inner)

    assert [element.text for element in tree.iter("p")] == paragraphs


def test_a_page_of_common_depth_stays_as_it_is() -> None:
    text = "<div>" * 200 + "<p>one <a href=1>two</a> three</p>" + "</div>" * 200

    assert text in tostring(parse(text), encoding="unicode").replace('"', "")
