"""Folding: the first of a fault at once, the others as counts, and nothing that asks for something else."""

import logging

import pytest

from crawler.logs.folding import Count, Fault, Folding

MINUTE, HOUR = 60.0, 3600.0


def fault(
    words: str = "page broke", *, error: str = "", level: int = logging.ERROR, **fields: object
) -> Fault:
    return Fault(logger="watchword.crawl", level=level, words=words, fields=fields, error=error)


def live(
    folding: Folding, one: Fault, *, every: float, until: float, since: float = 0.0
) -> list[object]:
    """Return what is written of a fault that comes again and again."""
    written: list[object] = []
    now = since
    while now < until:
        written += folding.list_due(now)
        if folding.take(one, now):
            written.append(one)
        now += every
    return written


def list_counts(written: list[object]) -> list[int]:
    return [int(str(one.fields["repeated"])) for one in written if isinstance(one, Count)]


def test_the_first_is_written_at_once_and_the_others_are_counted() -> None:
    folding = Folding()

    written = live(folding, fault(source="harbour"), every=1, until=62)

    assert written[0] == fault(source="harbour")
    assert list_counts(written) == [59]
    assert len(written) == 2


def test_a_fault_that_lasts_for_days_is_a_few_lines_a_day() -> None:
    written = live(Folding(), fault(source="harbour"), every=0.5 * MINUTE, until=24 * HOUR)

    assert 3 < len(written) < 12


def test_no_repeat_is_lost() -> None:
    folding = Folding()

    written = live(folding, fault(source="harbour"), every=7, until=5 * HOUR)
    written += folding.flush(5 * HOUR)

    assert 1 + sum(list_counts(written)) == 5 * HOUR // 7 + 1


def test_the_end_is_written_once_it_is_known() -> None:
    folding = Folding()
    live(folding, fault(name="beat"), every=1, until=30)

    found = folding.end("page broke", 31, name="beat")

    assert [one.fields for one in found] == [
        {"stopped": True, "repeated": 29, "last_seconds_ago": 2}
    ]
    assert folding.take(fault(name="beat"), 32)


def test_the_end_of_one_is_not_the_end_of_another() -> None:
    folding = Folding()
    live(folding, fault(name="beat"), every=1, until=30)

    assert folding.end("page broke", 31, name="plan") == []
    assert not folding.take(fault(name="beat"), 32)


def test_an_hour_without_it_is_an_end() -> None:
    folding = Folding()
    live(folding, fault(source="harbour"), every=1, until=90)

    found = [one for now in range(90, 5000, 10) for one in folding.list_due(now)]

    assert [one.fields.get("stopped") for one in found][-1] is True
    assert folding.take(fault(source="harbour"), 5000)


def test_what_came_once_says_nothing_at_its_end() -> None:
    folding = Folding()
    folding.take(fault(source="harbour"), 0)

    assert [one for now in range(0, 20_000, 10) for one in folding.list_due(now)] == []
    assert folding.flush(20_000) == []


@pytest.mark.parametrize(
    "other",
    [
        fault("page lost", source="harbour", reason="timed out"),
        fault(source="inland", reason="timed out"),
        fault(source="harbour", reason="the certificate expired"),
        fault(source="harbour", reason="timed out", error="OSError: disk full"),
        fault(source="harbour", reason="timed out", level=logging.WARNING),
        fault(source="harbour", reason="timed out", recipient="me@example.org"),
        fault(source="harbour", reason="timed out", watch="ferries"),
    ],
)
def test_what_asks_for_something_else_is_not_folded(other: Fault) -> None:
    folding = Folding()
    folding.take(fault(source="harbour", reason="timed out"), 0)

    assert folding.take(other, 1)


@pytest.mark.parametrize(
    "other",
    [
        fault(source="harbour", reason="after 12 s", url="https://h.example/2", delivery=2),
        fault(source="harbour", reason="after 4711 s", pid=77),
    ],
)
def test_numbers_and_addresses_of_pages_do_not_make_another_fault(other: Fault) -> None:
    folding = Folding()
    folding.take(fault(source="harbour", reason="after 9 s"), 0)

    assert not folding.take(other, 1)


def fail_all(folding: Folding, count: int, now: float) -> list[Fault]:
    said = []
    for number in range(count):
        name = (
            f"paper-{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}{chr(97 + number // 676)}"
        )
        one = fault("source failed", source=name, reason=f"{name}.example refused the connection")
        assert folding.list_due(now) == []
        if folding.take(one, now):
            said.append(one)
    return said


def test_a_thousand_sources_that_fail_at_once_are_six_lines() -> None:
    folding = Folding()

    said = fail_all(folding, 1000, now=1)
    counts = folding.list_due(62)

    assert len(said) == 5
    assert len(counts) == 1
    assert counts[0].fields["more_sources"] == 995
    assert "source" not in counts[0].fault.fields


def test_a_thousand_sources_that_go_on_failing_stay_few_lines() -> None:
    folding = Folding()
    lines = 0
    for now in range(0, 6 * 3600, 600):
        lines += len(folding.list_due(now))
        lines += len(fail_all(folding, 1000, now=now))

    assert lines < 40


def test_memory_is_bounded_and_what_is_forgotten_is_written_first() -> None:
    folding = Folding()
    counted = 0
    for number in range(5000):
        one = fault(error="".join(chr(97 + int(digit)) for digit in str(number)))
        counted += sum(list_counts([*folding.list_due(0)]))
        assert folding.take(one, 0)
        folding.take(one, 0)

    assert len(folding._kinds) <= 2001
    assert counted + sum(list_counts([*folding.flush(1)])) == 5000


def test_answers_that_ask_for_something_else_are_written_each() -> None:
    folding = Folding()

    def take(words: str) -> bool:
        fault = Fault(logger="w", level=30, words=words, fields={"source": "courier"}, error="")
        return folding.take(fault, 0.0)

    assert [take(f"the server answered {status}") for status in (503, 401, 404, 503)] == [
        True,
        True,
        True,
        False,
    ]
    assert [take(f"waited {number} s") for number in (7, 12, 1503)] == [True, False, False]
