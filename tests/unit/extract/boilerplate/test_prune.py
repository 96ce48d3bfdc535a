"""Elements that are removed before the body is looked for: comments, explanations, other stories; and layout tables."""

import lxml.html
import pytest

from crawler.extract.body.body import extract_body
from crawler.extract.boilerplate.prune import prune
from crawler.extract.boilerplate.tables import flatten_tables

HEADLINE = "Ferry Leaves the Quay Two Hours Late"
OTHER = "Harbour Master Resigns After Twenty Years"
LONG = (
    "The ferry left the quay at noon with forty people on board, number {}, and nobody on the shore could say why it was so"
    " late, although the harbour master had been asked about it three times since the morning of that day."
)


def text(*numbers: int, tag: str = "p") -> str:
    return "".join(f"<{tag}>{LONG.format(number)}</{tag}>" for number in numbers)


def read(inner: str) -> list[str]:
    tree = lxml.html.fromstring(f"<html><body>{inner}</body></html>")
    prune(tree, headline=HEADLINE)
    return list(extract_body(tree, headline=HEADLINE).paragraphs)


def numbers(lines: list[str]) -> list[int]:
    return [n for line in lines for n in range(60) if f"number {n}," in line]


def article(inner: str) -> str:
    return f"<article><h1>{HEADLINE}</h1>{inner}</article>"


@pytest.mark.parametrize(
    "thread",
    [
        "<div id='comments'><div class='comment'>{0}</div><div class='comment'>{1}</div></div>",
        "<ul class='xenforo-comments-list'><li class='xenforo-comment'>{0}</li><li class='xenforo-comment'>{1}</li></ul>",
        "<section class='comments-area'><ol><li class='comment even'>{0}</li><li class='comment odd'>{1}</li></ol></section>",
        "<div class='article-comments'><article class='comment'>{0}</article><article class='comment'>{1}</article></div>",
        "<div id='disqus_thread'><div class='a comment'>{0}</div><div class='a comment'>{1}</div></div>",
        "<div class='userComments'><div class='userComment'>{0}</div><div class='userComment'>{1}</div></div>",
    ],
)  # fmt: skip
def test_a_thread_of_comments_is_no_text_however_long(thread: str) -> None:
    comments = thread.format(text(*range(20, 30)), text(*range(30, 45)))

    assert numbers(read(article(text(1, 2, 3) + comments))) == [1, 2, 3]


@pytest.mark.parametrize(
    "page",
    [
        "<div class='has-comments'><div class='comment-open'>{}</div></div>",
        "<div class='commentary'><div class='commentary-part'>{}</div><div class='commentary-part'><p>End</p></div></div>",
        "<div class='comment'>{}</div>",
    ],
)  # fmt: skip
def test_an_article_in_an_element_called_comment_stays(page: str) -> None:
    tree = lxml.html.fromstring(page.format(article(text(1, 2, 3))))

    prune(tree, headline=HEADLINE)

    assert numbers([tree.text_content()]) == [1, 2, 3]


def test_what_appears_on_hovering_is_no_text_and_the_word_itself_is() -> None:
    card = (
        "<span class='rollover-card'><a href='/1'>Lee resigns</a><a href='/2'>Lee rests</a></span>"
    )
    lead = f"<p>The harbour master, <span class='rollover'><a class='rollover-name' href='/lee'>Ann Lee</a>{card}</span>, said nothing about the ferry to anybody on the quay.</p>"

    whole = " ".join(read(article(lead + text(1, 2))))

    assert "master, Ann Lee, said" in whole
    assert "resigns" not in whole


def story(headline: str, *shown: int, wrapper: str = "<article class='story'>{}</article>") -> str:
    return wrapper.format(f"<h1>{headline}</h1>{text(*shown)}")


@pytest.mark.parametrize(
    "wrapper",
    [
        "<article class='story'>{}</article>",
        "<div class='story' itemscope itemtype='https://schema.org/NewsArticle'>{}</div>",
        "<section itemscope itemtype='http://schema.org/BlogPosting'>{}</section>",
    ],
)
def test_of_a_page_that_scrolls_on_to_other_stories_one_is_read(wrapper: str) -> None:
    others = (1, 2, 3, 4), (20, 21, 22), (30, 31, 32, 33, 34, 35)
    heads = OTHER, HEADLINE, "Tides Were Higher Than Ever This Year"

    page = "".join(
        story(head, *shown, wrapper=wrapper) for head, shown in zip(heads, others, strict=True)
    )

    assert numbers(read(page)) == [20, 21, 22]


