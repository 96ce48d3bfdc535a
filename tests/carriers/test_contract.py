"""What home and workers may rely on, whichever carrier lies between them."""

import asyncio
import logging
from datetime import datetime, timedelta
from importlib import metadata

import pytest

from crawler.clock import utc_now
from crawler.errors import CarrierUnavailable, StopNow, VisitOver
from crawler.flows.cluster.carrier import JobState, WorkerCarrier
from tests.carriers.clusters import Cluster, has_state, parcels, until
from tests.carriers.scenes import Scene, quick, so


async def test_each_bundle_is_done_by_one_worker_once(scene: Scene) -> None:
    one, two = await scene.start("one", quick), await scene.start("two", quick)

    await scene.home.hand_out(parcels(*range(1, 21)))
    await so(lambda: len(one.ended + two.ended) == 20)

    assert sorted(one.began + two.began) == [*range(1, 21)]
    assert (one.bodies | two.bodies)[7] == b"body of 7"


async def test_bundles_that_were_handed_out_before_a_worker_came_are_done(scene: Scene) -> None:
    await scene.home.hand_out(parcels(1, 2))

    worker = await scene.start(do=quick)

    await so(lambda: len(worker.ended) == 2)


async def test_a_worker_takes_as_many_at_a_time_as_it_has_places(scene: Scene) -> None:
    worker = await scene.start(places=2)

    await scene.home.hand_out(parcels(1, 2, 3))
    await so(lambda: len(worker.began) == 2)
    await scene.until_state(2, JobState.RUNNING)

    assert await has_state(scene.cluster, 3, JobState.WAITING)
    scene.go_on.set()
    await so(lambda: len(worker.ended) == 3)


async def test_a_bundle_handed_out_again_stays_as_it_is(scene: Scene) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1, 2))
    await so(lambda: worker.began)

    await scene.home.hand_out(parcels(1, 2, 3))
    scene.go_on.set()

    await so(lambda: len(worker.ended) == 3)
    await scene.until_state(3, None)
    assert worker.began == [1, 2, 3]


async def test_a_bundle_named_twice_in_one_batch_is_handed_out_once(scene: Scene) -> None:
    await scene.home.hand_out(parcels(1, 1, 2))

    assert [*await scene.home.list_jobs()] == [1, 2]


async def test_a_worker_that_was_stopped_before_it_began_takes_nothing(scene: Scene) -> None:
    await scene.home.hand_out(parcels(1))
    end = await scene.cluster.make_worker("one")
    await end.open(version="1")
    end.stop()

    worker = scene.work(end, quick)
    await worker.task

    assert not worker.began


async def test_nothing_to_hand_out_or_to_take_back_is_no_error(scene: Scene) -> None:
    await scene.home.hand_out([])
    await scene.home.take_back([])
    await scene.home.forget_notes([])

    assert not await scene.home.list_jobs()


async def test_the_home_sees_where_each_bundle_is(scene: Scene) -> None:
    await scene.home.hand_out(parcels(1))
    waiting = (await scene.home.list_jobs())[1]
    await scene.start("one")
    await scene.until_state(1, JobState.RUNNING)
    running = (await scene.home.list_jobs())[1]

    scene.go_on.set()

    await scene.until_state(1, None)
    assert (waiting.state, waiting.worker, running.worker) == (JobState.WAITING, "", "one")


