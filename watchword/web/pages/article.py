"""An article: its text with the watches' words marked, how sure its date is, its edits, how it was found and judged, its kept page."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasette.utils.asgi import NotFound, Response
from markupsafe import Markup

from crawler.config.schema import Config
from crawler.errors import ArchiveFailed
from crawler.flows.watch.key_index import analyze_announced
from crawler.matching.matcher import compile_watch, list_headline_spans, list_spans
from crawler.storage.archive.reading import complete_body
from crawler.storage.crawl.entries.pages import find_page
from crawler.storage.news.article_sources import list_announcers
from crawler.storage.watch.keys import find_current_text
from crawler.storage.watch.watches import make_watch
from crawler.storage.web_reading.articles import (
    Discovery,
    Neighbour,
    Text,
    find_article_page,
    find_discovery,
    list_matches_of,
    list_neighbours,
    list_others_of,
    list_texts_of,
)
from crawler.storage.web_reading.cards import Published, read_published
from crawler.text.word_diff import diff_words
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read
from watchword.web.shown.kept import show_kept
from watchword.web.shown.marked_text import MOST_BYTES, cut_text, mark_body, mark_text

# marks in a text, and its bytes: more would be a page of over 150 KB
_MOST_MARKS = 400
# revisions that are listed; the table has the others
_MOST_TEXTS = 50
_MOST_OTHERS = 20
# where a date was found, in words
_ORIGINS = {
    "json-ld": "in the page's data for search engines",
    "meta": "in the page's head",
    "time": "in the page's text, marked as a time",
    "relative": "in the page's text, counted from now",
    "feed": "in the feed, not in the page",
    "guess": "guessed from the address",
    "address": "in the address",
    "text": "in the page's text",
    "microdata": "in the page's marked-up data",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Article:
    """What was read for the page."""

    row: sqlite3.Row
    headline: Markup
    body: Markup
    mark_count: int
    texts: tuple[Text, ...]
    matches: tuple[sqlite3.Row, ...]
    others: tuple[sqlite3.Row, ...]
    found: Discovery | None
    neighbours: tuple[Neighbour, ...]
    has_kept: bool
    changes: str
    compared: tuple[Text, Text] | None


async def article_page(datasette: Any, request: Any) -> Response:
    """Show an article."""
    frame = await find_frame(datasette, request)
    article_id = int(request.url_vars["article"])
    asked = (request.args.get("from") or "", request.args.get("to") or "")
    found: _Article | None = await read(datasette, _read, article_id, frame, asked)
    if found is None:
        raise NotFound("no such article")
    return await show(
        datasette,
        request,
        "article.html",
        page="today" if frame.visitor.sees_alerts else "search",
        article=found.row,
        found=found,
        published=read_published(found.row),
        date_line=write_date_line(read_published(found.row), frame),
        origin=_ORIGINS.get(found.row["published_origin"] or "", ""),
        tags=_read_tags(found.row["tags"]),
        is_cut=len(found.row["body"].encode()) > MOST_BYTES,
        others_count=max(0, found.row["article_count"] - 1 - len(found.others)),
        verdict=write_verdict(found.neighbours, found.row, found.others),
    )


def _read(
    db: sqlite3.Connection, article_id: int, frame: Frame, asked: tuple[str, str]
) -> _Article | None:
    row = find_article_page(db, article_id)
    if row is None:
        return None
    texts = list_texts_of(db, article_id, limit=_MOST_TEXTS)
    sees_alerts = frame.visitor.sees_alerts
    in_headline, in_body = (
        _find_spans(db, article_id, frame.config) if sees_alerts and frame.config else ((), ())
    )
    body, mark_count = mark_body(cut_text(row["body"]), in_body[:_MOST_MARKS])
    compared = choose_texts(texts, asked)
    changes = diff_words(compared[0].body, compared[1].body) if compared else ""
    return _Article(
        row=row,
        headline=mark_text(row["headline"], in_headline),
        body=body,
        mark_count=mark_count,
        texts=texts,
        matches=list_matches_of(db, article_id) if sees_alerts else (),
        others=list_others_of(db, row["story_id"], article_id)[:_MOST_OTHERS],
        found=find_discovery(db, article_id),
        neighbours=list_neighbours(db, article_id, limit=5),
        has_kept=sees_alerts and find_page(db, str(article_id)) is not None,
        changes=changes,
        compared=compared,
    )


_Spans = Sequence[tuple[int, int]]


def _find_spans(db: sqlite3.Connection, article_id: int, config: Config) -> tuple[_Spans, _Spans]:
    """Return where words of the watches that matched stand in headline and body: they are found again, as the snippet has only the best."""
    text = find_current_text(db, article_id)
    if text is None:
        return (), ()
    names = {row["watch"] for row in list_matches_of(db, article_id)}
    document = analyze_announced(text, (one.source for one in list_announcers(db, article_id)))
    in_headline: list[tuple[int, int]] = []
    in_body: list[tuple[int, int]] = []
    for name in names:
        settings = config.watch_named(name)
        if settings is not None:
            compiled = compile_watch(make_watch(settings, config))
            in_headline += list_headline_spans(compiled, document)
            in_body += list_spans(compiled, document)
    return sorted(in_headline), sorted(in_body)


def choose_texts(texts: Sequence[Text], asked: tuple[str, str]) -> tuple[Text, Text] | None:
    """Return the two texts to compare: those asked for by number, else the first with the last; None with fewer than two."""
    if len(texts) < 2:
        return None
    by_number = {str(place): text for place, text in enumerate(texts, 1)}
    earlier, later = by_number.get(asked[0], texts[0]), by_number.get(asked[1], texts[-1])
    return (earlier, later) if earlier is not later else (texts[0], texts[-1])


def write_date_line(published: Published, frame: Frame) -> str:
    """Return when an article was published in a sentence that says how sure that is."""
    if published.at is None:
        return f"The page states no date; first seen {frame.at(published.seen_at)}."
    if published.precision == "day":
        return f"Published on {frame.stated_day(published)}; only the day is stated."
    when = frame.at(published.at)
    if published.precision == "hour":
        stated = f", from \u201c{published.evidence}\u201d" if published.evidence else ""
        return f"Published about {when}{stated}."
    where = "stated in the feed" if published.origin == "feed" else "stated in the page"
    return f"Published {when}, {where}, to the minute."


def write_verdict(
    neighbours: Sequence[Neighbour], row: sqlite3.Row, others: Sequence[sqlite3.Row]
) -> str:
    """Return why an article counts as new or as a copy, in a sentence with the number it rests on."""
    same = next(
        (one for one in neighbours if one.relation == "same" and one.is_earlier and one.is_member),
        None,
    )
    if same is not None:
        return f"A copy: it shares {round(100 * same.share)}% of its phrases with an earlier article of {same.source}."
    # the same words are recognised by their hash, and nothing is measured
    earlier = next((one for one in others if one["first_seen_at"] < row["first_seen_at"]), None)
    if earlier is not None:
        return f"A copy: an earlier article of {earlier['source']} is the same story."
    if not neighbours:
        return "New: no earlier article shares half of its phrases."
    best = max(neighbours, key=lambda one: one.share)
    if best.is_member:
        return f"The first of its story; later ones share up to {round(100 * best.share)}% of their phrases with it."
    return f"New: the nearest other article, of {best.source}, shares {round(100 * best.share)}% of its phrases."


def _read_tags(stored: str | None) -> list[str]:
    tags = json.loads(stored or "[]")
    return [str(tag) for tag in tags][:20]


async def kept_page(datasette: Any, request: Any) -> Response:
    """Show the page as it was fetched, without anything that runs or loads."""
    frame = await find_frame(datasette, request)
    stored = await read(datasette, find_page, request.url_vars["article"])
    if stored is None or not frame.visitor.sees_alerts:
        raise NotFound("this page is not kept")
    archive = frame.config.archive.to if frame.config else None
    try:
        # a thread of its own: it may wait for a network
        whole = await asyncio.to_thread(complete_body, stored, archive)
    except ArchiveFailed as error:
        raise NotFound("this page is in an archive file that cannot be read now") from error
    return show_kept(whole.page)


async def old_address(datasette: Any, request: Any) -> Response:
    """Lead from the address that mails had before to the article or story."""
    kind, number = request.url_vars["kind"], request.url_vars["number"]
    return Response.redirect(datasette.urls.path(f"/{kind}/{number}"), 301)


async def lower_case(datasette: Any, request: Any) -> Response:
    """Lead from the name of a table in capitals, which SQLite knows and Datasette does not, to the one that both know."""
    parts = request.url_vars
    return Response.redirect(
        datasette.urls.path(f"/{parts['file']}/{parts['table'].lower()}{parts['rest']}"), 301
    )


ROUTES = [
    (r"^/articles/(?P<article>[0-9]{1,18})$", article_page),
    (r"^/articles/(?P<article>[0-9]{1,18})/kept$", kept_page),
    (r"^/[^/]+/(?P<kind>articles|stories)/(?P<number>[0-9]{1,18})$", old_address),
    (r"^/(?P<file>[^/-][^/]*)/(?P<table>[a-z_]*[A-Z][A-Za-z_]*)(?P<rest>(?:/[^/]*)?)$", lower_case),
]
