"""The body of an article: whole, without boilerplate, and with its standfirst known."""

import lxml.html
import pytest

from crawler.extract.body.blocks import read_blocks
from crawler.extract.body.body import Body, extract_body
from crawler.extract.body.region import add_items
from crawler.extract.boilerplate.prune import prune

HEADLINE = "Ferry Leaves Late"
LONG = (
    "The ferry left the quay at noon with forty people on board, number {}, and nobody on the shore could say why it was so"
    " late, although the harbour master had been asked about it three times since the morning of that day."
)


def paragraphs(*numbers: int, tag: str = "p") -> str:
    return "".join(f"<{tag}>{LONG.format(number)}</{tag}>" for number in numbers)


def read(inner: str, description: str = "") -> Body:
    page = f"<html><head><title>{HEADLINE}</title></head><body>{inner}</body></html>"
    return extract_body(lxml.html.fromstring(page), headline=HEADLINE, description=description)


def numbers(body: Body) -> list[int]:
    return [n for line in body.paragraphs for n in range(40) if f"number {n}," in line]


def test_a_body_cut_into_containers_is_whole_and_in_order() -> None:
    part = "<div class='grid'><div class='body'>{}</div></div><div class='newsletter-form'><p>Mail?</p></div>"
    sidebar = f"<div class='rail'><ul>{paragraphs(30, 31, tag='li')}</ul></div>"

    body = read(f"<article><h1>{HEADLINE}</h1>{part.format(paragraphs(1, 2, 3))}{part.format(paragraphs(4, 5))}"
                f"{part.format(paragraphs(6, 7, 8))}</article>{sidebar}")  # fmt: skip

    assert numbers(body) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_an_element_that_looks_like_the_body_but_is_named_sidebar_stays_out() -> None:
    body = read(
        f"<article><h1>{HEADLINE}</h1><div class='text'>{paragraphs(1, 2, 3, 4)}</div></article>"
        f"<aside><div class='text'>{paragraphs(20, 21, 22)}</div></aside>"
        f"<div id='comments'><div class='text'>{paragraphs(30, 31, 32)}</div></div>"
    )

    assert numbers(body) == [1, 2, 3, 4]


@pytest.mark.parametrize("promo", [
    "<p><a href='/x'>FERRY COMPANY CHANGES ITS TIMETABLE AGAIN</a></p>", "<p>Les også: Fergen var sen</p>",
    "<p>Sign up for our morning newsletter and get the ferries in your inbox.</p>", "<p>Copyright 2026 The Courier</p>",
    "<p>Follow us on Facebook and Twitter.</p>", "<p>Write to Ann Lee at ann.lee@courier.example</p>", "<p>Read more: Ferries</p>",
])  # fmt: skip
def test_lines_of_boilerplate_are_cut_and_the_reason_is_kept(promo: str) -> None:
    body = read(
        f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2)}{promo}{paragraphs(3, 4)}</article>"
    )

    assert numbers(body) == [1, 2, 3, 4]
    assert len(body.paragraphs) == 4
    assert all(reason for _, reason in body.cut)


def test_a_paragraph_of_news_that_mentions_a_newsletter_stays() -> None:
    news = (
        LONG.format(9)
        + " Its newsletter, for which one can sign up by email, said nothing; follow it on Twitter."
    )

    body = read(f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2)}<p>{news}</p></article>")

    assert 9 in numbers(body)


def test_the_standfirst_is_found_where_extraction_missed_it() -> None:
    lead = "A ferry that never left late before has left late, and the town asks itself why."
    inner = f"<header><h1>{HEADLINE}</h1><h2 class='dek'>{lead}</h2></header><article><div class='text'>{paragraphs(1, 2, 3)}</div></article>"  # fmt: skip

    body = read(inner, description=lead)

    assert body.standfirst == lead
    assert body.paragraphs[0] == lead
    assert body.paragraphs.count(lead) == 1


def test_a_standfirst_of_several_paragraphs_is_one() -> None:
    leads = (
        "The ferry was two hours late on Monday morning, as it had been before.",
        "Nobody on the quay could say why it was so late.",
    )
    preamble = "".join(f"<p>{lead}</p>" for lead in leads)
    rest = "".join(f"<p>{LONG.format(number)}</p>" for number in range(3))
    tree = lxml.html.fromstring(
        f"<html><body><h1>Ferry</h1><div class='preamble'>{preamble}</div><article class='text'>{rest}</article></body></html>"
    )

    body = extract_body(tree, headline="Ferry", description=" ".join(leads))

    assert body.standfirst == " ".join(leads)
    assert len(body.paragraphs) == 4


def test_a_first_paragraph_used_as_description_is_no_standfirst() -> None:
    inner = f"<article><h1>{HEADLINE}</h1><div class='text'>{paragraphs(1, 2, 3)}</div></article>"

    body = read(inner, description=LONG.format(1))

    assert body.standfirst == ""
    assert numbers(body) == [1, 2, 3]