async def test_a_bundle_that_fails_is_dead_and_the_worker_goes_on(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(bundle_id: int, body: bytes) -> None:
        if bundle_id == 1:
            raise ValueError("no good")

    worker = await scene.start(do=fail, places=1)
    await scene.home.hand_out(parcels(1, 2))

    await so(lambda: worker.ended == [2])
    await scene.until_state(2, None)
    await scene.until_state(1, JobState.DEAD)
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == ["bundle failed bundle=1"]  # fmt: skip


@pytest.mark.parametrize("reason", [asyncio.CancelledError(), VisitOver("others do it")])
async def test_a_bundle_whose_work_is_given_up_is_gone_and_the_worker_goes_on(
    scene: Scene, reason: BaseException
) -> None:
    async def give_up(bundle_id: int, body: bytes) -> None:
        if bundle_id == 1:
            raise reason

    worker = await scene.start(do=give_up, places=1)

    await scene.home.hand_out(parcels(1, 2))

    await so(lambda: worker.ended == [2])
    await scene.until_state(1, None)


async def test_a_waiting_bundle_that_is_taken_back_is_never_done(scene: Scene) -> None:
    await scene.home.hand_out(parcels(1, 2))

    await scene.home.take_back([1, 99])
    worker = await scene.start(do=quick)

    await so(lambda: worker.ended == [2])
    assert worker.began == [2]


async def test_a_running_bundle_that_is_taken_back_is_cancelled(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)

    await scene.home.take_back([1])
    await so(lambda: worker.cancelled == [1])

    await scene.home.hand_out(parcels(2))
    await so(lambda: worker.began == [1, 2])
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_silent_worker_is_dead_and_lives_again_when_it_beats(scene: Scene) -> None:
    worker = await scene.start("one")
    await scene.home.hand_out(parcels(1))
    await scene.until_state(1, JobState.RUNNING)
    before = worker.end.find_silence()

    await scene.cluster.silence("one")
    await scene.until_state(1, JobState.DEAD)
    (dead,) = await scene.home.list_workers()
    during = worker.end.find_silence()

    await scene.cluster.hear_again("one")
    await scene.until_state(1, JobState.RUNNING)
    await so(lambda: worker.end.find_silence() < during)
    assert before < during
    assert not dead.is_alive
    assert not worker.cancelled


async def test_what_was_taken_back_from_a_silent_worker_is_cancelled_when_it_beats(
    scene: Scene,
) -> None:
    worker = await scene.start("one", places=1)
    await scene.home.hand_out(parcels(1))
    await scene.until_state(1, JobState.RUNNING)

    await scene.cluster.silence("one")
    await scene.until_state(1, JobState.DEAD)
    await scene.home.take_back([1])
    other = await scene.start("other")
    await scene.home.hand_out(parcels(2))
    await so(lambda: other.began == [2])
    assert not worker.cancelled
    await scene.cluster.hear_again("one")

    await so(lambda: worker.cancelled == [1])
    assert worker.began == [1]


async def test_notes_come_in_order_and_stay_until_they_are_forgotten(scene: Scene) -> None:
    async def give(bundle_id: int, body: bytes) -> None:
        for number in (1, 2):
            await worker.end.give(bundle_id, number, f"{bundle_id} {number}".encode())

    worker = await scene.start(do=give, places=1)
    await scene.home.hand_out(parcels(1, 2))
    await so(lambda: len(worker.ended) == 2)

    first = await scene.home.list_notes(limit=3)
    again = await scene.home.list_notes(limit=3)
    await scene.home.forget_notes([one.id for one in first])
    rest = await scene.home.list_notes(limit=10)

    assert [one.body for one in first] == [b"1 1", b"1 2", b"2 1"]
    assert [(one.bundle_id, one.number) for one in first] == [(1, 1), (1, 2), (2, 1)]
    assert again == first
    assert [one.body for one in rest] == [b"2 2"]


async def test_notes_that_are_given_twice_come_once(scene: Scene) -> None:
    end = (await scene.start()).end
    await end.give(1, 1, b"first")
    await end.give(1, 1, b"first")
    (notes,) = await scene.home.list_notes(limit=10)
    await scene.home.forget_notes([notes.id])

    await end.give(1, 1, b"first")
    await end.give(2, 1, b"another bundle's")

    assert [one.body for one in await scene.home.list_notes(limit=10)] == [b"another bundle's"]


async def test_giving_waits_while_too_many_notes_wait(scene: Scene) -> None:
    end = (await scene.start()).end
    for number in range(1, 6):
        await end.give(1, number, b"notes")

    giving = asyncio.create_task(end.give(1, 6, b"more"))

    async def has_room() -> bool:
        return giving.done()

    assert not (await asyncio.wait({giving}, timeout=0.3))[0]
    assert (await scene.home.measure()).notes == 5
    (first, *_) = await scene.home.list_notes(limit=1)
    await scene.home.forget_notes([first.id])

    await until(has_room)
    assert (await scene.home.list_notes(limit=10))[-1].body == b"more"


async def test_notes_of_any_bytes_come_as_they_were_given(scene: Scene) -> None:
    end = (await scene.start()).end
    body = bytes(range(256)) * 4_000

    await end.give(1, 1, body)

    (notes,) = await scene.home.list_notes(limit=10)
    assert notes.body == body


async def test_the_home_waits_for_notes_and_not_for_those_it_has_seen(scene: Scene) -> None:
    end = (await scene.start()).end
    await scene.home.list_notes(limit=1)
    waiting = asyncio.create_task(scene.home.wait(seconds=60))
    assert not (await asyncio.wait({waiting}, timeout=0.1))[0]

    await end.give(1, 1, b"notes")
    await asyncio.wait_for(waiting, 30)

    await scene.home.list_notes(limit=1)
    again = asyncio.create_task(scene.home.wait(seconds=60))
    assert not (await asyncio.wait({again}, timeout=0.1))[0]
    again.cancel()


async def test_the_home_does_not_wait_for_notes_that_came_since_it_looked(scene: Scene) -> None:
    end = (await scene.start()).end
    await scene.home.list_notes(limit=1)
    await end.give(1, 1, b"notes")

    await asyncio.wait_for(scene.home.wait(seconds=60), 30)


async def test_the_home_stops_waiting_after_some_seconds(scene: Scene) -> None:
    await scene.home.list_notes(limit=1)

    await scene.home.wait(seconds=0.05)


async def test_rules_are_found_by_their_key_and_the_last_few_stay(scene: Scene) -> None:
    end = (await scene.start()).end
    assert await end.find_newest_rules() is None
    for number in range(30):
        await scene.home.publish(f"key {number}", f"rules {number}".encode())
    await scene.home.publish("key 20", b"rules 20")

    assert await end.find_newest_rules() == ("key 20", b"rules 20")
    assert await end.get_rules("key 29") == b"rules 29"
    assert await end.get_rules("key 20") == b"rules 20"
    assert await end.get_rules("key 12") == b"rules 12"
    with pytest.raises(LookupError):
        await end.get_rules("key 0")


async def test_the_home_sees_its_workers(scene: Scene) -> None:
    one = await scene.start("one", places=3)
    await scene.start("two", places=1)
    await scene.home.hand_out(parcels(1))
    await scene.until_state(1, JobState.RUNNING)

    async def busy() -> object:
        return sum(one.busy for one in await scene.home.list_workers()) == 1

    await until(busy)
    found = {worker.name: worker for worker in await scene.home.list_workers()}
    scene.go_on.set()
    await one.stop()
    after = {worker.name: worker for worker in await scene.home.list_workers()}

    assert [found[name].places for name in ("one", "two")] == [3, 1]
    assert found["one"].version == metadata.version("watchword")
    assert found["one"].is_alive
    assert timedelta(0) <= found["one"].beat_at - found["one"].started_at < timedelta(minutes=1)
    assert (after["one"].is_alive, after["two"].is_alive) == (False, True)


async def test_the_home_sees_what_waits(scene: Scene) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1, 2, 3))
    await so(lambda: worker.began)
    empty = await scene.home.measure()
    await worker.end.give(1, 1, b"notes")

    found = await scene.home.measure()

    assert empty.oldest_at is None
    assert (found.bundles_waiting, found.bundles_running, found.notes) == (2, 1, 1)
    assert found.oldest_at is not None
    assert abs(found.oldest_at - utc_now()) < timedelta(minutes=1)


