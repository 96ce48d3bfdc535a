"""What libraries log in the processes that read pages is written by the crawl process, which outlives them."""

import io
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from crawler.config.sections.fetch import FetchSettings
from crawler.flows.process.pool import ParsePool
from crawler.logs.handler import FoldingHandler
from crawler.logs.lines import JsonFormatter
from tests.fakes import FakeClock
from tests.flows.process import hard_work

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_crawls")]


@pytest.fixture
def handler() -> Iterator[FoldingHandler]:
    made = FoldingHandler(io.StringIO())
    made.setFormatter(JsonFormatter("crawl"))
    logging.getLogger().addHandler(made)
    yield made
    logging.getLogger().removeHandler(made)


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    settings = FetchSettings.model_validate({"parse_timeout": "60s"})
    made = ParsePool(settings, process_count=1, clock=FakeClock())
    yield made
    made.close()


def read_lines(handler: FoldingHandler) -> list[dict[str, object]]:
    assert isinstance(handler.stream, io.StringIO)
    return [json.loads(line) for line in handler.stream.getvalue().splitlines()]


async def test_repeats_are_counted_though_the_processes_end(
    pool: ParsePool, handler: FoldingHandler
) -> None:
    await pool.run(hard_work.complain, "a", "a", source="harbour")
    worker, _ = await pool.run(hard_work.report_process, source="harbour")
    os.kill(worker, signal.SIGKILL)
    await pool.run(hard_work.complain, "a", "b", source="harbour")
    await pool.run(hard_work.complain, "a", source="tower")
    pool.close()

    handler.say_all()

    found = [(line["event"], line["source"], line.get("repeated")) for line in read_lines(handler)]
    assert found == [
        ("a style is broken: a", "harbour", None),
        ("a style is broken: b", "harbour", None),
        ("a style is broken: a", "tower", None),
        ("a style is broken: a", "harbour", 2),
    ]
    assert {line["logger"] for line in read_lines(handler)} == {"library"}


async def test_a_page_that_is_complained_of_without_end_is_so_a_hundred_times(
    pool: ParsePool, handler: FoldingHandler
) -> None:
    words = [f"{'x' * number}y" for number in range(300)]

    await pool.run(hard_work.complain, *words, source="harbour")
    await pool.run(hard_work.complain, "of the next page", source="harbour")

    found = read_lines(handler)
    assert len(found) == 101
    assert str(found[99]["event"]).endswith("y; what it says after that is not written")
    assert found[100]["event"] == "a style is broken: of the next page"


async def test_a_line_of_a_page_is_masked_and_names_its_error(
    pool: ParsePool, handler: FoldingHandler
) -> None:
    await pool.run(hard_work.stumble, "token=abcdefgh12345678", source="harbour")

    (line,) = read_lines(handler)
    assert line["level"] == "error"
    assert line["event"] == "no font; KeyError: 'token=***'"


async def test_what_the_extractor_says_of_a_page_is_no_line(
    pool: ParsePool, handler: FoldingHandler
) -> None:
    await pool.run(hard_work.read_nothing, source="harbour")

    assert read_lines(handler) == []
