"""Text that a page holds but does not show: for machines, in data of scripts, in templates."""

import json
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest

from crawler.errors import NotAnArticle
from crawler.model.article import Article
from tests.fakes import FakeSite, Reply
from tests.spiders.test_crawl import configure, crawl, rows, settings
from tests.unit.extract.test_article import understand

TITLE = "Ferry leaves the quay late"
OWN = (
    "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late.",
    "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light.",
    "From next week the library opens on Sundays as well, the council decided after a debate of nearly four hours.",
    "The engineer had written to the ministry twice since spring, and each time the letter came back unanswered.",
)
OTHER = (
    "A wholly other story is told here about a museum in the mountains, which closes for the winter months.",
    "Its director says that the roof has to be mended before the snow comes, and that the money has been found.",
)
BODY = "\n\n".join(OWN)
HTML = "".join(f"<p>{line}</p>" for line in OWN)
NODE = {"@type": "NewsArticle", "headline": TITLE, "articleBody": BODY}
TEASERS = [{"title": "Museum closes", "url": "/a/museum", "summary": line} for line in OTHER]
ARTICLE = {"title": TITLE, "body": [{"type": "p", "text": line} for line in OWN]}


def page(inside: str, *, title: str = f"{TITLE} | Post", head: str = "") -> bytes:
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title><meta property="og:title" content="{TITLE}">'
        f'{head}</head><body><div id="root"></div>{inside}</body></html>'
    ).encode()


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def data(value: object, *, name: str = "__NEXT_DATA__") -> str:
    return f'<script id="{name}" type="application/json">{json.dumps(value)}</script>'


def stream(rows_of_it: str) -> str:
    pieces = [rows_of_it[at : at + 150] for at in range(0, len(rows_of_it), 150)]
    return "".join(
        f"<script>self.__next_f.push([1,{json.dumps(piece)}])</script>" for piece in pieces
    )


def check_own(article: Article) -> None:
    assert all(line in article.body for line in OWN)
    assert not any(line in article.body for line in OTHER)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(NODE),
        json.dumps(NODE)[:-1] + ",}",
        json.dumps(NODE).replace("\\n\\n", "\n\t\n"),
        f"<!--\n{json.dumps(NODE)}\n-->",
        f"//<![CDATA[\n{json.dumps(NODE)}\n//]]>",
        f"{json.dumps(NODE)};",
        json.dumps({"@graph": [{"@type": "WebPage"}, {**NODE, "@type": ["ReportageNewsArticle"]}]}),
        json.dumps({"@type": "WebPage", "mainEntity": {**NODE, "articleBody": HTML}}),
        json.dumps({**NODE, "articleBody": escape(HTML)}),
        json.dumps({**NODE, "articleBody": "<br><br>".join(OWN)}),
        json.dumps({**NODE, "articleBody": list(OWN)}),
        json.dumps({"@type": "LiveBlogPosting", "headline": TITLE, "liveBlogUpdate": [{"@type": "BlogPosting", "articleBody": line} for line in OWN]}),
    ],
)  # fmt: skip
def test_a_body_in_structured_data_is_read(text: str) -> None:
    article = understand(page(ld(text)))

    check_own(article)
    assert article.body_origin == "the page's JSON-LD"