async def test_a_worker_that_is_stopped_ends_what_it_does_and_takes_no_more(scene: Scene) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1, 2))
    await so(lambda: worker.began)

    worker.end.stop()
    assert not (await asyncio.wait({worker.task}, timeout=0.2))[0]
    scene.go_on.set()
    await worker.task

    assert worker.ended == [1]
    assert [*await scene.home.list_jobs()] == [2]


async def test_a_worker_whose_work_is_cancelled_gives_up_what_it_does(scene: Scene) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)

    worker.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker.task

    assert worker.cancelled == [1]
    await scene.until_state(1, None)


async def test_a_home_without_its_carrier_is_told_and_workers_wait(scene: Scene) -> None:
    async def give(bundle_id: int, body: bytes) -> None:
        await scene.go_on.wait()
        await worker.end.give(bundle_id, 1, b"notes")

    worker = await scene.start("one", give, places=1)
    await scene.home.hand_out(parcels(1))
    await so(lambda: worker.began)
    await scene.cluster.go_away()

    async def is_away() -> bool:
        try:
            await scene.home.list_jobs()
        except CarrierUnavailable as error:
            return bool(error.reason)
        return False

    await until(is_away)
    for call in (
        scene.home.hand_out(parcels(2)), scene.home.list_notes(limit=1), scene.home.take_back([1]), scene.home.measure(),
        scene.home.forget_notes([1]), scene.home.publish("key", b"rules"), scene.home.list_workers(),
    ):  # fmt: skip
        with pytest.raises(CarrierUnavailable):
            await call
    scene.go_on.set()
    assert not (await asyncio.wait({worker.task}, timeout=0.2))[0]
    assert not worker.ended
    await scene.cluster.come_back()

    await so(lambda: worker.ended == [1])

    async def is_there() -> object:
        try:
            return [one.number for one in await scene.home.list_notes(limit=9)] == [1]
        except CarrierUnavailable:
            return False

    await until(is_there)
    await scene.home.hand_out(parcels(2))
    await so(lambda: worker.ended == [1, 2])


