"""The byte budget: which downloads wait, which go on, and that none waits for ever."""

import asyncio
import gc
from functools import partial

import pytest

from crawler.middlewares.download.byte_budget import ByteBudget, Ticket


class Answer:
    """An object that can be garbage collected."""


async def turn() -> None:
    """Run everything that is ready."""
    for _ in range(5):
        await asyncio.sleep(0)


def is_waiting(task: "asyncio.Task[Ticket]") -> bool:
    return not task.done()


async def enter(budget: ByteBudget, key: str) -> "asyncio.Task[Ticket]":
    task = asyncio.create_task(budget.enter(key))
    await turn()
    return task


async def test_over_the_limit_requests_wait_and_continue_in_their_order() -> None:
    budget = ByteBudget(100)
    first = await budget.enter("a")
    first.finish(100)
    second, third = await enter(budget, "b"), await enter(budget, "c")
    order: list[str] = []
    second.add_done_callback(lambda _: order.append("second"))
    third.add_done_callback(lambda _: order.append("third"))

    before = (second.done(), third.done())
    first.let_go()
    await turn()

    assert before == (False, False)
    assert order == ["second", "third"]


async def test_an_answer_stops_at_the_limit_and_goes_on_when_another_is_gone() -> None:
    budget = ByteBudget(100)
    done, growing = await budget.enter("a"), await budget.enter("b")
    done.finish(60)
    steps: list[str] = []

    growing.grow(30, pause=lambda: steps.append("pause"), resume=lambda: steps.append("resume"))
    growing.grow(30, pause=lambda: steps.append("pause"), resume=lambda: steps.append("resume"))
    until_here = list(steps)
    done.let_go()

    assert until_here == ["pause"]
    assert steps == ["pause", "resume"]
    assert budget.held_bytes == 60


async def test_one_answer_continues_alone_where_nothing_finished_could_make_room() -> None:
    budget = ByteBudget(100)
    tickets = [await budget.enter(key) for key in "abc"]
    paused: list[str] = []

    for ticket in [*tickets, *tickets]:
        ticket.grow(40, pause=partial(paused.append, ticket.key), resume=lambda: None)

    # c was the first over the limit, and is the one that finishes
    assert sorted(set(paused)) == ["a", "b"]


async def test_an_answer_larger_than_the_whole_budget_passes() -> None:
    budget = ByteBudget(100)
    ticket = await budget.enter("a")
    paused: list[int] = []

    for _ in range(5):
        ticket.grow(100, pause=lambda: paused.append(1), resume=lambda: None)
    await ticket.make_room(1000)
    ticket.finish(1000)

    assert paused == []
    assert budget.held_bytes == 1000


async def test_one_domain_never_has_more_than_its_share_while_others_wait() -> None:
    budget = ByteBudget(100)
    greedy = await budget.enter("greedy")
    greedy.finish(30)

    more, other = await enter(budget, "greedy"), await enter(budget, "other")

    assert is_waiting(more)
    assert not is_waiting(other)
    greedy.let_go()
    await turn()
    assert not is_waiting(more)


async def test_space_beyond_the_limit_is_granted_to_one_at_a_time() -> None:
    budget = ByteBudget(100)
    full = await budget.enter("a")
    full.finish(60)
    others = [await budget.enter(key) for key in "bcd"]
    waits = [asyncio.create_task(ticket.make_room(70)) for ticket in others]
    await turn()

    before = [wait.done() for wait in waits]
    full.let_go()
    await turn()

    assert before == [False, False, False]
    assert [wait.done() for wait in waits] == [True, True, False]
    assert budget.held_bytes == 140
    waits[2].cancel()


async def test_objects_tied_to_an_answer_are_released_with_it() -> None:
    budget = ByteBudget(100)
    ticket = await budget.enter("a")
    packed, unpacked = Answer(), Answer()
    ticket.settle(10)
    ticket.tie(packed)
    ticket.tie(unpacked)
    ticket.finish(50)

    del packed
    await turn()
    after_the_packed = budget.held_bytes
    del unpacked
    await turn()

    assert after_the_packed == 50
    assert budget.held_bytes == 0


async def test_a_cancelled_request_leaves_the_queue() -> None:
    budget = ByteBudget(100)
    full = await budget.enter("a")
    full.finish(100)
    task = await enter(budget, "b")

    task.cancel()
    await turn()

    assert budget.waiting_count == 0


async def test_the_first_in_the_queue_continues_where_all_holders_wait_for_others() -> None:
    budget = ByteBudget(100)
    home = await budget.enter("a")
    home.finish(100)  # a page whose visit continues only when its feed has been read
    feed, other = await enter(budget, "a"), await enter(budget, "b")

    budget.relieve()
    await turn()

    assert not is_waiting(feed)
    assert is_waiting(other)
    other.cancel()


async def test_an_answer_in_a_reference_cycle_is_released_when_space_is_short() -> None:
    budget = ByteBudget(100)
    answer = Answer()
    answer.itself = answer  # type: ignore[attr-defined]  # a circle
    budget.adopt("a", answer, 100)
    gc.disable()
    try:
        del answer
        task, other = await enter(budget, "b"), await enter(budget, "c")
        waited = is_waiting(other)
        budget.relieve()
        await turn()
    finally:
        gc.enable()

    assert waited
    assert task.done()
    assert other.done()
    assert budget.held_bytes == 0


@pytest.mark.parametrize("size", [0, 7])
async def test_releasing_twice_does_no_harm(size: int) -> None:
    budget = ByteBudget(100)
    ticket = await budget.enter("a")
    ticket.finish(size)

    ticket.let_go()
    ticket.let_go()

    assert budget.held_bytes == 0
