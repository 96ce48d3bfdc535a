"""Articles of one sentence: a news flash is one if its page says so; teasers, walls, videos and stubs are not."""

import json
from dataclasses import replace

import pytest

from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.model.article import Article, Page, PageEntry
from tests.fakes import START

HEADLINE = "Ferry pilot found alive after storm"
SENTENCE = "The pilot of the missing ferry was found alive on Tuesday, the coast guard said."
MENU = (
    "".join(f"<a href='/s/{n}'>Section {n}</a>" for n in range(9)) + "<a href='/login'>Log in</a>"
)
DATE = "2026-11-24T10:00:00+00:00"


def node(**more: object) -> str:
    facts = {"@type": "NewsArticle", "headline": HEADLINE, "datePublished": DATE, **more}
    return f'<script type="application/ld+json">{json.dumps(facts)}</script>'


def metas(**more: str) -> str:
    facts = {"og:type": "article", "og:title": HEADLINE, "article:published_time": DATE, **more}
    return "".join(f'<meta property="{name}" content="{text}">' for name, text in facts.items())


def write(
    head: str,
    text: str = SENTENCE,
    *,
    headline: str = HEADLINE,
    around: str = "",
    attributes: str = "",
) -> bytes:
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{headline}</title>{head}</head><body>"
        f"<nav>{MENU}</nav><main><article {attributes}><h1>{headline}</h1><p>{text}</p></article>{around}</main>"
        "<footer><p>About us</p><p>All rights reserved.</p></footer></body></html>"
    ).encode()


def understand(
    body: bytes, *, summary: str = "", title: str = HEADLINE, path: str = "flash"
) -> Article:
    url = f"https://x.org/{path}"
    page = Page(
        url=url,
        requested_url=url,
        body=body,
        content_type="text/html",
        fetched_at=START,
        visit_id=1,
        source_id=1,
        entry_id=1,
        entry=PageEntry(title=title, text=summary),
    )
    return extract_article(page)


FLASHES = [
    pytest.param(write(node()), SENTENCE, id="the feed has it"),
    pytest.param(write(node(articleBody=SENTENCE)), "", id="its data has it"),
    pytest.param(write(node(description=SENTENCE)), "", id="its summary has it"),
    pytest.param(write(metas(**{"og:description": SENTENCE})), "", id="Open Graph alone"),
    pytest.param(write(node(**{"@type": "ReportageNewsArticle"})), SENTENCE, id="a kind of article"),
    pytest.param(write(node(**{"@type": ["Thing", "BlogPosting"]})), SENTENCE, id="several types"),
    pytest.param(
        write(
            f'<meta name="date" content="{DATE}">',
            f"<span itemprop='articleBody'>{SENTENCE}</span><time itemprop='datePublished' datetime='{DATE}'>Tue</time>",
            attributes="itemscope itemtype='https://schema.org/NewsArticle'",
        ),
        "",
        id="microdata",
    ),
    pytest.param(
        write(node(), around="<section><h2>More</h2>" + "".join(f"<a href='/news/{n}'>A headline of another story {n}</a>" for n in range(20)) + "</section>"),
        SENTENCE,
        id="other headlines below",
    ),
    pytest.param(
        write(node()).replace(b"<nav>", b"<div id='bar'>We use cookies to make this site better.</div><nav>"),
        SENTENCE,
        id="a cookie bar",
    ),
    pytest.param(write(node(), SENTENCE.replace("missing", "<a href='/t'>missing</a>")), SENTENCE, id="a link in it"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "summary"), FLASHES)
def test_one_sentence_is_an_article_if_its_page_says_so(body: bytes, summary: str) -> None:
    article = understand(body, summary=summary)

    assert article.headline == HEADLINE
    assert "found alive on Tuesday" in article.body
    assert "rights" not in article.body
    assert not article.is_teaser


OTHER_LANGUAGES = [
    ("地震袭击北海道", "北海道周二晚间发生强烈地震。", "zh"),
    ("函館で強い地震", "函館市で火曜日の夜、強い地震。", "ja"),
    ("แผ่นดินไหวเชียงใหม่", "เกิดแผ่นดินไหวที่เชียงใหม่เมื่อคืนวันอังคาร", "th"),
    ("زلزال يضرب إزمير", "زلزال قوي يضرب إزمير مساء الثلاثاء.", "ar"),
    ("Землетрясение в Казани", "Сильное землетрясение произошло в Казани.", "ru"),
    ("Papst gestorben", "Der Papst ist am Dienstag gestorben.", "de"),
    ("대구에서 강한 지진", "화요일 밤 대구에서 강한 지진 발생.", "ko"),
]


