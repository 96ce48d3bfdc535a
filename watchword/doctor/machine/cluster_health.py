"""The finding about workers on other machines: whether there are any, PostgreSQL answers, and domains are isolated."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from crawler.flows.cluster.summary import write_rest, write_stuck
from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out.bundles import find_drained_at, list_isolated_domains
from crawler.storage.crawl.handing_out.cluster_state import find_cluster_state
from crawler.storage.process.heartbeats import STALE_SECONDS
from crawler.text.counts import write_count
from crawler.text.instants import write_instant
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# workers that are started anew, or a PostgreSQL that restarts, are back before that
_PATIENCE = timedelta(minutes=5)
# a screen; `watchword cluster status` has them all
_MOST_NAMED = 10


def cluster_looks(
    connection: sqlite3.Connection, config: "Config", *, now: datetime
) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check of the cluster, or nothing if this machine makes all visits itself."""
    if not config.cluster.is_on:
        return []
    return [("cluster", partial(look_at_cluster, connection, config, now=now))]


def look_at_cluster(connection: sqlite3.Connection, config: "Config", *, now: datetime) -> Finding:
    """Return what the home knew of its workers at its last beat, the worst first."""
    known = find_cluster_state(connection)
    isolated = list_isolated_domains(connection)
    details = tuple(f"{one.domain}: {one.reason}" for one in isolated[:_MOST_NAMED])
    found = partial(Finding, subject="cluster", details=details)
    if known is None or (now - known.beat_at).total_seconds() > STALE_SECONDS:
        # that it does not run is the finding about the daemon
        summary = "its workers are known only while the daemon runs"
        return found(verdict=Verdict.LOOK if isolated else Verdict.OK, summary=summary)
    state = known.state
    since = state.since or known.beat_at
    is_long = now - since >= _PATIENCE
    when = write_instant(since, config.zone)
    if state.trouble:
        return found(
            verdict=Verdict.BROKEN if is_long else Verdict.LOOK,
            summary=f"PostgreSQL cannot be used since {when}: {state.trouble}",
            remedy="it is tried again by itself; nothing that was brought or is due is lost",
        )
    if not state.is_known:
        return found(verdict=Verdict.OK, summary="the home has just started, and asks PostgreSQL")
    if (
        not state.workers and not state.rest
    ):  # after a loss, they are about to say again that they are there
        return found(
            verdict=Verdict.BROKEN if is_long else Verdict.LOOK,
            summary=f"no worker beats since {when}, so nothing is visited",
            remedy="start `watchword worker` on another machine, or see its log",
        )
    held, remedy = _describe_held(
        state, find_drained_at(connection), len(isolated), config, now=now
    )
    workers = f"{write_count(state.workers, 'worker')} with {write_count(state.places, 'place')}"
    return found(
        verdict=Verdict.LOOK if held else Verdict.OK,
        summary=f"{workers}; {held}" if held else workers,
        remedy=remedy,
    )


def _describe_held(
    state: ClusterState, drained_at: datetime | None, isolated_count: int, config: "Config", *, now: datetime
) -> tuple[str, str]:  # fmt: skip
    """Return what is not handed out and why, and what to do about it; empty if all is."""
    if drained_at:
        since = write_instant(drained_at, config.zone)
        return f"nothing is handed out since {since}", "`watchword cluster drain --end` goes on"
    if rest := write_rest(state, now=now):
        return rest, "it goes on by itself"
    if stuck := write_stuck(state):
        return stuck, "it tries again by itself"
    if isolated_count:
        count = write_count(isolated_count, "domain is", "domains are")
        return f"{count} handed out no more", "`watchword cluster retry` hands them out again"
    return "", ""
