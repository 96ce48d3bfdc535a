"""The order, time and memory limits of the parse pool: first the rules alone, then the pool as a whole."""

import asyncio
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import NotAnArticle, ParseInterrupted, ParsePostponed
from crawler.extract.article import extract_article
from crawler.flows.process.parse_pool.allowance import Allowance
from crawler.flows.process.parse_pool.body_gate import BodyGate
from crawler.flows.process.parse_pool.calls import Call, FairQueue, make_call
from crawler.model.article import Occasion, Page
from tests.fakes import START, article_page
from tests.flows.process import hard_work
from tests.flows.process.test_pool import make_pool, see, start

pytestmark = pytest.mark.usefixtures("forked_crawls")

PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why. "


def call_of(source: str, *, is_alone: bool = False) -> Call:
    loop = asyncio.new_event_loop()
    answer = loop.create_future()
    loop.close()
    return Call(source=source, function=hard_work.say, args=(), kwargs={}, answer=answer, is_alone=is_alone)  # fmt: skip


def fill(queue: FairQueue, sources: str) -> list[Call]:
    calls = [call_of(name.lower(), is_alone=name.isupper()) for name in sources]
    for call in calls:
        queue.add(call)
    return calls


def take_all(queue: FairQueue) -> list[Call]:
    return list(iter(queue.take, None))


def names(calls: Iterable[Call]) -> str:
    return "".join(call.source for call in calls)


@pytest.mark.parametrize(
    ("waiting", "worker_count", "heavy", "begun"),
    [
        ("abc", 2, "", "ab"),
        ("aaab", 2, "", "ab"),
        ("aaaa", 2, "", "a"),  # the last worker stays free for the next source
        ("aaaa", 4, "", "aaa"),
        ("aaaab", 4, "", "abaa"),
        ("aaa", 1, "", "a"),
        ("abc", 2, "ab", "ac"),  # heavy ones share all workers but one
        ("ab", 2, "ab", "a"),
    ],
)
def test_calls_of_the_sources_begin_in_turn(
    waiting: str, worker_count: int, heavy: str, begun: str
) -> None:
    queue = FairQueue(worker_count, is_heavy=heavy.__contains__)
    fill(queue, waiting)

    assert names(take_all(queue)) == begun


def test_a_source_with_many_calls_waits_for_its_turn_again() -> None:
    queue = FairQueue(1, is_heavy=lambda _source: False)
    fill(queue, "aaabbc")

    order = []
    while call := queue.take():
        order.append(call)
        queue.finish(call)

    assert names(order) == "abcaba"


def test_a_backfill_is_read_when_nothing_else_waits() -> None:
    queue = FairQueue(1, is_heavy=lambda _source: False)
    for name, is_backfill in (("a", True), ("b", True), ("a", True), ("a", False), ("c", False)):
        waiting = call_of(name)
        waiting.is_backfill = is_backfill
        queue.add(waiting)

    order = []
    while call := queue.take():
        order.append((call.source, call.is_backfill))
        queue.finish(call)

    assert order == [("a", False), ("c", False), ("b", True), ("a", True), ("a", True)]


@pytest.mark.parametrize("occasion", Occasion)
def test_a_page_of_a_first_visit_is_a_backfill(occasion: Occasion) -> None:
    page = Page(
        url="http://x.org/",
        requested_url="http://x.org/",
        body=b"<p>",
        content_type="",
        fetched_at=START,
        visit_id=1,
        source_id=1,
        entry_id=1,
        occasion=occasion,
    )

    async def make() -> Call:
        return make_call(hard_work.say, (page,), {}, source="a")

    assert asyncio.run(make()).is_backfill is (occasion is Occasion.BACKFILL)


async def test_the_body_of_a_fresh_page_is_let_in_before_those_of_a_backfill() -> None:
    gate, log = BodyGate(most_bytes=4, most_bytes_a_source=4), list[str]()
    end = asyncio.Event()

    async def bring(name: str, *, is_backfill: bool) -> None:
        async with gate.admit(name, 4, is_backfill=is_backfill):
            log.append(name)
            await end.wait()

    tasks = []
    for name in ("old1", "old2", "new"):
        tasks.append(asyncio.ensure_future(bring(name, is_backfill=name != "new")))
        await asyncio.sleep(0)
    end.set()
    await asyncio.gather(*tasks)

    assert log == ["old1", "new", "old2"]