@pytest.mark.parametrize(("headline", "sentence", "language"), OTHER_LANGUAGES)
def test_a_flash_is_recognised_in_any_script(headline: str, sentence: str, language: str) -> None:
    head = node(headline=headline, articleBody=sentence)
    body = write(head, sentence, headline=headline).replace(
        b"lang='en'", f"lang='{language}'".encode()
    )

    assert sentence.rstrip("。.") in understand(body, title=headline).body


@pytest.mark.parametrize("stated", ["\u00b2", "\u0661", "many", "", -3, None])
def test_a_word_count_that_is_no_number_says_nothing(stated: object) -> None:
    """``"\u00b2".isdigit()`` is true, and ``int`` refuses it."""
    assert (
        "found alive on Tuesday" in understand(write(node(wordCount=stated)), summary=SENTENCE).body
    )


@pytest.mark.parametrize("stated", [640, "640", "9" * 5000])
def test_a_page_that_states_more_words_than_it_shows_is_no_flash(stated: object) -> None:
    with pytest.raises(NotAnArticle):
        understand(write(node(wordCount=stated)), summary=SENTENCE)


WALLS = [
    pytest.param(write(node(isAccessibleForFree=False)), id="not for free"),
    pytest.param(write(node(hasPart={"@type": "WebPageElement", "isAccessibleForFree": "False"})), id="a part is not for free"),
    pytest.param(write(node(), around="<div class='paywall'>€ 1</div>"), id="a paywall in its markup"),
    pytest.param(write(node(), around="<p>Subscribe to continue reading.</p>"), id="asks to subscribe"),
    pytest.param(write(node(), around="<div><button>Sign in to read</button></div>"), id="asks to sign in"),
    pytest.param(write(metas(**{"article:content_tier": "locked"}), around="<p>Plus</p>"), id="a locked tier"),
    pytest.param(write(node(), f"{SENTENCE[:60]}…"), id="cut off"),
    pytest.param(write(node(wordCount=640)), id="it states more words"),
    pytest.param(write(node(**{"@type": "LiveBlogPosting"})), id="a live blog"),
    pytest.param(write(node(coverageStartTime=DATE)), id="a running story"),
    pytest.param(write(node(), headline="Live: the storm and the ferry pilot"), id="a live headline"),
    pytest.param(write(node(video={"@type": "VideoObject", "name": "x"})), id="a film in its data"),
    pytest.param(write(node(), around="<video src='/a.mp4'></video>"), id="a film"),
    pytest.param(write(node(), around="<iframe src='https://www.youtube.com/embed/x'></iframe>"), id="a film in a frame"),
    pytest.param(write(node(datePublished="")), id="no date"),
    pytest.param(write(""), id="it says nothing of itself"),
    pytest.param(write(metas(**{"og:type": "website"})), id="a website"),
    pytest.param(write(node(), "Ferry pilot: more soon."), id="another sentence"),
    pytest.param(write(node(), "We use cookies and need your consent."), id="a cookie page"),
]  # fmt: skip


@pytest.mark.parametrize("body", WALLS)
def test_a_page_with_a_sign_of_something_else_is_not_a_flash(body: bytes) -> None:
    with pytest.raises(NotAnArticle):
        understand(body, summary=SENTENCE)


@pytest.mark.parametrize(
    ("path", "title", "headline", "sentence"),
    [
        ("", HEADLINE, HEADLINE, SENTENCE),
        ("sport", "Sport", "Sport", "The latest sport news, scores and results."),
        ("sport", "", "Sport", "The latest sport news, scores and results."),
    ],
)
def test_a_section_page_that_calls_itself_an_article_is_refused(
    path: str, title: str, headline: str, sentence: str
) -> None:
    body = write(node(headline=headline, description=sentence), sentence, headline=headline)

    with pytest.raises(NotAnArticle):
        understand(body, path=path, title=title)


def test_a_flash_is_recognised_without_a_feed() -> None:
    body = write(node(description=SENTENCE))

    article = understand(body, title="", path="news/2026/11/24/ferry-pilot-found-alive")

    assert article.body == SENTENCE
    assert replace(article, body="").publication_date is not None
