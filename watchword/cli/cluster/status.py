"""What ``watchword cluster status`` shows: from PostgreSQL, and from the home's database file if it is here."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast

import click

from crawler.clock import utc_now
from crawler.config.files.secrets import read_cluster_database
from crawler.errors import CarrierUnavailable, DatabaseUnusable
from crawler.flows.cluster.summary import sum_up, write_rest
from crawler.model.cluster.state import ClusterState
from crawler.storage.crawl.handing_out.bundles import (
    IsolatedDomain,
    find_drained_at,
    list_isolated_domains,
)
from crawler.storage.crawl.handing_out.cluster_state import KnownState, find_cluster_state
from crawler.storage.process.heartbeats import STALE_SECONDS
from crawler.text.counts import write_count, write_number, write_times
from crawler.text.instants import write_recent, write_span
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.tables import Columns, Row, print_rows
from watchword.cli.terminal.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the database file says; ``known`` None if the home does not run, or is none."""

    known: KnownState | None = None
    drained_at: datetime | None = None
    isolated: tuple[IsolatedDomain, ...] = ()
    is_here: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How the cluster is doing.

    state    of PostgreSQL; what the home knew last if that is away
    trouble  why PostgreSQL does not answer here, empty if it does
    """

    now: datetime
    state: ClusterState
    home: Home
    trouble: str

    @property
    def home_trouble(self) -> str:
        """Return why the home cannot use a PostgreSQL that answers here: it may not write, or another home uses it."""
        known = self.home.known
        return known.state.trouble if known and self.is_home_running and not self.trouble else ""

    @property
    def is_home_running(self) -> bool:
        """Return whether the home's last beat is fresh."""
        known = self.home.known
        return known is not None and (self.now - known.beat_at).total_seconds() < STALE_SECONDS

    @property
    def is_known(self) -> bool:
        """Return whether anything is known of the workers: from PostgreSQL, or by a home that runs."""
        known = self.home.known
        return not self.trouble or (known is not None and known.state.is_known)

    def as_json(self) -> dict[str, object]:
        """Return what ``--json`` prints."""
        state = self.state
        known: dict[str, object] = {
            "workers_alive": state.workers,
            "busy": state.busy,
            "places": state.places,
            "bundles_waiting": state.waiting,
            "bundles_running": state.running,
            "notes_waiting": state.notes,
            "notes_oldest_seconds": state.oldest_seconds,
        }
        return {
            "is_home_running": self.is_home_running,
            "home_share": state.home_share if self.is_home_running else None,
            "trouble": self.trouble or self.home_trouble or None,
            "since": state.since,
            "is_drained": self.home.drained_at is not None,
            "drained_at": self.home.drained_at,
            "rest": state.rest if self.is_home_running and state.rest else None,
            "rests_until": state.rests_until if self.is_home_running else None,
            **(known if self.is_known else dict.fromkeys(known)),
            "deaths": state.deaths,
            "workers": [dict(row) for row in list_workers(state)],
            "isolated": [dict(row) for row in list_isolated(self.home.isolated)],
        }


def look(context: Context) -> Found:
    """Ask PostgreSQL and the database file; raise ClickException if the configuration names no PostgreSQL."""
    config = context.config
    if not config.cluster.is_on:
        raise click.UsageError(
            "there is no [cluster] database in the configuration: `watchword run` makes all visits itself"
        )
    database, now = read_cluster_database(config.cluster), utc_now()
    home = _read_home(context)
    before = home.known.state if home.known else ClusterState()
    isolated = len(home.isolated)
    try:
        state = asyncio.run(_ask(database, now, isolated=isolated))
        kept: dict[str, Any] = {
            "deaths": before.deaths,
            "home_share": before.home_share,
            "since": before.since,
            "rest": before.rest,
            "rests_until": before.rests_until,
        }
        state, trouble = replace(state, **kept), ""
    except CarrierUnavailable as error:
        state, trouble = before, str(error)
    return Found(now=now, state=state, home=home, trouble=trouble)


async def _ask(database: str, now: datetime, *, isolated: int) -> ClusterState:
    from crawler.carriers.postgres.view import PostgresView, is_missing  # noqa: PLC0415  # needs watchword[cluster]

    view = PostgresView(database, what="watchword cluster status")
    try:
        workers, backlog = await view.list_workers(), await view.measure()
    except CarrierUnavailable as error:
        if is_missing(error):
            raise click.ClickException(
                "no home has used this PostgreSQL database yet: start `watchword run` with [cluster], or see whether "
                "it is the right one"
            ) from error
        raise
    finally:
        await view.close()
    return sum_up(workers, backlog, now=now, isolated=isolated)


def _read_home(context: Context) -> Home:
    """Return what the database file says; on the machine of a worker there is none."""
    try:
        connection = context.find_database()
    except DatabaseUnusable as error:
        click.echo(f"The home's database cannot be read: {error}", err=True)
        return Home(is_here=False)
    if connection is None:
        return Home(is_here=False)
    with closing(connection):
        return _read(connection)


