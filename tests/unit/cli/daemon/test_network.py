"""What the terminal says while the machine has no network."""

from datetime import timedelta

import pytest

from crawler.storage.process.activity import Event
from tests.fakes import START
from watchword.network import NetworkLog, NetworkWatch

SECOND = timedelta(seconds=1)
GONE = "the host name cannot be resolved (no network, or no such host)"


def fail(source: str, reason: str = GONE) -> Event:
    return Event(
        kind="failed", source=source, text=reason, next_try_at=START + timedelta(seconds=30)
    )


def visit(source: str) -> Event:
    return Event(kind="visited", source=source, text="nothing new")


def texts(events: tuple[Event, ...]) -> list[str]:
    return [event.text for event in events]


def test_no_network_is_said_once_however_many_sources_fail() -> None:
    network, names = NetworkWatch(), [f"paper-{number}" for number in range(21)]

    first = network.sort(map(fail, names[:4]), source_count=21, now=START)
    second = network.sort(map(fail, names[4:]), source_count=21, now=START)
    again = network.sort(map(fail, names), source_count=21, now=START + 40 * SECOND)

    assert first == again == ()
    assert texts(second) == ["No network: 21 sources cannot be reached; next try in 30 s."]


def test_that_it_is_back_is_said_once() -> None:
    network = NetworkWatch()
    network.sort(map(fail, ("a", "b")), source_count=2, now=START)

    back = network.sort([visit("a"), visit("b")], source_count=2, now=START + SECOND)

    assert texts(back) == ["The network is back: a answers.", "nothing new", "nothing new"]


def test_a_source_beside_us_does_not_bring_the_network_back() -> None:
    network = NetworkWatch()
    network.sort(map(fail, ("a", "b", "c")), source_count=4, now=START)
    gone = network.sort([], source_count=4, now=START + 10 * SECOND)

    seen = network.sort([visit("local")], source_count=4, now=START + 11 * SECOND)

    assert texts(gone) == ["No network: 3 of 4 sources cannot be reached; next try in 20 s."]
    assert texts(seen) == ["nothing new"]


def test_a_host_that_does_not_exist_is_a_failure_of_its_own() -> None:
    network = NetworkWatch()

    held = network.sort([fail("gone")], source_count=9, now=START)
    at_once = network.sort([visit("a")], source_count=9, now=START + SECOND)
    network.sort([fail("gone")], source_count=9, now=START + 2 * SECOND)
    later = network.sort([], source_count=9, now=START + 12 * SECOND)

    assert held == ()
    assert texts(at_once) == [GONE, "nothing new"]
    assert texts(later) == [GONE]


def test_nothing_is_held_back_for_ever_by_a_crawl_that_ends() -> None:
    one, many = NetworkWatch(), NetworkWatch()
    one.sort([fail("a")], source_count=2, now=START)
    many.sort(map(fail, ("a", "b", "c")), source_count=9, now=START)

    assert texts(one.finish(source_count=2, now=START)) == [GONE]
    assert texts(many.finish(source_count=9, now=START))[0].startswith("No network: 3 of 9")


def test_other_failures_are_shown_at_once() -> None:
    refused = fail("a", "the connection was refused")

    assert NetworkWatch().sort([refused], source_count=1, now=START) == (refused,)


def test_the_log_says_once_that_the_network_is_gone_and_once_that_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log, names = NetworkLog(), [f"paper-{number}" for number in range(21)]

    for minute in range(3):
        now = START + 60 * minute * SECOND
        log.note(map(fail, names), source_count=21, now=now)
    log.note([visit("paper-3"), visit("paper-4")], source_count=21, now=START + 300 * SECOND)

    assert caplog.messages == [
        "no network: 21 sources cannot be reached; next try in 30 s",
        "the network is back: paper-3 answers",
    ]


def test_the_log_names_a_host_that_does_not_exist_once_until_it_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = NetworkLog()

    for minute in range(3):
        now = START + 60 * minute * SECOND
        log.note([visit("b"), fail("typo")], source_count=9, now=now)
        log.note([], source_count=9, now=now + 10 * SECOND)
    log.note([visit("typo"), fail("typo")], source_count=9, now=START + 600 * SECOND)
    log.note([], source_count=9, now=START + 610 * SECOND)

    said = f'source failed source=typo reason="{GONE}"'
    assert caplog.messages == [said, said]
