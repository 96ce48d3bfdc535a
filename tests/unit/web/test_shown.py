"""Values as pages show them: citations, plots, queries in words, marks in a body, files for spreadsheets."""

import csv
import io
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.matching.queries.query import parse_query
from watchword.web.plugins.web_pages import link_to, link_to_endpoint
from watchword.web.shown.citations import Cited, cite_in_bibtex, cite_in_markdown, cite_plainly
from watchword.web.shown.marked_text import mark_body
from watchword.web.shown.plots import draw_bars, draw_lanes, draw_rows, draw_week
from watchword.web.shown.query_words import describe_query
from watchword.web.shown.safe_csv import make_harmless
from watchword.web.shown.tables_out import send_rows

HOSTILE = '<img src=x onerror=alert(1)> [a](javascript:x) {\\input} 100% & $x_1$ "q"'
CITED = Cited(
    headline="Night ferry suspended",
    source="Harbour Courier",
    byline="Wenna Sallow",
    url="https://courier.example/a_(b)",
    day="26 Nov 2026",
    time="07:12 CET",
    iso_day="2026-11-26",
    read_day="26 Nov 2026",
)


def test_an_article_is_cited_in_three_forms() -> None:
    assert cite_plainly(CITED) == (
        "Wenna Sallow, \u201cNight ferry suspended\u201d, Harbour Courier, 26 Nov 2026, 07:12 CET, "
        "https://courier.example/a_(b) (read 26 Nov 2026)."
    )
    assert cite_in_markdown(CITED) == (
        "[Night ferry suspended](<https://courier.example/a_(b)>), *Harbour Courier*, 26 Nov 2026"
    )
    bibtex = cite_in_bibtex(CITED)
    assert bibtex.startswith("@online{harbour2026suspended,\n")
    assert "  author = {{Wenna Sallow}}," in bibtex
    assert "  date   = {2026-11-26}," in bibtex


def test_what_strangers_wrote_is_escaped_for_what_reads_the_citation() -> None:
    hostile = Cited(
        headline=HOSTILE, source="A&B", byline="", url="https://x.example/>)", day="", time="", iso_day="", read_day="now"
    )  # fmt: skip

    markdown, bibtex = cite_in_markdown(hostile), cite_in_bibtex(hostile)

    assert "](javascript" not in markdown
    assert markdown.count("](<") == 1
    assert r"\textbackslash{}input" in bibtex
    assert r"100\% \& \$x\_1\$" in bibtex
    assert bibtex.count("{") - bibtex.count("\\{") == bibtex.count("}") - bibtex.count("\\}")


@given(st.lists(st.integers(0, 10**6), max_size=40), st.text(max_size=40))
def test_bars_are_well_formed_whatever_the_numbers(values: list[int], title: str) -> None:
    title = re.sub(r"[^\t\n\x20-\ud7ff]", "", title)
    plot = draw_bars(values, title=title, marks={0: "first"})

    drawn = ET.fromstring(plot)  # ours
    assert len(drawn.findall("rect")) == len(values)
    assert (drawn.findtext("title") or "").strip() == title.strip()
    assert all(0 <= float(bar.get("height", "")) <= 44 for bar in drawn.findall("rect"))


def test_names_in_plots_are_text() -> None:
    for plot in (
        draw_rows([("<b>", 3, False), ("none", 0, True)], title="<i>"),
        draw_lanes([("<b>", 0.0, [0.5]), ("x" * 60, 1.0, [])], ticks=[(0.5, "<u>")], title="&"),
        draw_week([[float(hour) for hour in range(24)]] * 7, title="<i>"),
    ):
        ET.fromstring(plot)
        assert "<b>" not in plot
        assert "<i>" not in plot


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("drone", "<b>drone</b> in any form"),
        ("drone OR UAV", "<b>drone</b> in any form or <b>UAV</b> in any form"),
        ('"night ferry"', "exactly \u201c<b>night ferry</b>\u201d"),
        ("=WHO dron*", "<b>WHO</b> in exactly this form and a word that begins with <b>dron</b>"),
        ("(drone OR UAV) -racing", "<b>drone</b> in any form or <b>UAV</b> in any form, and do not say <b>racing</b> in any form"),
        ("title:dues", "<b>dues</b> in any form in the headline"),
        ("ferry NEAR/5 drone", "<b>ferry</b> in any form with at most 5 words to <b>drone</b> in any form"),
        ("drone lang:en", "<b>drone</b> in any form and something in the language <b>en</b>"),
        ('"<script>alert</script> x"', "exactly \u201c<b>&lt;script&gt;alert&lt;/script&gt; x</b>\u201d"),
    ],
)  # fmt: skip
def test_a_query_is_said_in_words(query: str, words: str) -> None:
    assert str(describe_query(parse_query(query))) == words


@given(
    st.text(alphabet="ab<&\n", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
)
def test_marks_change_no_word_of_a_text(body: str, stated: list[tuple[int, int]]) -> None:
    spans = sorted((min(pair), max(pair)) for pair in stated)

    marked, count = mark_body(body, spans)

    text = re.sub(r"</p>\n<p>", "\n\n", str(marked)).replace("<br>", "\n")
    text = re.sub(r'<mark id="m\d+">|</mark>|^<p>|</p>$', "", text)
    assert text.replace("&lt;", "<").replace("&amp;", "&").split() == body.split()
    assert str(marked).count("<mark") == count


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://courier.example/a", '<a href="https://courier.example/a" rel="noopener noreferrer">https://courier.example/a</a>'),
        ("https://\u0440aypal.example/", '<a href="https://\u0440aypal.example/" rel="noopener noreferrer">https://xn--aypal-uye.example/</a>'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://[x", "http://[x"),
        ('https://x.example/"><b>', '<a href="https://x.example/&#34;&gt;&lt;b&gt;" rel="noopener noreferrer">https://x.example/&#34;&gt;&lt;b&gt;</a>'),
    ],
)  # fmt: skip
def test_only_web_addresses_are_links_and_hosts_are_shown_in_ascii(url: str, shown: str) -> None:
    assert str(link_to(url)) == shown


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_a_cell_that_begins_like_a_formula_is_text(start: str) -> None:
    assert make_harmless(f"{start}cmd|'/c calc'!A1") == f"'{start}cmd|'/c calc'!A1"
    assert make_harmless(f"Quay {start}1") == f"Quay {start}1"


def test_an_endpoint_with_a_key_is_shown_without_it_and_is_no_link() -> None:
    shown = str(link_to_endpoint("https://courier.example/feed?page=2&token=quay-and-ferry"))

    assert shown == "https://courier.example/feed?page=2&amp;token=***"
    assert "<a " in str(link_to_endpoint("https://courier.example/feed?page=2"))


def test_a_file_has_no_formulas_and_is_utf_8_for_spreadsheets() -> None:
    rows = [{"headline": "=1+1", "score": -3}, {"headline": "\t@x", "score": 2}]

    answer = send_rows(rows, "csv", name="search", columns=("headline", "score"))

    text = str(answer.body)
    assert text.startswith("\ufeff")
    read = [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]
    assert [row["headline"] for row in read] == ["'=1+1", "'\t@x"]
    assert [row["score"] for row in read] == ["-3", "2"]
    assert answer.headers["content-disposition"] == 'attachment; filename="search.csv"'
    assert send_rows([], "json", name="x", columns=("a",)).body == "[]"
    assert send_rows([], "csv", name="x", columns=("a", "b")).body == "\ufeffa,b\r\n"
