"""Documents other than HTML (text, tables, JSON, XML, PDF), as articles and as watched pages."""

import builtins
import json
from pathlib import Path

import pytest

from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.extract.documents.pdf import read_pdf
from crawler.model.article import Article, Page, PageEntry
from crawler.model.source import PageSettings
from tests.fakes import START, FakeSite, Reply
from tests.spiders.test_crawl import configure, crawl, rows, settings
from tests.texts.pdfs import make_pdf

WRAPPED = (
    "The ferry left the quay at noon with forty people on board, and nobody on\n"
    "the shore could say why it was late. Two drones had crossed the harbour an\n"
    "hour before, said the pilot.\n\n"
    "From next week the library opens on Sundays as well, the council decided.\n"
)


def read(body: bytes | str, kind: str, *, is_watched: bool = False, title: str = "") -> Article:
    return extract_article(
        Page(
            url="https://post.example/d",
            requested_url="https://post.example/d",
            body=body if isinstance(body, bytes) else body.encode(),
            content_type=kind,
            fetched_at=START,
            visit_id=1,
            source_id=1,
            entry_id=1,
            entry=PageEntry(title=title),
            settings=PageSettings(is_watched=is_watched),
        )
    )


def test_lines_broken_by_hand_become_paragraphs() -> None:
    article = read(f"HARBOUR NOTICE\n\n{WRAPPED}", "text/plain; charset=utf-8")

    assert article.headline == "HARBOUR NOTICE"
    assert article.body.count("\n\n") == 1
    assert "nobody on the shore" in article.body
    assert "drones had crossed the harbour an hour before" in article.body


def test_a_watched_text_keeps_its_lines() -> None:
    article = read(WRAPPED, "text/plain", is_watched=True)

    assert len(article.body.split("\n\n")) == 4


def test_the_headline_of_the_feed_is_used() -> None:
    assert read(WRAPPED, "text/plain", title="Ferry late").headline == "Ferry late"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_characters_of_any_charset_are_read(encoding: str) -> None:
    text = "Grüße aus Köln, wo heute über dem Hafen eine Drohne gesehen wurde. " * 3

    article = read(text.encode(encoding), f"text/plain; charset={encoding}")

    assert "Grüße aus Köln" in article.body


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_a_line_for_each_row(delimiter: str) -> None:
    table = [["date", "place", "what"], ["24.11.", "Harbour", "A drone came down"]]
    text = "\n".join(delimiter.join(row) for row in table)

    article = read(text, "text/csv", is_watched=True)

    assert article.body.split("\n\n") == [
        "date | place | what",
        "24.11. | Harbour | A drone came down",
    ]


def test_json_is_a_line_for_each_value() -> None:
    value = {
        "status": {"text": "A drone is over the harbour"},
        "items": [{"n": 1}, {"n": 2}],
        "none": None,
    }

    article = read(json.dumps(value), "application/json", is_watched=True)

    assert article.body.split("\n\n") == [
        "status.text: A drone is over the harbour",
        "items.n: 1",
        "items.n: 2",
    ]


def test_json_of_an_article_is_the_article() -> None:
    lines = WRAPPED.replace("\n\n", " ").split(". ")
    value = {"title": {"rendered": "Ferry late today"}, "link": "https://x.example/y",
             "content": {"rendered": "".join(f"<p>{line}</p>" for line in lines)}, "author": {"description": "Writes."}}  # fmt: skip

    article = read(json.dumps(value), "application/json", title="Ferry late today")

    assert article.body.startswith("The ferry left")
    assert "Writes." not in article.body


def test_the_texts_of_xml_are_read_and_entities_are_not() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    text = f"<?xml version='1.0'?>{bomb}<r><t>Harbour notice</t><p>A drone came down at the quay and people ran to it &b; today.</p></r>"

    article = read(text, "application/xml")

    assert article.headline == "Harbour notice"
    assert "aaaa" not in article.body


def test_html_is_recognised_whatever_its_server_calls_it() -> None:
    page = f"<!doctype html><html><body><article><h1>Ferry Late Again</h1><p>{WRAPPED * 2}</p></article></body></html>"

    for kind in ("text/plain", "application/octet-stream", "application/xml"):
        assert read(page, kind).headline == "Ferry Late Again"


@pytest.mark.parametrize("kind", ["", "text/html; charset=utf-8", "text/plain"])
def test_a_document_without_a_single_tag_is_not_html(kind: str) -> None:
    text = read("Harbour notice: a drone came down at the quay, and people ran to it.", kind)
    value = read('{"notice": "A drone came down at the quay"}', kind, is_watched=True)

    assert "drone" in text.body
    assert value.body == "notice: A drone came down at the quay"