@pytest.mark.parametrize(
    "inside",
    [
        data({"props": {"pageProps": {"article": ARTICLE, "related": TEASERS, "items": TEASERS}}}),
        data({"post": {"title": {"rendered": TITLE}, "content": {"rendered": HTML}, "excerpt": {"rendered": OTHER[0]}},
              "comments": [{"text": line} for line in OTHER]}),
        data({"seo": {"title": f"{TITLE} | Post"}, "page": {"title": TITLE, "blocks": [{"type": "paragraph", "data": {"text": line}} for line in OWN]}}),
        data({"headline": TITLE, "content": [{"type": "paragraph", "children": [{"text": line[:20]}, {"text": line[20:35], "bold": True}, {"text": line[35:]}]} for line in OWN]}),
        data({"headline": TITLE, "body": json.dumps({"blocks": [{"type": "paragraph", "text": line} for line in OWN]})}),
        data([{"data": 1}, {"article": 2}, {"title": 3, "body": 4}, TITLE, [5, 6, 7, 8], *OWN], name="__NUXT_DATA__"),
        f"<script>window.__INITIAL_STATE__ = {json.dumps({'article': ARTICLE, 'teasers': TEASERS})};(function(){{}})()</script>",
        f"<script>window.__STATE__=JSON.parse({json.dumps(json.dumps({'article': ARTICLE}))})</script>",
        "<script>window.__APOLLO_STATE__=" + json.dumps({
            "Article:1": {"title": TITLE, "paragraphs": [{"__ref": f"P:{n}"} for n in range(4)]},
            **{f"P:{n}": {"text": line} for n, line in enumerate(OWN)},
            "Article:2": {"title": "Museum", "url": "/m", "body": " ".join(OTHER)}}) + "</script>",
        f'<script>window.__NUXT__=(function(a,b){{return {{article:{{title:"{TITLE}",body:["{chr(34).join((OWN[0], ",", OWN[1], ",", OWN[2], ",", OWN[3]))}"]}}}}}}(1,2))</script>',
        stream(f'5:["$","h1",null,{{"children":{json.dumps(TITLE)}}}]\n' + "".join(f'6:["$","p",null,{{"children":{json.dumps(line)}}}]\n' for line in OWN)),
        stream(f'5:{{"title":{json.dumps(TITLE)},"body":"$6"}}\n6:T{len(HTML):x},{HTML}7:["x"]\n'),
        stream(f'5:["$","$L9",null,{{"data":{json.dumps({"title": TITLE, "body": [{"_type": "block", "children": [{"_type": "span", "text": line[:30]}, {"_type": "span", "text": line[30:]}]} for line in OWN]})}}}]\n'),
        data([{"data": 1}, ["Reactive", 2], {"title": 3, "paragraphs": 4, "related": 9}, TITLE, [5, 6, 7, 8], *OWN, [10, 11], *OTHER], name="__NUXT_DATA__"),
        f'<script type="application/json" data-sveltekit-fetched data-url="/api/7">{json.dumps({"status": 200, "body": json.dumps({"title": TITLE, "content": HTML})})}</script>',
        f'<script id="app-state" type="application/json">{json.dumps({"a": {"title": TITLE, "body": HTML}}).replace(chr(34), "&q;").replace("<", "&l;").replace(">", "&g;")}</script>',
        f"<div data-page='{escape(json.dumps({'props': {'article': {'title': TITLE, 'body': HTML}}}))}'></div>",
        f'<amp-state id="s"><script type="application/json">{json.dumps(ARTICLE)}</script></amp-state>',
        f"<template><h1>{TITLE}</h1>{HTML}</template>",
        f'<noscript><div class="article">{HTML}</div></noscript>',
        f"<main><noscript>{HTML}</noscript></main>",
        f'<story-page><template shadowrootmode="open"><div>{HTML}</div></template></story-page>',
        f"<astro-island props='{escape(json.dumps({'title': [0, TITLE], 'html': [0, HTML], 'tags': [1, [[0, 'x']]]}))}'></astro-island>",
        f'<script>window.D = JSON.parse(decodeURIComponent("{quote(json.dumps(ARTICLE))}"))</script>',
        f'<meta name="app/shoebox" content="{quote(json.dumps(ARTICLE))}">',
        f'<textarea id="article-source">{escape(f"<h1>{TITLE}</h1>{HTML}")}</textarea>',
        f'<iframe srcdoc="{escape(f"<article><h1>{TITLE}</h1>{HTML}</article>")}"></iframe>',
        f'<script type="text/x-template"><h1>{TITLE}</h1>{HTML}</script>',
    ],
)  # fmt: skip
def test_an_article_in_the_data_of_a_page_is_read(inside: str) -> None:
    check_own(understand(page(inside)))


@pytest.mark.parametrize(
    "inside",
    [
        data({"title": TITLE, "items": TEASERS * 5}),
        data({"title": TITLE, "translations": {"cookie": BODY}, "comments": [{"text": BODY}]}),
        data({"x": {"y": list(OWN)}}),
        data([{"a": 1}, [0, 2], [1, 0]], name="__NUXT_DATA__"),
        data([{str(n): n for n in range(3000)}, *[[n] * 3000 for n in range(3000)]], name="__NUXT_DATA__"),
        stream('1:[' * 3000),
        f'<template id="content"><p>We and our partners use cookies. {BODY}</p></template>',
        "<noscript>You need to enable JavaScript to run this app.</noscript>",
        f"<textarea>{BODY}</textarea>",
        *(f"<textarea>{sign * 100_000}</textarea><iframe srcdoc='{sign * 100_000}'></iframe>" for sign in ("&lt;p ", "&lt;b>", "%7B")),
        *(f"<script>x = '%7B{sign * 100_000}'</script>" for sign in ("%7B", "%22", "a", '"%5B')),
        *(f"<script>window.x = '{TITLE}'; {sign * 300_000}</script>" for sign in ('"', "{", "[", "\\'", "`", ",}")),
        *(ld(sign * 300_000) for sign in ('"', "{", "[", '{"a":', ",}", '\\"')),
        *(ld(json.dumps({**NODE, "articleBody": sign * 300_000})) for sign in (" ", "\n", "<p ", "&lt;p", "a-")),
    ],
)  # fmt: skip
def test_a_page_without_an_article_is_still_refused(inside: str) -> None:
    with pytest.raises(NotAnArticle):
        understand(page(inside))


def test_the_visible_text_is_used_where_it_is_complete() -> None:
    shown = f"<article><h1>{TITLE}</h1>{HTML}</article>"

    article = understand(
        page(shown + ld(json.dumps({**NODE, "articleBody": " ".join(OTHER * 20)})))
    )

    check_own(article)
    assert article.body_origin == ""


def test_a_visible_teaser_is_completed() -> None:
    shown = f"<article><h1>{TITLE}</h1><p>{OWN[0]}</p></article>"

    check_own(understand(page(shown + ld(json.dumps(NODE)))))


async def test_a_word_in_the_data_of_a_script_causes_an_alert(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/a/ferry"] = Reply(page(data({"article": ARTICLE})))
    site.pages["/a/shell"] = Reply(page("<noscript>Enable JavaScript, please.</noscript>"))
    site.put_feed("/rss", "/a/ferry", "/a/shell")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT url, state FROM entries ORDER BY url") == [
        (f"{site.url}/a/ferry", "fetched"),
        (f"{site.url}/a/shell", "waiting"),
    ]
    assert rows(config, "SELECT count(*) FROM matches") == [(1,)]
