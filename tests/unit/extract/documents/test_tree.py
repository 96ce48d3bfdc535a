"""The HTML parser for articles and for pages of links."""

import pytest

from crawler.errors import NotAFeed
from crawler.extract.documents.tree import parse_html
from crawler.extract.navigation.listing import parse_list_page


def test_comments_and_null_bytes_leave_no_trace() -> None:
    tree = parse_html(b"<html><body><!-- a --><p>one\x00 two</p></body></html>", "")

    assert tree is not None
    assert tree.text_content().strip() == "one two"
    assert [element.tag for element in tree.iter()] == ["html", "body", "p"]


def test_the_charset_a_server_names_is_used() -> None:
    tree = parse_html("<p>Łódź</p>".encode("iso-8859-2"), "text/html; charset=iso-8859-2")

    assert tree is not None
    assert tree.text_content() == "Łódź"


@pytest.mark.parametrize("body", [b"", b"  ", b"\x00"])
def test_an_empty_document_has_no_tree(body: bytes) -> None:
    assert parse_html(body, "") is None
    with pytest.raises(NotAFeed, match="not HTML"):
        parse_list_page(body)
