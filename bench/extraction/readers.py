"""The extractors that are compared: ours, and the libraries that could be used instead.

A library that is not installed is left out, with a message; ``pip install 'watchword[bench]'`` installs them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from bench.extraction.corpora import Sample
from crawler.errors import WatchwordError
from crawler.extract.article import extract_article
from crawler.extract.dates.zones import find_zone
from crawler.model.article import Page

Found = Mapping[str, object]
_MANY_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An extractor.

    reads  returns ``body`` (without the standfirst), ``body_with_standfirst``, ``title``, ``authors``, ``date``, if it knows them
    needs  the module that must be installed
    """

    name: str
    reads: Callable[[Sample], Found]
    needs: str
    knows: frozenset[str]

    @property
    def is_there(self) -> bool:
        """Whether its library is installed."""
        return find_spec(self.needs) is not None


def make_page(sample: Sample) -> Page:
    """Return a sample as the page that a crawl would pass on."""
    return Page(
        url=sample.url,
        requested_url=sample.url,
        body=sample.html,
        content_type="text/html",
        fetched_at=sample.fetched_at,
        visit_id=0,
        source_id=0,
        entry_id=0,
    )


def _watchword(sample: Sample) -> Found:
    try:
        article = extract_article(make_page(sample))
    except WatchwordError as refusal:
        return {"refusal": str(refusal)}
    paragraphs = article.body.split("\n\n")
    return {
        "body": "\n".join(line for line in paragraphs if line != article.standfirst),
        "body_with_standfirst": "\n".join(paragraphs),
        "title": article.headline,
        "authors": article.byline.names if article.byline else (),
        "date": _local_day(article),
    }


def _local_day(article: Any) -> str | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if article.publication_date is None:
        return None
    try:
        zone = ZoneInfo(article.publication_date.zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = find_zone(article.publication_date.zone)  # type: ignore[assignment]  # an offset
    return article.publication_date.published_at.astimezone(zone).isoformat()  # type: ignore[no-any-return]  # Any


def _trafilatura(*, is_fast: bool) -> Callable[[Sample], Found]:
    def read(sample: Sample) -> Found:
        import trafilatura
        from trafilatura.settings import Document

        document = trafilatura.bare_extraction(
            sample.html.replace(b"\0", b""),
            url=sample.url,
            fast=is_fast,
            include_comments=False,
            with_metadata=True,
        )
        if not isinstance(document, Document):
            return {}
        authors = [name.strip() for name in (document.author or "").split(";") if name.strip()]
        return {
            "body": document.text or "",
            "body_with_standfirst": document.text or "",
            "title": document.title,
            "authors": authors,
            "date": document.date,
        }

    return read


def _newspaper(sample: Sample) -> Found:
    import newspaper

    article = newspaper.Article(sample.url, fetch_images=False)
    try:
        article.download(input_html=sample.html.decode("utf-8", "replace"))
        article.parse()
    except Exception:
        return {}
    date = article.publish_date
    return {
        "body": article.text,
        "body_with_standfirst": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "date": date.isoformat() if date else None,
    }


def _news_please(sample: Sample) -> Found:
    from newsplease import NewsPlease

    try:
        # images would be fetched from the paper's server
        article = NewsPlease.from_html(
            sample.html.decode("utf-8", "replace"), url=sample.url, fetch_images=False
        )
    except Exception:
        return {}
    date = article.date_publish
    return {
        "body": article.maintext,
        "body_with_standfirst": article.maintext,
        "title": article.title,
        "authors": list(article.authors or ()),
        "date": date.isoformat() if date else None,
    }


def _readability(sample: Sample) -> Found:
    import lxml.html
    import readability

    try:
        document = readability.Document(sample.html.decode("utf-8", "replace"))
        tree = lxml.html.fromstring(document.summary(html_partial=True))
        title = document.short_title()
    except Exception:
        return {}
    lines = [_MANY_SPACES.sub(" ", line) for line in tree.xpath("//text()")]
    text = " ".join(lines)
    return {"body": text, "body_with_standfirst": text, "title": title}


def _htmldate(sample: Sample) -> Found:
    import htmldate

    html = sample.html.decode("utf-8", "replace")
    return {"date": htmldate.find_date(html, original_date=True, url=sample.url)}


def _extruct(sample: Sample) -> Found:
    import extruct

    html = sample.html.decode("utf-8", "replace")
    try:
        data = extruct.extract(html, syntaxes=["json-ld", "opengraph"], uniform=True)
    except Exception:
        return {}
    for node in [*data["json-ld"], *data["opengraph"]]:
        title = node.get("headline") or node.get("og:title") or node.get("title")
        if title:
            author = node.get("author")
            people = author if isinstance(author, list) else [author]
            names = [a.get("name") if isinstance(a, dict) else a for a in people if a]
            return {
                "title": str(title),
                "authors": [name for name in names if isinstance(name, str)],
                "date": node.get("datePublished") or node.get("article:published_time"),
            }
    return {}


_ALL = frozenset({"body", "title", "authors", "date"})
READERS = (
    Reader(name="Watchword", reads=_watchword, needs="crawler", knows=_ALL),
    Reader(name="trafilatura, default", reads=_trafilatura(is_fast=False), needs="trafilatura", knows=_ALL),
    Reader(name="trafilatura, fast", reads=_trafilatura(is_fast=True), needs="trafilatura", knows=_ALL),
    Reader(name="newspaper4k", reads=_newspaper, needs="newspaper", knows=_ALL),
    Reader(name="news-please", reads=_news_please, needs="newsplease", knows=_ALL),
    Reader(name="readability-lxml", reads=_readability, needs="readability", knows=frozenset({"body", "title"})),
    Reader(name="htmldate", reads=_htmldate, needs="htmldate", knows=frozenset({"date"})),
    Reader(name="extruct", reads=_extruct, needs="extruct", knows=frozenset({"title", "authors", "date"})),
)  # fmt: skip