def test_the_article_element_is_used_where_hardly_anything_was_found() -> None:
    menu = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(60))
    hidden = f"<div class='bigtext'>{paragraphs(*range(1, 9))}</div>"

    body = read(f"<ul>{menu}</ul><h1>{HEADLINE}</h1><section class='sidebar-grid'><div>{hidden}</div></section>")  # fmt: skip

    assert numbers(body) == list(range(1, 9))


def test_a_list_between_two_paragraphs_is_text() -> None:
    listed = "<ul><li>Forty people were on board of it.</li><li>Ten of them were small children.</li></ul>"

    body = read(
        f"<div class='c'><h1>{HEADLINE}</h1></div><div class='t'>{paragraphs(1, 2)}{listed}{paragraphs(3, 4)}</div>"
    )

    assert body.paragraphs.index("- Ten of them were small children.") == 3
    assert numbers(body) == [1, 2, 3, 4]


def test_lists_that_were_left_out_come_back_between_paragraphs_only() -> None:
    said = "<ul><li>Forty people were on board.</li><li>Ten of them were children.</li></ul>"
    links = "<ul><li><a href='/1'>Harbour closes early</a></li><li><a href='/2'>Tides rise again</a></li></ul>"
    menu = "<ul><li>All of the ferries</li><li>All of the harbours</li></ul>"
    tree = lxml.html.fromstring(
        f"<div>{menu}{paragraphs(1, 2)}{said}{paragraphs(3)}{links}{paragraphs(4)}{menu}</div>"
    )
    lines = [LONG.format(number) for number in (1, 2, 3, 4)]

    whole = add_items(lines, read_blocks(tree, with_items=False))

    said_lines = ["- Forty people were on board.", "- Ten of them were children."]
    assert whole == [*lines[:2], *said_lines, *lines[2:]]


def test_a_pull_quote_is_not_said_twice() -> None:
    quote = "<blockquote><p>Nobody on the shore could say why it was so late</p></blockquote>"

    body = read(f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2)}{quote}{paragraphs(3)}</article>")

    assert numbers(body) == [1, 2, 3]
    assert len(body.paragraphs) == 3


def test_a_paragraph_that_another_one_repeats_stays() -> None:
    short = "Nobody on the shore could say why it was so late."

    body = read(f"<article><h1>{HEADLINE}</h1><p>{short}</p>{paragraphs(1, 2, 3)}</article>")

    assert body.paragraphs[0] == short


def test_a_verse_that_comes_again_stays() -> None:
    verse = "<p>And nobody on the shore could ever say, why the ferry was late on that day.</p>"

    body = read(
        f"<article><h1>{HEADLINE}</h1>{verse}{paragraphs(1)}{verse}{paragraphs(2)}{verse}</article>"
    )

    assert sum(line.startswith("And nobody") for line in body.paragraphs) == 3


def test_a_text_that_the_page_holds_twice_is_read_once() -> None:
    whole = f"<div class='full'>{paragraphs(1, 2, 3)}</div>"

    body = read(f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2, 3)}{whole}</article>")

    assert numbers(body) == [1, 2, 3]


@pytest.mark.parametrize("tag", ["svg", "button", "object", "video", "select"])
def test_an_element_that_is_never_closed_does_not_take_the_article_with_it(tag: str) -> None:
    tree = lxml.html.fromstring(
        f"<html><body><{tag}><h1>{HEADLINE}</h1>{paragraphs(1, 2, 3)}</body></html>"
    )

    prune(tree, headline=HEADLINE)

    assert tree.text_content().count("The ferry left") == 3


def test_a_text_about_something_else_does_not_replace_a_short_one() -> None:
    notice = "".join(
        f"<div><span>This site uses cookies, number {n}, to remember what its readers like, and its partners read them too.</span></div>"
        for n in range(30)
    )

    body = read(
        f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2, 3)}</article><div class='legal'>{notice}</div>"
    )

    assert numbers(body) == [1, 2, 3]
    assert not any("cookies" in line for line in body.paragraphs)


@pytest.mark.parametrize("word", ["اصلاح\u200cطلبان", "क्\u200dष", "👩\u200d👧"])
def test_the_joiners_that_words_are_spelt_with_stay(word: str) -> None:
    page = f"<article><h1>{HEADLINE}</h1>{paragraphs(1, 2)}<p>{LONG} {word}<b>{word}</b>, {word}</p>{paragraphs(3)}</article>"

    body = read(page)

    assert "\n".join(body.paragraphs).count(word) == 3


def test_a_tree_has_its_joiners_again_after_its_body_was_extracted() -> None:
    page = (
        f"<body><h1>{HEADLINE}</h1><p>{LONG} می\u200cشود <b>می\u200cشود</b> می\u200cشود</p></body>"
    )
    tree = lxml.html.fromstring(page)

    extract_body(tree, headline=HEADLINE)

    assert str(tree.text_content()).count("می\u200cشود") == 3


def test_lines_that_a_br_ends_are_not_glued() -> None:
    tree = lxml.html.fromstring("<div>Two boats came that morning<br/>nobody knew<br>whose</div>")

    (block,) = read_blocks(tree, with_items=False)

    assert block.text == "Two boats came that morning nobody knew whose"