BOXES = (
    "<div class='story'>{head}<time datetime='2026-01-02'>2 Jan</time>{text}</div>",
    "<div class='story story-{n}' id='s{n}'>{head}<span class='date'>2 Jan</span><div class='in'>{text}</div></div>",
    "<div class='post-wrap' data-url='/a/{n}'>{head}<div class='body'>{text}</div></div>",
    "<section class='entry'><header>{head}<p class='byline'>By Ann Lee</p></header><div class='c'>{text}</div></section>",
    "<div class='row'><div class='col'><div class='single'>{head}<div class='meta-date'>x</div>{text}</div></div></div>",
    "<div class='a b c' itemid='https://x/{n}'>{head}{text}</div>",
    "<main class='page' data-permalink='/x/{n}'><div class='h'>{head}</div><div class='t'>{text}</div></main>",
    "<div class='art'>{head}<a rel='author' href='/lee'>Ann Lee</a>{text}</div>",
)  # fmt: skip


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("other_head", ["<h1>{}</h1>", "<h2><a href='/x'>{}</a></h2>"])
def test_of_several_stories_in_plain_boxes_the_one_of_the_headline_is_read(
    box: str, other_head: str
) -> None:
    def put(head: str, *shown: int) -> str:
        return box.format(head=head, text=text(*shown), n=shown[0])

    page = (
        put(other_head.format(OTHER), 1, 2, 3, 4)
        + put(f"<h1>{HEADLINE}</h1>", 20, 21, 22)
        + f"<div class='loaded'>{put(other_head.format('Tides Were Higher Than Ever This Year'), *range(30, 36))}</div>"
    )

    assert numbers(read(page)) == [20, 21, 22]


@pytest.mark.parametrize(
    "part",
    [
        "<div class='part'><h2>{}</h2>{}</div>",
        "<section class='part'><h2>{}</h2>{}<p class='note'>Ann Lee</p></section>",
    ],
)
def test_the_parts_of_one_story_stay_together(part: str) -> None:
    first = part.format("What the harbour master said", text(3, 4, 5))
    page = part.replace("h2", "h1").format(HEADLINE, text(1, 2)) + first

    assert numbers(read(page)) == [1, 2, 3, 4, 5]


def test_the_head_of_a_page_is_not_taken_for_its_story() -> None:
    head = (
        f"<section class='part'><h1>{HEADLINE}</h1><time>2 Jan</time><p>It was late.</p></section>"
    )
    part = f"<section class='part'><h2>What the harbour master said</h2><span class='author'>Lee</span>{text(*range(1, 8))}</section>"

    assert numbers(read(head + part)) == [1, 2, 3, 4, 5, 6, 7]


def test_stories_listed_below_a_short_one_are_not_taken_for_it() -> None:
    listed = "".join(
        f"<div class='teaser'><h3><a href='/{n}'>{OTHER} {n}</a></h3><time>2 Jan</time>{text(n, n + 1, n + 2)}</div>"
        for n in range(20, 56, 4)
    )

    page = f"<div class='one'><h1>{HEADLINE}</h1><div class='entry-content'>{text(1, 2, 3)}</div></div>{listed}"

    assert numbers(read(page)) == [1, 2, 3]


def test_text_that_stands_loose_in_a_box_is_read() -> None:
    loose = "<br><br>".join(LONG.format(number) for number in (2, 3, 4))
    page = f"<div class='txt'><h1>{HEADLINE}</h1><p>{LONG.format(1)}</p>{loose}<div class='pic'>Photo</div>{LONG.format(5)}</div>"

    assert numbers(read(page)) == [1, 2, 3, 4, 5]


