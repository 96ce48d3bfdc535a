"""The pages of articles, boilerplate included. Pure functions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from bench.week.world.texts.texts import Text

# headline, time and text in the markup of four publishing systems
LAYOUTS = (
    "<article><h1>{0}</h1><time datetime='{1}'>{2}</time>{3}</article>",
    '<div id="post-7" class="post type-post hentry"><h1 class="entry-title">{0}</h1><div class="entry-meta">Posted on {2} by the desk</div>'
    '<div class="entry-content">{3}</div><div class="sharedaddy"><a href="/share">Share</a></div></div>',
    '<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">{0}</h1><meta itemprop="datePublished" content="{1}">'
    '<section itemprop="articleBody">{3}</section></div>',
    '<div class="col-8"><h1>{0}</h1><div class="lead-bar"><span class="date">{2}</span></div><div class="text">{3}</div></div>'
    '<div class="col-4"><form action="/newsletter"><label>Our letter every morning</label><input name="mail"></form></div>',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The surroundings of an article on its page.

    sidebar    headlines of a list of most-read articles
    comments   comments of readers below the article
    canonical  the address the page states; empty if it states none
    next_page  the address of the next part, if there are several
    layout     number in ``LAYOUTS``: the markup of the site's publishing system
    """

    sidebar: Sequence[str] = ()
    comments: Sequence[str] = ()
    canonical: str = ""
    next_page: str = ""
    layout: int = 0


def write_page(
    text: Text,
    *,
    published_at: datetime,
    around: Around,
    quirks: frozenset[str],
    encoding: str = "utf-8",
) -> bytes:
    """Return an article's page, in the form of its kind of site."""
    stated = published_at.isoformat()
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": text.headline,
        "datePublished": stated,
    }
    more = f'<link rel="canonical" href="{around.canonical}">' if around.canonical else ""
    if around.next_page:
        more += f'<link rel="next" href="{around.next_page}">'
    if "paywall" in quirks:
        facts["isAccessibleForFree"] = False
    if len(text.paragraphs) == 1:  # a flash names its type in its head, as those of agencies do
        more += f'<meta property="og:description" content="{escape(text.paragraphs[0].text)}">'
        facts["description"] = text.paragraphs[0].text
    if "json-ld" in quirks:
        facts["articleBody"] = "\n\n".join(one.text for one in text.paragraphs)
    menu = "".join(
        f'<li><a href="/tag/{n}">{escape(one)}</a></li>' for n, one in enumerate(around.sidebar)
    )
    html = (
        f'<!doctype html><html lang="{text.language}"><head><meta charset="{encoding}"><title>{escape(text.headline)}</title>'
        f'<meta property="article:published_time" content="{stated}"><meta property="og:type" content="article">{more}'
        f'<script type="application/ld+json">{json.dumps(facts)}</script></head><body>'
        f'<header><nav><ul><li><a href="/">Home</a></li>{menu}</ul></nav></header>'
        f"<main>{_write_body(text, stated, quirks, LAYOUTS[around.layout])}{_write_next(around)}"
        + (f'<aside class="most-read"><h2>Most read</h2><ul>{menu}</ul></aside>' if menu else "")
        + _write_comments(around.comments)
        + "</main><footer><p>Imprint</p></footer></body></html>"
    )
    return html.encode(encoding, "xmlcharrefreplace")


def _write_body(text: Text, stated: str, quirks: frozenset[str], layout: str) -> str:
    """Return headline and text, or what an app has in their place."""
    if "json-ld" in quirks:
        return '<div id="root"></div>'
    if "next data" in quirks:
        parts = [{"type": "p", "text": one.text} for one in text.paragraphs]
        state = {"props": {"pageProps": {"article": {"title": text.headline, "body": parts}}}}
        return f'<div id="root"></div><script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'
    shown = text.paragraphs[:1] if "paywall" in quirks else text.paragraphs
    if "tables" in quirks:
        lines = "<br><br>".join(escape(one.text) for one in shown)
        return (
            f'<table width="100%"><tr><td width="160"><a href="/a">Archive</a><br><a href="/b">Contact</a></td><td><font size="5"><b>'
            f'{escape(text.headline)}</b></font><br><font size="2">{stated[:16]}</font><br><br><font size="3">{lines}</font></td></tr></table>'
        )
    body = "".join(f"<p>{escape(one.text)}</p>" for one in shown)
    if "paywall" in quirks:
        body += '<div class="paywall"><p>Subscribe to read on.</p></div>'
    if "select" in quirks:
        body = f'<div class="story-text">{body}</div><div class="story-more"><p>{_TEASER} {_TEASER}</p></div>'
    return layout.format(escape(text.headline), stated, stated[:16], body)


_TEASER = "Our readers wrote about a drone, a glacier, a comet, an otter and a power cut, and the best of their letters stand in the paper on Sunday."


def _write_next(around: Around) -> str:
    if not around.next_page:
        return ""
    return f'<div class="pages"><a href="{around.next_page}">Next page</a></div>'


def _write_comments(comments: Sequence[str]) -> str:
    listed = "".join(f'<li class="comment"><p>{escape(one)}</p></li>' for one in comments)
    return f'<section id="comments"><h2>Comments</h2><ol>{listed}</ol></section>' if listed else ""


def write_parts(heading: str, texts: Sequence[tuple[str, Text]], language: str) -> bytes:
    """Return a page with several articles, each under its headline with a name to link to."""
    parts = "".join(
        f'<h2 id="{name}">{escape(text.headline)}</h2>'
        + "".join(f"<p>{escape(one.text)}</p>" for one in text.paragraphs)
        for name, text in texts
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(heading)}</title></head>'
        f"<body><main><article><h1>{escape(heading)}</h1>{parts}</article></main></body></html>"
    ).encode()


def write_list(
    heading: str, items: Sequence[str], language: str, *, moment: datetime | None = None
) -> bytes:
    """Return a page that is itself watched: a list of texts, and with ``moment`` parts that change at each look and are no news."""
    shown, noise = list(items), ""
    if moment is not None:
        turn = moment.second % max(1, len(shown))
        shown = [*shown[turn:], *shown[:turn]]
        noise = (
            f"<p>You are visitor number {moment.timestamp() * 3 % 1_000_000:.0f}.</p><p>Local time: {moment:%H:%M:%S}</p>"
            f"<p>Last update: {1 + moment.second % 50} minutes ago</p><form><input type=hidden name=csrf value=t{moment.microsecond}></form>"
            f"<p>Page generated in 0.0{moment.microsecond % 1000} seconds with {20 + moment.second} queries.</p>"
        )
    lines = "".join(f"<li><p>{escape(text)}</p></li>" for text in shown)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(heading)}</title></head>'
        f"<body><main><h1>{escape(heading)}</h1><ul>{lines}</ul></main>{noise}</body></html>"
    ).encode()
