# names in many scripts
"""Bylines: single names, in whatever form a page writes them."""

import json

import pytest

from crawler.extract.names.pieces import split_names
from crawler.model.article import Byline
from tests.unit.extract.test_article import PROSE, understand, with_head


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


def test_what_is_beside_the_name_is_no_part_of_the_byline() -> None:
    found = byline(None, below="<p>Von Anna Lühr, 3. Mai 2026</p>")

    assert found is not None
    assert found.text == "Anna Lühr"


def test_an_agency_is_marked() -> None:
    found = byline([{"name": "Ann Lee"}, {"name": "dpa"}])

    assert found is not None
    assert found.is_agency
    assert found.names == ("Ann Lee", "dpa")


@pytest.mark.parametrize("markup", [
    '<p class="byline"><a href="/a">Ann Lee</a><span>Senior Editor</span><a>Follow</a><a>View all</a></p>',
    '<p class="byline"><span itemprop="name">Ann Lee</span> Dec 21, 2026 4 comments</p>',
    '<div class="writer">Ann Lee</div>', '<div><a href="/authors/ann-lee">Ann Lee</a></div>', '<p>by <a href="/autoren/ann">Ann Lee</a>, Kiel</p>',
    '<address><a rel="author" href="/profile/ann">Ann Lee</a></address>', '<p class="autor">Ann Lee</p>', '<p class="auteur">Par Ann Lee</p>',
    '<div class="author"><span>Text:</span><span>Ann Lee</span><span>Foto:</span><span>Bo Chen</span></div>',
    '<ul class="byline"><li><a href="/staff/ann">Ann Lee | The Harbour Journal</a></li></ul>',
])  # fmt: skip
def test_a_marked_name_is_read_without_its_surroundings(markup: str) -> None:
    found = byline(None, below=markup)

    assert found is not None
    assert found.names == ("Ann Lee",)


@pytest.mark.parametrize(
    "below",
    [
        '<p>The mayor <a href="/person/bo-chen">Bo Chen</a> opened it.</p>',
        '<p class="byline">Senior Writer</p>',
        '<aside><a href="/authors/bo">Bo Chen</a></aside>',
        f'<p>{"The ferry left the quay at noon. " * 6}<a href="/author/bo">Bo Chen</a> told us.</p>',
        '<figcaption class="caption-author">Bo Chen</figcaption>',
    ],
)
def test_a_name_that_is_not_the_authors_is_not_taken(below: str) -> None:
    assert byline(None, below=below) is None


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="author" value="Ann Lee">',
        '<meta name="cXenseParse:author" content="Ann Lee">',
        '<meta name="article_author" content="Ann Lee | ann@courier.example">',
        '<meta name="twitter:label1" content="Geschrieben von"><meta name="twitter:data1" content="Ann Lee">',
    ],
)
def test_meta_tags_of_any_system_name_the_author(head: str) -> None:
    found = understand(with_head(head)).byline

    assert found is not None
    assert found.names == ("Ann Lee",)


def test_an_account_of_the_site_is_no_author() -> None:
    head = '<meta name="twitter:creator" content="@courier"><meta name="twitter:label1" content="Reading time"><meta name="twitter:data1" content="Ann Lee">'

    assert understand(with_head(head)).byline is None


def test_a_single_word_in_the_data_gives_way_to_a_full_name_on_the_page() -> None:
    below = '<p class="byline">By Ann Lee</p>'

    named, alone = byline("annlee", below=below), byline("Katja")

    assert named is not None
    assert named.names == ("Ann Lee",)
    assert alone is not None
    assert alone.names == ("Katja",)


@pytest.mark.parametrize(
    "line", ["作者：张三丰", "Text: Ann Lee", "Автор: Анна Ли", "記者：李大明"]
)
def test_a_labelled_line_under_the_headline_names_the_author(line: str) -> None:
    found = byline(None, below=f"<div>{line}</div>")

    assert found is not None
    assert found.names == (line.replace("：", ":").split(":")[1].strip(),)


LONG = "<p>The ferry left the harbour forty minutes late, and nobody on the quay knew why.</p>" * 6