def test_how_a_word_is_pronounced_is_no_text_and_does_not_end_its_sentence() -> None:
    ruby = "<ruby><rb>船</rb><rp>(</rp><rt>ふね</rt><rp>)</rp></ruby>"
    sentence = "フェリーは正午に四十人を乗せて{}の港を離れたが、なぜ遅れたのかを岸辺の誰も説明できなかった。港長は答えなかった。"

    lines = read(article("".join(f"<p>{sentence.format(ruby)}</p>" for _ in range(4))))

    assert lines[0] == sentence.format("船")


def test_words_that_an_empty_element_keeps_apart_stay_apart() -> None:
    lead = "<p>The ferry<a href='/x'> </a>left<span> </span>the quay<b></b>side at noon, and nobody on the shore could say why.</p>"
    page = f"<div>{lead}{text(1, 2, 3)}<div>Ann</div><div></div><div>Lee</div></div>"

    assert read(article(page))[0].startswith("The ferry left the quayside at noon")


def test_a_cell_of_links_in_a_layout_is_a_menu() -> None:
    menu = "<br>".join(f"<a href='/{n}'>{OTHER} {n}</a>" for n in range(4))
    body = "<br><br>".join(LONG.format(number) for number in (1, 2, 3))

    lines = read(f"<table><tr><td>{menu}</td><td><h1>{HEADLINE}</h1>{body}</td></tr></table>")

    assert numbers(lines) == [1, 2, 3]
    assert OTHER not in "\n".join(lines)


def test_the_boxes_of_a_layout_are_paragraphs() -> None:
    boxes = "".join(f"<div>{LONG.format(number)}</div>" for number in (1, 2, 3))
    cell = f"<table><tr><td><h1>{HEADLINE}</h1></td></tr><tr><td>Ann Lee</td></tr></table>{boxes}"

    assert numbers(read(f"<table><tr><td>{cell}</td><td>x</td></tr></table>")) == [1, 2, 3]


def test_an_article_whose_parts_have_headings_of_the_first_kind_is_whole() -> None:
    parts = f"<h1>What the harbour master said</h1>{text(3, 4, 5)}<h1>What will happen now</h1>{text(6, 7, 8)}"

    assert numbers(read(article(text(1, 2) + parts))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_page_with_two_stories_of_the_headline_stays_whole() -> None:
    assert numbers(read(story(HEADLINE, 1, 2, 3) + story(HEADLINE, 4, 5, 6)))


def test_a_page_laid_out_with_tables_is_read_as_paragraphs() -> None:
    body = (
        f"<h1>{HEADLINE}</h1><br>{LONG.format(1)}<br><br>{LONG.format(2)}<br><br>{LONG.format(3)}"
    )
    page = f"<table><tr><td><a href='/'>Home</a></td><td><table><tr><td>{body}</td></tr></table></td></tr></table>"

    lines = read(page)

    assert numbers(lines) == [1, 2, 3]
    assert not any("|" in line for line in lines)
    assert len([line for line in lines if "number" in line]) == 3


def test_text_beside_the_blocks_of_a_cell_is_read() -> None:
    body = f"{LONG.format(1)}<br>{LONG.format(2)}<table><tr><td>Advert</td></tr></table>{LONG.format(3)}<br><b>Said</b> {LONG.format(4)}"
    tree = lxml.html.fromstring(f"<table><tr><td>{body}</td></tr></table>")

    flatten_tables(tree)

    assert [len(numbers([p.text_content()])) for p in tree.iter("p")] == [2, 2]
    assert numbers([tree.text_content()]) == [1, 2, 3, 4]


def test_a_table_of_data_stays_a_table() -> None:
    rows = "".join(f"<tr><td>Ferry {n}</td><td>{n} passengers</td></tr>" for n in range(20, 26))

    lines = read(
        article(f"{text(1, 2)}<table><tr><th>Ferry</th><th>Load</th></tr>{rows}</table>{text(3)}")
    )

    assert "| Ferry 21 | 21 passengers |" in lines


def test_an_article_of_few_paragraphs_and_many_spans_is_read_whole() -> None:
    quotes = "<p>It was late, and nobody said why it was so late on that day.</p>" * 2
    spans = "".join(f"<div class='line'><span>{LONG.format(n)}</span></div>" for n in range(1, 15))

    assert set(numbers(read(f"<div><h1>{HEADLINE}</h1>{quotes}</div><div>{spans}</div>"))) == set(
        range(1, 15)
    )