def test_a_call_made_alone_waits_for_the_others_and_they_wait_for_it() -> None:
    queue = FairQueue(3, is_heavy=lambda _source: False)
    fill(queue, "aBc")

    (first,) = take_all(queue)
    assert queue.has_alone
    queue.finish(first)
    (alone,) = take_all(queue)
    assert names([first, alone]) == "ab"
    queue.finish(alone)

    assert names(take_all(queue)) == "c"
    assert not queue.has_alone


def test_a_cancelled_call_made_alone_delays_nobody() -> None:
    queue = FairQueue(2, is_heavy=lambda _source: False)
    _, alone, _ = fill(queue, "aBc")
    take_all(queue)

    queue.discard(alone)

    assert names(take_all(queue)) == "c"


class Seconds:
    def __init__(self) -> None:
        self.now = 100_000.0

    def __call__(self) -> float:
        return self.now


def test_a_source_has_one_budget_within_any_hour() -> None:
    seconds = Seconds()
    allowance = Allowance(120.0, seconds)
    for _ in range(6):
        allowance.charge("slow", 20.0)
        seconds.now += 600

    wait = allowance.find_wait("slow")
    assert wait is not None
    # the first minute's 20 s are an hour ago then, and the others not
    assert 0 < wait[0] <= 60
    assert "more than 120 s within an hour" in wait[1]
    assert allowance.find_wait("good") is None
    seconds.now += wait[0]
    assert allowance.find_wait("slow") is None


def test_a_source_is_heavy_after_one_abandoned_page_and_not_after_forty_read_ones() -> None:
    allowance = Allowance(120.0, Seconds())
    allowance.charge("slow", 20.0)
    for _ in range(40):
        allowance.charge("good", 0.03)

    assert allowance.is_heavy("slow")
    assert not allowance.is_heavy("good")


def test_a_source_cut_off_again_and_again_waits_longer_and_longer() -> None:
    allowance, waits = Allowance(120.0, Seconds()), []
    for _ in range(8):
        allowance.note_interrupted("slow")
        wait = allowance.find_wait("slow")
        waits.append(wait[0] / 60 if wait else 0)

    assert waits == [0, 2, 4, 8, 16, 32, 60, 60]
    allowance.note_read("slow")
    assert allowance.find_wait("slow") is None


async def test_bodies_over_the_limit_wait_outside_and_one_source_does_not_use_all_of_it() -> None:
    gate, log = BodyGate(most_bytes=10, most_bytes_a_source=4), list[str]()
    ends: dict[str, asyncio.Event] = {}

    async def bring(name: str, size_bytes: int) -> None:
        async with gate.admit(name[0], size_bytes):
            log.append(name)
            await ends[name].wait()

    tasks = {}
    for name, size in (("a1", 3), ("a2", 3), ("b1", 4), ("c1", 9), ("d1", 1)):
        ends[name] = asyncio.Event()
        tasks[name] = asyncio.ensure_future(bring(name, size))
        await asyncio.sleep(0)
    await asyncio.sleep(0)

    # a2 waits for a1; c1 is too large together with the others, and nothing overtakes it
    assert log == ["a1", "b1"]
    assert (gate.inside_bytes, gate.outside_bytes) == (7, 13)
    for name in ("b1", "a1"):
        ends[name].set()
        await tasks[name]
    await asyncio.sleep(0)
    assert log == ["a1", "b1", "a2"]
    ends["a2"].set()
    await tasks["a2"]
    await asyncio.sleep(0)
    assert log == ["a1", "b1", "a2", "c1", "d1"]
    tasks["c1"].cancel()
    ends["d1"].set()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert (gate.inside_bytes, gate.outside_bytes) == (0, 0)


def make_page(body: bytes, source: str = "a") -> Page:
    return Page(
        url=f"https://{source}.example/a",
        requested_url=f"https://{source}.example/a",
        body=body,
        content_type="text/html",
        fetched_at=START,
        visit_id=0,
        source_id=0,
        entry_id=0,
    )


GOOD = article_page("Ferry Leaves Late", PROSE * 3, PROSE.replace("ferry", "boat") * 3)
# ten megabytes of short paragraphs: far more than a second's work on any machine
SLOW = article_page("Ferry", *[f"{n} {PROSE}" for n in range(100_000)])


