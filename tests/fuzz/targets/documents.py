"""What sites answer: pages, the data in them, feeds, sitemaps, and bytes in any charset."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

from crawler.errors import NotAFeed, NotAnArticle
from crawler.extract.article import extract_article
from crawler.extract.documents.charset import decode_page
from crawler.extract.documents.lenient_json import find_json, load_json
from crawler.extract.explain import explain_article
from crawler.extract.feeds.feed import parse_feed
from crawler.extract.navigation.home_page import study_page
from crawler.extract.navigation.listing import read_listing
from crawler.extract.sitemaps.sitemap import parse_sitemap
from crawler.model.article import Article, Page, PageEntry
from crawler.model.source import FeedEntry, PageSettings
from tests.fuzz.samples import read_feeds, read_pages
from tests.fuzz.targets.registry import Target, hold

_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_URL = "https://courier.example.org/news/2026/11/22/ferry-leaves-late.html"
_MOST_ENTRIES = 50
_PROSE = (
    "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late. "
    "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light. "
)


def make_page(body: bytes, *, content_type: str = "text/html") -> Page:
    """Return a page as it was fetched."""
    return Page(
        url=_URL,
        requested_url=_URL,
        body=body,
        content_type=content_type,
        fetched_at=_NOW,
        visit_id=1,
        source_id=1,
        entry_id=1,
        entry=PageEntry(key="k", title="Ferry Leaves Late", stated_at=_NOW),
    )


def check_page(data: bytes) -> None:
    """A page is an article or none, with a reason; understood twice it is the same article."""
    page = make_page(data)
    try:
        article = extract_article(page)
    except NotAnArticle as error:
        hold(str(error).strip(), "a refusal has a reason")
        return
    check_article(article)
    again, _ = explain_article(page)
    hold(again == article, "an explained article is the same", article, again)


def check_document(data: bytes) -> None:
    """What is watched and no HTML (JSON, XML, CSV, plain text) is a list of lines or none, with a reason."""
    kind, _, body = data.partition(b"\n")
    page = replace(make_page(body, content_type=kind.decode("latin-1")), settings=PageSettings(is_watched=True))  # fmt: skip
    try:
        check_article(extract_article(page))
    except NotAnArticle as error:
        hold(str(error).strip(), "a refusal has a reason")


def check_article(article: Article) -> None:
    """What is stored of an article can be stored, shown and sent."""
    for name in ("url", "headline", "body", "standfirst"):
        text = getattr(article, name)
        hold(_is_storable(text), f"{name} can be stored", text)
    hold(article.body.strip(), "an article has a body")
    hold("\n" not in article.headline and "\r" not in article.headline, "a headline is one line", article.headline)  # fmt: skip
    hold("\x00" not in article.body, "a body has no NUL", article.body)
    hold(article.url.startswith(("http://", "https://")), "an address is of the web", article.url)
    date = article.publication_date
    hold(date is None or date.published_at.tzinfo is not None, "a publication has a zone", date)


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_json_ld(data: bytes) -> None:
    """Data in scripts is read or passed over, and the page around it is an article all the same."""
    text = data.decode("utf-8", "replace")
    load_json(text)
    find_json(f"window.__STATE__ = {text};")
    inside = data.replace(b"</script", b"< /script").replace(b"</SCRIPT", b"< /SCRIPT")
    script = b'<script type="application/ld+json">' + inside + b"</script>"
    head = b'<html lang="en"><head><meta charset="utf-8"><title>Ferry Leaves Late</title>' + script
    body = f"</head><body><article><h1>Ferry Leaves Late</h1><p>{_PROSE * 3}</p><p>{_PROSE}</p></article></body></html>"
    check_page(head + body.encode())


def check_home_page(data: bytes) -> None:
    """Links and feeds of a page are of the web, and not too many."""
    try:
        study_page(data, url=_URL)
        listing = read_listing(data, url=_URL, max_entries=_MOST_ENTRIES, now=_NOW)
    except NotAFeed as error:
        hold(str(error).strip(), "a refusal has a reason")
        return
    check_entries(listing.entries)


def check_entries(entries: tuple[FeedEntry, ...]) -> None:
    """Entries of any list can be stored, and none is of the future."""
    hold(len(entries) <= _MOST_ENTRIES, "no more entries than asked for", len(entries))
    for entry in entries:
        hold(not entry.url or entry.url.startswith(("http://", "https://")), "an address is of the web", entry.url)  # fmt: skip
        hold("\n" not in entry.title and "\r" not in entry.title, "a title is one line", entry.title)  # fmt: skip
        for text in (entry.url, entry.title, entry.guid or "", entry.text):
            hold(_is_storable(text), "an entry can be stored", text)
        for instant in (entry.stated_at, entry.updated_at):
            hold(instant is None or instant <= _NOW, "no entry is of the future", instant)


def check_feed(data: bytes) -> None:
    """A feed is read to its bounds, or refused with a reason; the charset of its header may be any."""
    for kind in ("application/rss+xml", "text/xml; charset=utf-16"):
        try:
            feed = parse_feed(data, url=_URL, content_type=kind, fetched_at=_NOW, max_entries=_MOST_ENTRIES)  # fmt: skip
        except NotAFeed as error:
            hold(str(error).strip(), "a refusal has a reason")
            continue
        check_entries(feed.entries)
        hold(_is_storable(feed.title), "a title can be stored", feed.title)


def check_sitemap(data: bytes) -> None:
    """A sitemap is read to its bounds, packed or not, or refused with a reason."""
    for body in (data, gzip.compress(data, 1)):
        try:
            found = parse_sitemap(body, url=_URL, fetched_at=_NOW, max_entries=_MOST_ENTRIES, max_bytes=1_000_000)  # fmt: skip
        except NotAFeed as error:
            hold(str(error).strip(), "a refusal has a reason")
            continue
        check_entries(tuple(found.entries))
        hold(all(link.startswith("http") for _, link in found.children), "sitemaps are of the web", found.children)  # fmt: skip


def check_charset(data: bytes) -> None:
    """Any bytes are a text that can be stored; valid UTF-8 is never taken for another charset, but for those that are valid UTF-8 too."""
    kind, _, body = data.partition(b"\n")
    text = decode_page(body, kind.decode("latin-1"))
    hold(_is_storable(text), "a text can be stored", text)
    try:
        plain = body.decode("utf-8")
    except UnicodeDecodeError:
        return
    if b"\x00" not in body and not body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"+/v")) and b"\x1b" not in body and b"~{" not in body:  # fmt: skip
        hold(text == plain, "UTF-8 is read as UTF-8", text, plain)


_JSON_LD = tuple(
    json.dumps(one).encode()
    for one in (
        {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Ferry Leaves Late", "datePublished": "2026-11-22T09:00:00Z", "author": [{"@type": "Person", "name": "Ada Quay"}], "articleBody": _PROSE * 4, "isAccessibleForFree": False, "url": _URL, "keywords": "ferry, drone"},
        {"@graph": [{"@type": ["WebPage", "FAQPage"], "mainEntity": {"@type": "LiveBlogPosting", "liveBlogUpdate": [{"headline": "x", "articleBody": _PROSE}]}}, {"@type": "BreadcrumbList", "itemListElement": [{"position": 1, "name": "News", "item": _URL}]}]},
        [{"@type": "Article", "author": "Ada", "dateModified": 1795338900, "publisher": {"name": "Courier", "logo": {"url": "/l.png"}}, "mainEntityOfPage": {"@id": _URL}}],
    )
)  # fmt: skip
_SITEMAPS = (
    b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://courier.example.org/a?x=1&amp;y=2</loc><lastmod>2026-11-22</lastmod><news:news><news:publication><news:name>C</news:name><news:language>en</news:language></news:publication><news:publication_date>2026-11-22T08:00:00Z</news:publication_date><news:title>Ferry</news:title></news:news></url></urlset>',
    b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://courier.example.org/s-2026-11.xml.gz</loc><lastmod>2026-11-22T08:00:00+00:00</lastmod></sitemap><sitemap><loc>/s2.xml</loc></sitemap></sitemapindex>',
)  # fmt: skip
_JSON_FEED = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "C", "language": "en", "items": [{"id": 1, "url": _URL, "title": "Ferry", "content_html": f"<p>{_PROSE}</p>", "date_published": "2026-11-22T08:00:00Z", "authors": [{"name": "A"}]}]}).encode()  # fmt: skip
_CHARSETS = tuple(
    kind + b"\n" + text.encode(encoding, "replace")
    for kind, encoding, text in (
        (b"text/html; charset=windows-1251", "cp1251", "<p>Дрон над портом</p>"),
        (b"text/html", "shift_jis", '<meta charset="shift_jis"><p>港の無人機</p>'),
        (b"text/html; charset=iso-2022-jp", "iso-2022-jp", "<p>港の無人機</p>"),
        (b"text/html; charset=utf-7", "utf-8", "<p>naïve — “quoted” café</p>"),
        (b"text/html", "cp1252", "<p>na\u00efve \u2014 caf\u00e9</p>"),
        (b"text/html", "utf-16", "<p>plain</p>"),
        (b"text/html; charset=gb18030", "gb18030", "<p>港口上空的无人机</p>"),
    )
)
_DOCUMENTS = (
    b'application/json\n{"notices": [{"title": "Ferry", "text": "' + _PROSE.encode() + b'", "n": 1, "open": true}]}',
    b"text/xml; charset=utf-8\n<?xml version='1.0'?><notices><notice id='1'>" + _PROSE.encode() + b"</notice></notices>",
    b'text/csv\nname,port,"when"\n"Ferry ""Ada""",8,2026-11-22\n' + b"a,b,c\n" * 20,
    b"text/plain\n" + _PROSE.encode() * 3,
    b"application/javascript\ncallback({\"a\": [1, 2, {\"b\": null}]});",
    b"application/pdf\n%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 144]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 44>>stream\nBT /F1 18 Tf 10 100 Td (Ferry leaves late) Tj ET\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
)  # fmt: skip
_MARKUP = (b"<p>", b"</div>", b"<article>", b"<script>", b"</script>", b"<time datetime='2026-11-22'>", b"<meta charset='x'>", b"<a href='/news/2026/", b"<h1>", b"<table>", b"<template shadowrootmode=open>", b"<noscript>", b"<svg>", b"<title>", b"<base href='//'>", b"<link rel=canonical href='", b"<frameset>", b"<plaintext>")  # fmt: skip

