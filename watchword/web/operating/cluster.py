"""Workers on other machines: how many there are, what they have, what waits, and domains that are handed out no more."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from datasette.utils.asgi import Response

from crawler.flows.cluster.summary import write_rest, write_stuck
from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out.bundles import (
    IsolatedDomain,
    find_drained_at,
    list_isolated_domains,
)
from crawler.storage.crawl.handing_out.cluster_state import KnownState, find_cluster_state
from crawler.storage.process.heartbeats import STALE_SECONDS
from crawler.text.counts import write_count, write_number
from crawler.text.instants import write_span
from watchword.web.frame import Frame, find_frame, show
from watchword.web.reading import read

# a page of 150 KB; who has more of either looks at `watchword cluster status --json`
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    """What was read for the page; ``known`` is None while the home does not run."""

    known: KnownState | None
    drained_at: datetime | None
    isolated: tuple[IsolatedDomain, ...]


async def cluster_page(datasette: Any, request: Any) -> Response:
    """Show what the home knew of its workers at its last beat."""
    frame = await find_frame(datasette, request)
    found: _Cluster = await read(datasette, _read)
    known = found.known
    if known is not None and (frame.now - known.beat_at).total_seconds() > STALE_SECONDS:
        known = None
    state = known.state if known else None
    return await show(
        datasette,
        request,
        "cluster.html",
        page="sources",
        health=_describe(found, state, frame),
        facts=_list_facts(state) if state and state.is_known else (),
        workers=state.each[:_MOST_ROWS] if state else (),
        isolated=found.isolated[:_MOST_ROWS],
        isolated_count=len(found.isolated),
        age=lambda at: _write_age(frame.now - at),
        is_on=frame.has_workers,
    )


def _read(db: sqlite3.Connection) -> _Cluster:
    return _Cluster(
        known=find_cluster_state(db),
        drained_at=find_drained_at(db),
        isolated=list_isolated_domains(db),
    )


def _describe(found: _Cluster, state: ClusterState | None, frame: Frame) -> tuple[str, str]:
    """Return the kind of the line of health, and its sentence: the worst that is so."""
    if state is None:
        return "down", "The home does not run: nothing is handed out, and what workers bring waits."
    since = f" since {frame.recent(state.since)}" if state.since else ""
    if state.trouble:
        return "down", f"PostgreSQL cannot be used{since}: {state.trouble}"
    if not state.is_known:
        return "", "The home has just started, and asks PostgreSQL which workers there are."
    # after a loss, workers are about to say again that they are there
    if not state.workers and not state.rest:
        return "down", f"No worker beats{since}, so nothing is visited."
    if held := _describe_held(found, state, frame):
        return "", held
    return (
        "ok",
        f"{write_count(state.workers, 'worker beats', 'workers beat')}, and all is handed out.",
    )


def _describe_held(found: _Cluster, state: ClusterState, frame: Frame) -> str:
    """Return what is not handed out, and why; empty if all is."""
    if found.drained_at:
        since = frame.recent(found.drained_at)
        return f"Nothing is handed out since {since}, because of `watchword cluster drain`."
    if rest := write_rest(state, now=frame.now):
        return f"{rest[0].upper()}{rest[1:]}."
    if stuck := write_stuck(state):
        return f"{stuck}."
    if found.isolated:
        count = write_count(len(found.isolated), "domain is", "domains are")
        return f"{count} handed out no more, see below."
    return ""


def _list_facts(state: ClusterState) -> tuple[tuple[str, str], ...]:
    notes = "none"
    if state.notes:
        age = _write_age(timedelta(seconds=state.oldest_seconds))
        notes = f"{write_count(state.notes, 'message')}, the oldest for {age}"
    return (
        ("Places busy", f"{write_number(state.busy)} of {write_number(state.places)}"),
        ("Bundles at workers", write_number(state.running)),
        ("Bundles waiting for one", write_number(state.waiting)),
        ("Waiting for the home", notes),
        ("Deaths with a bundle", write_number(state.deaths)),
        ("The home uses", f"{state.home_share:.0%} of a core"),
    )


def _write_age(age: timedelta) -> str:
    seconds = max(0.0, age.total_seconds())
    return f"{seconds:.0f} s" if seconds < 60 else write_span(age)


ROUTES = [(r"^/cluster$", cluster_page)]