def test_the_title_of_a_watched_document_is_a_line_that_does_not_change() -> None:
    notices = {"meta": {"count": 3}, "items": [{"at": "24.11."}, {"title": "Pier closed"}]}

    assert (
        read(json.dumps(notices), "application/json", is_watched=True).headline
        == "items.title: Pier closed"
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/octet-stream", "day,place\n24.11.,a drone at the quay"),
        ("application/vnd.ms-excel", "Ort;Lage\r\nKöln;a drone at the quay".encode("latin-1")),
        ("application/yaml", "notices:\n  - a drone at the quay"),
        ("application/x-unheard-of", "a drone at the quay"),
        ("application/javascript", 'callback([{"t": "a drone at the quay"}]);'),
        (
            "image/svg+xml",
            "<svg xmlns='http://www.w3.org/2000/svg'><text>a drone at the quay</text></svg>",
        ),
        ("application/json", '[{"t":"Pier closed"},{"t":"a drone at the quay"},'),
    ],
)
def test_a_watched_text_is_recognised_whatever_its_server_calls_it(
    kind: str, body: str | bytes
) -> None:
    assert "a drone at the quay" in read(body, kind, is_watched=True).body


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "image/png", "it is image/png"),
        (b"PK\x03\x04\x00\x00", "application/zip", "it is application/zip"),
        (b"abc\x00def" * 100, "text/plain", "contains no text"),
        (b"404 page not found", "text/plain", "no article text (4 words)"),
        (b"", "text/plain", "shows no text"),
        (b"{a:", "application/json", "cannot be read"),
        (b"\x1f\x8b\x08abc\x01\x02" * 9, "application/gzip", "it is application/gzip"),
        (b"ID3 a drone at the quay", "audio/mpeg", "it is audio/mpeg"),
        (b"function drone() { return 1; }", "text/javascript", "not a web page"),
        (b"[" * 2_000_000, "application/json", "cannot be read"),
        (b"[" + b"1," * 2_000_000 + b"1]", "application/json", "too long"),
        (b"<" * 100_000, "text/xml", "cannot be read"),
        (b"plain", "application/pdf", "claims to be a PDF"),
        (b"%PDF-1.7\n" + b"<<" * 100_000, "application/pdf", "cannot be read"),
        (b"%PDF-1.7\n" + b"1 0 obj\n" * 50_000 + b"startxref\n0\n%%EOF", "application/pdf", "cannot be read"),
        (make_pdf(["A drone over the harbour"])[:300], "application/pdf", "cannot be read"),
        (make_pdf([]), "application/pdf", "a PDF of images"),
    ],
)  # fmt: skip
def test_a_document_without_text_is_refused_with_the_reason(
    body: bytes, kind: str, reason: str
) -> None:
    with pytest.raises(NotAnArticle) as refusal:
        read(body, kind)

    assert reason in refusal.value.reason


def test_a_pdf_is_read_page_by_page() -> None:
    lines = WRAPPED.replace("\n\n", "\n").splitlines()

    article = read(
        make_pdf(
            lines,
            ["A second page speaks of the drone once more (really)."],
            title="Report on the ferry",
        ),
        "application/octet-stream",
    )

    assert article.headline == "Report on the ferry"
    assert "nobody on the shore could say" in article.body
    assert article.body.endswith("once more (really).")


def test_the_beginning_of_a_long_pdf_is_read() -> None:
    _, lines = read_pdf(make_pdf(*([f"This is page {number} of it"] for number in range(80))))

    assert "This is page 59 of it" in lines
    assert "This is page 60 of it" not in lines


def test_without_the_extra_the_reason_explains_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.partition(".")[0] == "pypdf":
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(NotAnArticle) as refusal:
        read(make_pdf(["A drone"]), "application/pdf")

    assert refusal.value.reason == "it is a PDF; pip install 'watchword[pdf]' reads them"


async def test_documents_of_a_feed_cause_alerts(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/a.txt"] = Reply(WRAPPED.encode(), content_type="text/plain")
    site.pages["/b.pdf"] = Reply(
        make_pdf(WRAPPED.splitlines()[:3], ["And so on."]), content_type="application/pdf"
    )
    site.pages["/c.png"] = Reply(b"\x89PNG\x00", content_type="image/png")
    site.put_feed("/rss", "/a.txt", "/b.pdf", "/c.png")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT url, state FROM entries ORDER BY url")
    assert [state for _, state in found] == ["fetched", "fetched", "refused"]
    assert rows(config, "SELECT count(*) FROM matches") == [(2,)]


async def test_a_new_row_of_a_watched_table_causes_an_alert(site: FakeSite, tmp_path: Path) -> None:
    table = "date,place,what\n24.11.,Quay,A boat\n"
    site.pages["/table.csv"] = Reply(table.encode(), content_type="text/csv")
    config = configure(tmp_path, settings(f"{site.url}/table.csv", kind="page", backfill="0s"))
    await crawl(config)
    site.pages["/table.csv"] = Reply(
        f"{table}25.11.,Quay,A drone\n".encode(), content_type="text/csv"
    )

    await crawl(config)

    assert rows(config, "SELECT kind FROM alerts") == [("new",)]
