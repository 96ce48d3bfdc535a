"""What lies between home and workers, if the home's file or the carrier is put back, emptied, or another one's: nothing is mistaken or stuck."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.carriers.memory_worker import MemoryWorker
from crawler.clock import utc_now
from crawler.model.cluster.state import ClusterState
from tests.flows.cluster.home_at_work import make_visit
from tests.flows.cluster.test_handing_out import make_due, source
from tests.flows.cluster.test_what_fails import Newsroom
from tests.flows.cluster.through_the_wire import make_wire

_LIMIT_SECONDS = 60.0


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    room = Newsroom(tmp_path)
    yield room
    await room.end()


@contextmanager
def copy(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Yield a backup; it is closed afterwards, as Python 3.13 warns of a connection that nobody closes."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as backup:
        database.backup(backup)
        yield backup


@pytest.mark.parametrize("is_clock_set_back", [False, True])
def test_a_bundle_after_a_backup_was_put_back_is_none_of_those_before(
    tmp_path: Path, *, is_clock_set_back: bool
) -> None:
    wire = make_wire(tmp_path, source("a", "x.example"))
    with copy(wire.database) as backup:
        [before] = wire.hand_out()
        backup.backup(wire.database)
    if is_clock_set_back:
        wire.clock.advance(hours=-1)
        make_due(wire.database)

    [after] = wire.hand_out()

    assert before.id != after.id


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(_LIMIT_SECONDS):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_rules_that_the_carrier_lost_are_published_again(room: Newsroom) -> None:
    await room.start()
    await until(lambda: bool(room.carrier.rules))
    known = {**room.carrier.rules}

    room.carrier.rules.clear()

    await until(lambda: room.carrier.rules == known)


async def test_a_home_that_waits_for_workers_says_why_and_until_when(
    room: Newsroom, tmp_path: Path
) -> None:
    never_ran = ClusterState.from_json(room.home.state)
    told: list[str] = []
    await room.work(make_visit(told))
    await until(lambda: bool(told))
    before = ClusterState.from_json(room.home.state)
    room.tasks.pop(0).cancel()  # the home
    second = Newsroom(tmp_path / "second", room.carrier)

    began_at = utc_now()
    await second.start()
    await until(lambda: second.home.state["rests_until"] is not None)
    resting = ClusterState.from_json(second.home.state)
    await until(lambda: not second.home.state["rest"])
    await second.end()

    assert (never_ran.is_known, never_ran.needs_look) == (False, False)
    assert "has just started" in never_ran.rest
    assert (before.is_known, before.rest, before.rests_until) == (True, "", None)
    assert "bundles of another database file" in resting.rest
    assert resting.rests_until is not None
    assert resting.rests_until > began_at
    assert resting.count_rest_seconds(resting.rests_until - timedelta(seconds=24)) == 24


async def test_a_domain_that_a_bundle_of_another_file_has_is_asked_by_one_worker(
    room: Newsroom, tmp_path: Path
) -> None:
    told: list[str] = []
    visit = make_visit(told)

    await room.work(visit)
    await until(lambda: bool(told))
    room.tasks.pop(0).cancel()  # the home
    second = Newsroom(tmp_path / "second", room.carrier)
    second.worker = MemoryWorker(room.carrier, "w2")

    await second.work(visit)
    await until(lambda: len(told) > 2)
    order = told[:3]
    await second.end()

    assert order == ["begins", "ends", "begins"]
