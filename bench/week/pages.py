"""How an article stands on its page, and what stands around it. Pure."""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape

from bench.week.texts import Text

WALL = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Just a moment...</title></head><body>'
    b"<h1>Checking your browser before you go on</h1><p>Please enable JavaScript and cookies to continue.</p>"
    b'<div class="h-captcha" data-sitekey="1"></div></body></html>'
)


def write_page(  # what a page is made of
    text: Text,
    *,
    published_at: datetime,
    rail: Sequence[str] = (),
    comments: Sequence[str] = (),
    is_paywalled: bool = False,
    encoding: str = "utf-8",
) -> bytes:
    """Write an article's page.

    rail      headlines of a list of most-read articles
    comments  what readers wrote below
    """
    shown = text.paragraphs[:1] if is_paywalled else text.paragraphs
    body = "".join(f"<p>{escape(one.text)}</p>" for one in shown)
    stated = published_at.isoformat()
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": text.headline,
        "datePublished": stated,
    }
    if is_paywalled:
        facts["isAccessibleForFree"] = False
        body += '<div class="paywall"><p>Subscribe to read on.</p></div>'
    stated_text = ""
    if len(text.paragraphs) == 1:  # a flash states in its head what it is, as those of agencies do
        stated_text = (
            f'<meta property="og:description" content="{escape(text.paragraphs[0].text)}">'
        )
        facts["description"] = text.paragraphs[0].text
    menu = "".join(f'<li><a href="/tag/{n}">{escape(one)}</a></li>' for n, one in enumerate(rail))
    said = "".join(f'<li class="comment"><p>{escape(one)}</p></li>' for one in comments)
    html = (
        f'<!doctype html><html lang="{text.language}"><head><meta charset="{encoding}"><title>{escape(text.headline)}</title>'
        f'<meta property="article:published_time" content="{stated}"><meta property="og:type" content="article">{stated_text}'
        f'<script type="application/ld+json">{json.dumps(facts)}</script></head><body>'
        f'<header><nav><ul><li><a href="/">Home</a></li>{menu}</ul></nav></header>'
        f"<main><article><h1>{escape(text.headline)}</h1><time datetime='{stated}'>{stated[:16]}</time>{body}</article>"
        + (f'<aside class="most-read"><h2>Most read</h2><ul>{menu}</ul></aside>' if menu else "")
        + (f'<section id="comments"><h2>Comments</h2><ol>{said}</ol></section>' if said else "")
        + "</main><footer><p>Imprint</p></footer></body></html>"
    )
    return html.encode(encoding, "xmlcharrefreplace")


def write_list(heading: str, items: Sequence[str], language: str) -> bytes:
    """Write a page that is itself watched: a list of texts."""
    lines = "".join(f"<li><p>{escape(text)}</p></li>" for text in items)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(heading)}</title></head>'
        f"<body><main><h1>{escape(heading)}</h1><ul>{lines}</ul></main></body></html>"
    ).encode()
