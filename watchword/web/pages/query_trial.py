"""Trying a query over history: what a draft would add and leave out against the saved query of a watch."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from datasette.utils import tilde_decode
from datasette.utils.asgi import Response

from crawler.config.schema import Config
from crawler.errors import QuerySyntaxError
from crawler.matching.matcher import CompiledWatch
from crawler.matching.queries.variants import list_narrowings
from crawler.storage.watch.watches import find_watch
from crawler.storage.web_reading.cards import Card, list_cards
from watchword.spellings.offers import list_proposals, name_spellings
from watchword.web.frame import Frame, find_frame, show
from watchword.web.past import Change, compare_queries, compile_query
from watchword.web.reading import read_long
from watchword.web.shown.query_words import describe_query

_PERIODS = {"30": "30 days", "90": "90 days", "365": "1 year"}
_MOST_SAMPLES = 5
# each is asked of the same texts again, while somebody types
_MOST_NARROWER = 2
# what nothing finds: a new watch is compared with it
_NOTHING = "lang:xx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of trying a draft: a fault, or a change with samples.

    is_known  whether there is a saved query
    narrower  the draft with a word in capitals only, if it is another word in lower case, and how many stories it finds
    wider     a word of the draft, the spellings it lacks, and the synonym set that has them
    """

    is_known: bool = False
    fault: QuerySyntaxError | None = None
    change: Change | None = None
    added: tuple[Card, ...] = ()
    dropped: tuple[Card, ...] = ()
    narrower: tuple[tuple[str, int], ...] = ()
    wider: tuple[tuple[str, str, str], ...] = ()


async def trial_page(datasette: Any, request: Any) -> Response:
    """Show what a draft would change: a whole page without a script, a part of one for the live box."""
    frame = await find_frame(datasette, request)
    name = tilde_decode(request.args.get("watch") or "")
    draft = request.args.get("query") or ""
    period = request.args.get("since") or "30"
    period = period if period in _PERIODS else "30"
    trial: Trial = await read_long(datasette, request, _try, name, draft, int(period), frame)
    template = "_trial.html" if request.args.get("part") else "trial.html"
    compiled = compile_query(draft, frame.config)
    return await show(
        datasette,
        request,
        template,
        page="watches",
        trial=trial,
        name=name if trial.is_known else "",
        draft=draft,
        period=_PERIODS[period],
        since=period,
        words="" if isinstance(compiled, QuerySyntaxError) else describe_query(compiled.query),
    )


def _try(db: sqlite3.Connection, name: str, draft: str, days: int, frame: Frame) -> Trial:
    row = find_watch(db, name) if name else None
    facts = _find_limits(frame.config, name)
    compiled = compile_query(draft, frame.config, **facts)
    if isinstance(compiled, QuerySyntaxError):
        return Trial(fault=compiled, is_known=row is not None)
    saved = compile_query(row["query"] if row else _NOTHING, frame.config, **facts)
    if isinstance(saved, QuerySyntaxError):  # an upgrade reads it otherwise
        return Trial(fault=saved, is_known=row is not None)
    proposals = list_proposals(draft, facts.get("synonyms", ()), frame.config)
    return replace(
        _compare(db, compiled, saved, days, frame),
        is_known=row is not None,
        wider=tuple((one.word, name_spellings(one), one.set_name) for one in proposals),
    )


def _compare(
    db: sqlite3.Connection, draft: CompiledWatch, saved: CompiledWatch, days: int, frame: Frame
) -> Trial:
    since = frame.now - timedelta(days=days)
    change = compare_queries(db, draft, saved, frame.config, since=since)
    reader = frame.visitor.name
    return Trial(
        change=change,
        added=list_cards(db, change.added[:_MOST_SAMPLES], reader=reader),
        dropped=list_cards(db, change.dropped[:_MOST_SAMPLES], reader=reader),
        narrower=tuple(
            (str(one.clause), _count(db, replace(draft, query=one.query), saved, days, frame))
            for one in list_narrowings(draft.query)[:_MOST_NARROWER]
        ),
    )


def _count(
    db: sqlite3.Connection, draft: CompiledWatch, saved: CompiledWatch, days: int, frame: Frame
) -> int:
    since = frame.now - timedelta(days=days)
    return compare_queries(db, draft, saved, frame.config, since=since).story_count


def _find_limits(config: Config | None, name: str) -> dict[str, Any]:
    """Return the settings of a watch that limit what it matches, so that a draft is tried under the same."""
    settings = config.watch_named(name) if config and name else None
    if settings is None:
        return {}
    return settings.model_dump(
        include={"sources", "languages", "title_only", "min_mentions", "synonyms"}
    )


ROUTES = [(r"^/-/watches/try$", trial_page)]