def _read(connection: sqlite3.Connection) -> Home:
    return Home(
        known=find_cluster_state(connection),
        drained_at=find_drained_at(connection),
        isolated=list_isolated_domains(connection),
    )


def print_status(found: Found, zone: tzinfo) -> None:
    """Print it for a person: what is true of all, then the workers, then the isolated domains."""
    if found.trouble:
        click.echo(f"Error: {found.trouble}", err=True)
    if found.home_trouble:
        at = found.state.since
        since = f" since {write_recent(at, zone, now=found.now)}" if at else ""
        click.echo(f"Error: the home hands nothing out{since}: {found.home_trouble}", err=True)
    for heading, line in (*_list_home(found, zone), *_list_numbers(found)):
        click.echo(f"{heading:<12}{line}")
    if found.is_known:
        click.echo()
        columns = _worker_columns(found.now)
        advice = "" if found.state.rest else ": start `watchword worker` on another machine"
        empty = f"No worker has beaten within a day{advice}."
        print_rows(list_workers(found.state), columns, as_json=None, empty=empty)
    if found.home.isolated:
        click.echo()
        columns = _isolated_columns(zone, now=found.now)
        print_rows(list_isolated(found.home.isolated), columns, as_json=None, empty="")
        click.echo("`watchword cluster retry` hands them out again.")


def _list_home(found: Found, zone: tzinfo) -> Iterator[tuple[str, str]]:
    home = found.home
    if not home.is_here:
        yield "Home", "on another machine; its database file is not here"
    elif found.is_home_running:
        share = f"{found.state.home_share:.0%} of a core within the last minute"
        yield "Home", f"running, {share}"
    else:
        yield "Home", "not running: what workers bring waits for it"
    if home.drained_at is not None:
        since = write_recent(home.drained_at, zone, now=found.now)
        line = f"nothing handed out since {since}; `drain --end` goes on"
        yield "Drained", line
    if found.is_home_running and (rest := write_rest(found.state, now=found.now)):
        yield "Waiting", rest


def _list_numbers(found: Found) -> Iterator[tuple[str, str]]:
    state = found.state
    if not found.is_known:
        return
    if found.trouble:
        yield "PostgreSQL", "cannot be used; the numbers are what the home knew last"
    places = write_count(state.places, "place")
    yield "Workers", f"{write_number(state.workers)}; {write_number(state.busy)} of {places} busy"
    bundles = f"{write_count(state.running, 'bundle')} at workers"
    yield "Handed out", f"{bundles}, {write_number(state.waiting)} waiting for one"
    if state.notes:
        waits = write_count(state.notes, "message waits", "messages wait")
        age = _write_age(timedelta(seconds=state.oldest_seconds))
        yield "Notes", f"{waits} for the home, the oldest for {age}"
    if state.deaths:
        times = write_times(state.deaths)
        line = f"workers died {times} with a bundle since the home started"
        yield "Deaths", line


def list_workers(state: ClusterState) -> list[Row]:
    """Return the workers as machine values, those that beat first."""
    return [
        {
            "name": worker.name,
            "version": worker.version,
            "is_alive": worker.is_alive,
            "beat_at": worker.beat_at,
            "places": worker.places,
            "busy": worker.busy,
            "trouble": worker.trouble,
        }
        for worker in state.each
    ]


def list_isolated(domains: tuple[IsolatedDomain, ...]) -> list[Row]:
    """Return the isolated domains as machine values."""
    return [
        {"domain": one.domain, "since": one.since, "deaths": one.death_count, "reason": one.reason}
        for one in domains
    ]


def _worker_columns(now: datetime) -> Columns:
    def write_beat(row: Row) -> str:
        beat_at = cast("datetime", row["beat_at"])
        ago = _write_age(now - beat_at)
        return f"{ago} ago" if row["is_alive"] else f"stopped, {ago} ago"

    return {
        "name": Column(heading="worker", is_free=True),
        "version": Column(heading="version", rank=1),
        "beat_at": Column(heading="last beat", write=write_beat),
        "busy": number("busy"),
        "places": number("places"),
        "trouble": Column(heading="trouble", is_below=True),
    }


def _write_age(age: timedelta) -> str:
    seconds = max(0.0, age.total_seconds())
    return f"{seconds:.0f} s" if seconds < 60 else write_span(age)


def _isolated_columns(zone: tzinfo, *, now: datetime) -> Columns:
    def write_since(row: Row) -> str:
        return write_recent(cast("datetime", row["since"]), zone, now=now)

    return {
        "domain": Column(heading="isolated domain", is_free=True),
        "since": Column(heading="since", write=write_since),
        "deaths": number("deaths"),
        "reason": Column(heading="why", is_below=True),
    }