TARGETS = (
    Target(
        name="page", check=check_page, samples=read_pages, tokens=_MARKUP, most=150_000, seconds=20
    ),
    Target(
        name="home-page",
        check=check_home_page,
        samples=read_pages,
        tokens=_MARKUP,
        most=100_000,
        seconds=15,
    ),
    Target(
        name="document",
        check=check_document,
        samples=lambda: _DOCUMENTS,
        tokens=(
            b'{"a":',
            b"[",
            b"]",
            b",",
            b'"',
            b"<a>",
            b"</a>",
            b"<![CDATA[",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
            b"&a;",
            b"%PDF-1.4",
            b" 0 obj",
            b"stream\n",
            b"/Filter/FlateDecode",
            b"/Length 99999999",
            b"\n",
        ),
        most=30_000,
        seconds=6,
    ),
    Target(
        name="json-ld",
        check=check_json_ld,
        samples=lambda: _JSON_LD,
        tokens=(
            b'"@type":',
            b'"NewsArticle"',
            b'"headline":',
            b'"datePublished":',
            b'"author":',
            b'"articleBody":',
            b"[",
            b"]",
            b"{",
            b"}",
            b",",
            b"/*",
            b"\\u",
        ),
        most=20_000,
        seconds=8,
    ),
    Target(
        name="feed",
        check=check_feed,
        samples=lambda: (*read_feeds(), _JSON_FEED),
        tokens=(
            b"<item>",
            b"</item>",
            b"<entry>",
            b"<link>",
            b"<link href='",
            b"<guid isPermaLink='false'>",
            b"<pubDate>",
            b"<title type='html'>",
            b"<content:encoded>",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
            b"&a;",
            b'"items":',
            b"<ttl>9999999999</ttl>",
            b"<rdf:RDF>",
            b"xml:base='//x'",
        ),
        most=60_000,
        seconds=8,
    ),
    Target(
        name="sitemap",
        check=check_sitemap,
        samples=lambda: _SITEMAPS,
        tokens=(
            b"<url>",
            b"<loc>",
            b"</loc>",
            b"</url>",
            b"<lastmod>",
            b"<sitemap>",
            b"<news:publication_date>",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
            b"&a;",
        ),
        most=60_000,
        seconds=5,
    ),
    Target(
        name="charset",
        check=check_charset,
        samples=lambda: _CHARSETS,
        tokens=(
            b"charset=",
            b"<meta charset=",
            b"\x1b$B",
            b"\x1b(B",
            b"+AGE-",
            b"\x81\x40",
            b"\xff\xfe\x00\x00",
            b"hz-gb-2312",
            b"unicode_escape",
            b"rot13",
            b"idna",
            b"punycode",
            b"base64",
        ),
        most=4000,
    ),
)