async def test_an_endless_page_delays_nobody(tmp_path: Path) -> None:
    done, go = str(tmp_path / "done"), tmp_path / "go"
    with closing(make_pool()) as pool:
        slow = [start(pool, hard_work.wait_for, str(go), str(tmp_path / "begun"), source="slow")]
        slow += [start(pool, hard_work.note, done, "slow", source="slow") for _ in range(6)]
        await see(tmp_path / "begun")

        good = [
            start(pool, hard_work.note, done, f"good{n % 42}", source=f"good{n % 42}")
            for n in range(84)
        ]
        await asyncio.gather(*good[:42])
        assert not slow[0].done()
        go.touch()
        await asyncio.gather(*slow, *good)

    order = Path(done).read_text().split()
    assert {*order[:42]} == {f"good{n}" for n in range(42)}  # each once before any twice
    assert order.count("slow") == 6


async def test_slow_pages_are_postponed_and_good_ones_are_read(tmp_path: Path) -> None:
    with closing(make_pool(parse_timeout="1s")) as pool:
        slow = [pool.read_page(extract_article, make_page(SLOW), source="slow") for _ in range(4)]
        good = [
            pool.read_page(extract_article, make_page(GOOD), source=f"good{n}") for n in range(20)
        ]

        ends: list[Any] = await asyncio.gather(*slow, *good, return_exceptions=True)
        feed = await pool.run(hard_work.say, "its feed is still read", source="slow")

    kinds = [type(end) for end in ends[:4]]
    assert kinds == [ParseInterrupted, ParseInterrupted, ParsePostponed, ParsePostponed]
    assert "last 2 pages" in ends[3].reason
    assert ends[3].until > START
    assert {end.headline for end in ends[4:]} == {"Ferry Leaves Late"}
    assert feed
    assert pool.waiting_bytes == 0


async def test_a_source_over_its_budget_waits_and_others_do_not(tmp_path: Path) -> None:
    with closing(make_pool(parse_timeout="1s", parse_budget="1s")) as pool:
        with pytest.raises(ParseInterrupted):
            await pool.read_page(extract_article, make_page(SLOW), source="slow")

        with pytest.raises(ParsePostponed, match="more than 1 s within an hour"):
            await pool.read_page(extract_article, make_page(GOOD), source="slow")
        assert pool.find_hold("good") is None
        await pool.read_page(extract_article, make_page(GOOD), source="good")


async def test_a_page_read_alone_has_the_pool_for_itself(tmp_path: Path) -> None:
    go, order = tmp_path / "go", list[asyncio.Future[Any]]()
    with closing(make_pool()) as pool:
        before = start(pool, hard_work.wait_for, str(go), str(tmp_path / "begun"), source="before")
        await see(tmp_path / "begun")
        alone = asyncio.ensure_future(
            pool.read_page(extract_article, make_page(GOOD), source="alone", alone=True)
        )
        await asyncio.sleep(0)
        after = start(pool, hard_work.say, "after", source="after")
        for task in (before, alone, after):
            task.add_done_callback(order.append)
        await asyncio.sleep(0)
        with pytest.raises(ParsePostponed, match="another page"):
            await pool.read_page(extract_article, make_page(GOOD), source="other", alone=True)
        go.touch()
        await asyncio.gather(before, alone, after)

    assert order == [before, alone, after]


async def test_a_source_with_many_pages_delays_only_its_own(tmp_path: Path) -> None:
    go = tmp_path / "go"
    with closing(make_pool()) as pool:
        held = start(pool, hard_work.wait_for, str(go), str(tmp_path / "begun"), source="big")
        bodies = [start(pool, hard_work.take_size, b"x" * 10_000_000, source="big") for _ in "123"]
        await see(tmp_path / "begun")

        assert pool.waiting_bytes == 30_000_000
        assert await pool.run(hard_work.take_size, b"x" * 9_000_000, source="other") == 9_000_000
        go.touch()

        await asyncio.gather(held, *bodies)
        assert pool.waiting_bytes == 0


async def test_a_page_that_is_no_article_ends_a_row_of_interruptions(tmp_path: Path) -> None:
    with closing(make_pool(parse_timeout="1s")) as pool:
        for body, end in ((SLOW, ParseInterrupted), (b"<p>", NotAnArticle)) * 2:
            with pytest.raises(end):
                await pool.read_page(extract_article, make_page(body), source="a")

        assert pool.find_hold("a") is None
