"""A helper that matches one watch with one text."""

from typing import Any

from crawler.matching.analysis.analyzer import analyze
from crawler.matching.matcher import compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.watch import Match, Watch


def meet(
    query: str,
    headline: str = "",
    body: str = "",
    *,
    language: str = "en",
    labels: tuple[str, ...] = (),
    scopes: frozenset[str] = frozenset(),
    **settings: Any,
) -> Match | None:
    """Return the match of a watch with a text, None if there is none; ``settings`` are the watch's."""
    index = WatchIndex()
    index.add(compile_watch(Watch(id=1, name="w", query=query, **settings)))
    document = analyze(headline, body, language=language, sources=labels)
    return next(iter(index.find_matches(document, scopes)), None)