@pytest.mark.parametrize(
    "markup",
    [
        # an element around a whole text, which WordPress marks with its author's name
        f'<section class="post author-ann"><div><b>Harbour News</b></div>{LONG}</section>',
        f'<div class="node author"><div>Submitted on Mon, 2019-01-21 13:49</div>{LONG}</div>',
        # authors of something else
        '<blockquote class="author-quote"><cite class="author">Bo Chen</cite></blockquote>',
        '<figcaption><span class="author">Bo Chen</span></figcaption>',
        '<div class="inline-article"><span class="inline-article__author">Bo Chen</span></div>',
        '<div class="author">Снимка: Bo Chen</div>',
    ],
)
def test_a_mark_around_a_text_or_another_person_names_no_author(markup: str) -> None:
    assert byline(None, below=markup) is None


def test_a_name_marked_within_a_marked_text_is_the_author() -> None:
    found = byline(None, below=f'<section class="post author-ann"><a rel="author" href="/ann">Ann Lee</a>{LONG}</section>')  # fmt: skip

    assert found is not None
    assert found.names == ("Ann Lee",)


def test_the_author_of_an_app_is_not_the_author_of_the_article() -> None:
    assert (
        understand(with_head('<meta name="smartbanner:author" content="Bo Chen">')).byline is None
    )


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        # a label alone in its line
        ("<p>Автор:</p><p>Анна Ли</p>", ("Анна Ли",)),
        ("<div>作者：</div><div>张三丰</div>", ("张三丰",)),
        ("<div>本报记者</div><div>王燕平 方云凤</div>", ("王燕平", "方云凤")),
        # agencies, which go before the paper's own name
        ("<div>Anadolu Ajansı</div>", ("Anadolu Ajansı",)),
        ("<div>Bron: BELGA</div>", ("BELGA",)),
        ("<div>Kilde: NTB</div>", ("NTB",)),
        ("<div>Aa</div>", ("Courier",)),
        ("<div>Bron: Bo Chen</div>", ("Courier",)),
        ("<div>Courier/Atli Steinn</div>", ("Atli Steinn",)),
        # "By" alone in its line, and a name right above the date
        ("<i>By</i><div>Ann Lee</div>", ("Ann Lee",)),
        ("<div>Ann de Lee |</div><div>05.04.2025 - Güncelleme</div>", ("Ann de Lee",)),
        ("<div>Sehernur Karsu</div><div>4 August 2010</div>", ("Sehernur Karsu",)),
        ("<div>In This Article</div><div>Read about ferries</div>", ("Courier",)),
        ("<div>4 August 2010</div><div>Reading Time</div>", ("Courier",)),
        ("<div>Harbour News</div><div>4 August 2010</div>", ("Courier",)),
        (
            "<div>Deutsche Sprache</div><div>2020-04-26</div><div>Deutsche Sprache</div>",
            ("Courier",),
        ),
        ("<div>Founder and Owner</div><div>2020-04-26</div>", ("Courier",)),
        # a role that ends what came before it
        ("<div>新华社记者</div><div>(责编：牛镛、岳弘彬)</div>", ("牛镛", "岳弘彬")),
        # an author goes before an editor and an agency
        ("<div>Redaktion: Bo Chen</div><div>AFP</div><div>Text: Ann Lee</div>", ("Ann Lee",)),
    ],
)
def test_a_line_under_the_headline_names_the_author_or_the_agency(
    lines: str, names: tuple[str, ...]
) -> None:
    found = byline({"name": "Courier"}, below=lines, publisher="Courier")

    assert found is not None
    assert found.names == names


@pytest.mark.parametrize(
    ("end", "names"),
    [
        ("<p>记者 刘涛</p>", ("刘涛",)),
        ("<p>（袁源）</p>", ("袁源",)),
        ("<p>（责任编辑：魏喆）</p>", ("魏喆",)),
        ("<p>최윤호 기자 uknow@courier.example</p>", ("최윤호",)),
    ],
)
def test_the_last_line_names_the_author_where_nothing_else_does(
    end: str, names: tuple[str, ...]
) -> None:
    text = "".join(f"<p>{n} {PROSE}</p>" for n in ("First", "Then", "Next", "Last"))
    page = f"<html><body><h1>Ferry leaves forty minutes late</h1>{text}{end}</body></html>"

    found = understand(page.encode()).byline

    assert found is not None
    assert found.names == names