@pytest.fixture
async def newcomer(cluster: Cluster) -> WorkerCarrier:
    return await cluster.make_worker("newcomer")


async def test_a_worker_is_refused_where_no_home_ever_was(newcomer: WorkerCarrier) -> None:
    with pytest.raises(StopNow, match="start `watchword run`"):
        await newcomer.open(version="1")


async def test_a_worker_of_another_version_is_refused(
    cluster: Cluster, newcomer: WorkerCarrier
) -> None:
    await cluster.home.open(version="2", clock=utc_now)

    with pytest.raises(StopNow, match=r"home exchanges version 2, this worker version 1: install"):
        await newcomer.open(version="1")


@pytest.mark.parametrize(("seconds", "said"), [(-60, "60 s behind"), (60, "60 s ahead of")])
async def test_a_worker_whose_clock_differs_is_refused(
    cluster: Cluster, seconds: int, said: str
) -> None:
    await cluster.home.open(version="1", clock=utc_now)
    end = await cluster.make_worker("one", clock=lambda: utc_now() + timedelta(seconds=seconds))

    with pytest.raises(StopNow, match=rf"clock is {said} the home's: set both by NTP"):
        await end.open(version="1")


async def test_clocks_that_are_wrong_by_the_same_agree(cluster: Cluster) -> None:
    def wrong() -> datetime:
        return utc_now() - timedelta(hours=1)

    await cluster.home.open(version="1", clock=wrong)
    end = await cluster.make_worker("one", clock=wrong)

    await end.open(version="1")


async def test_a_worker_ends_in_order_when_the_home_was_upgraded(scene: Scene) -> None:
    worker = await scene.start(places=1)
    await scene.home.hand_out(parcels(1, 2))
    await so(lambda: worker.began)

    await scene.home.open(version="2", clock=utc_now)
    assert not (await asyncio.wait({worker.task}, timeout=0.5))[0]
    scene.go_on.set()

    with pytest.raises(StopNow, match="home exchanges version 2, this worker version 1"):
        await worker.task
    assert worker.began == worker.ended == [1]
