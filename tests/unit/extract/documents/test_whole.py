"""Documents that are complete, whatever happened to the connection."""

import pytest

from crawler.extract.documents.whole import has_own_end


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><p>a</html>",
        b"<HTML><p>a</HTML>\n<!-- page generated in 0.2 s -->",
        b"<!-- a --><html>a</html><script>count()</script>",
        b"<html><body>a</body>",
        b"<title>a</title><p>b</body>",
        b'<?xml version="1.0"?>\n<!-- a > b --><rss version="2.0"></rss>\n',
        b"<feed xmlns='a'></feed>",
        b"<rdf:RDF a='b'></rdf:RDF>",
        b"<urlset></urlset>",
        b"<s:sitemapindex></s:sitemapindex >",
        b"\xef\xbb\xbf<rss></rss>",
        "<rss></rss>".encode("utf-16"),
        b'{"items": []}\n',
        b"[1]",
        b"%PDF-1.7 ... %%EOF\n",
    ],
)
def test_a_document_with_its_end_is_complete(body: bytes) -> None:
    assert has_own_end(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a plain text",
        b"<html><body><p>half a sent",
        b"<rss><item><description><![CDATA[<html>a</html>]]></descr",
        b"<html>" + b"</html>" + b"a" * 5000,
        b'{"items": [1, 2]',
        b"[1, {}",
        b"%PDF-1.7 ...",
        b"<!-- never closed",
        b"<" * 100_000,
        b"<!" * 100_000,
        b"<?" * 100_000,
    ],
)
def test_a_document_without_its_end_is_incomplete(body: bytes) -> None:
    assert not has_own_end(body)
