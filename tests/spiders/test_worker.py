"""The real crawl process: what it reads from its parent and writes to it."""

import asyncio
import os
import select
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.config.changes import list_changes
from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.flows.process.configure import apply_config
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from scheduler.crawling.crawl_child import CrawlChild
from scheduler.crawling.crawl_messages import Answer, Beat, Stored, read_message
from tests.conftest import make_config
from tests.fakes import FakeSite

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late."


def prepare(config: Config) -> None:
    """Create the database, as the daemon does before it starts a crawl process."""
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=utc_now())


@asynccontextmanager
async def crawling(config: Config) -> AsyncIterator[CrawlChild]:
    prepare(config)
    child = await CrawlChild.start(config, number=7)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield child
    finally:
        await child.kill()
        child.close()


def quiet_config(folder: Path) -> Config:
    return make_config(folder, sources=[])


async def hear(child: CrawlChild, config_number: int) -> Beat:
    """Return the first beat that reports a configuration in force."""
    while line := await child.next_line():
        message = read_message(line)
        if isinstance(message, Beat) and message.config_number == config_number:
            return message
    raise AssertionError("the crawl process ended")


async def hear_answer(child: CrawlChild) -> Answer:
    while line := await child.next_line():
        message = read_message(line)
        if isinstance(message, Answer):
            return message
    raise AssertionError("the crawl process ended")


async def test_beats_report_the_state_of_the_process(tmp_path: Path) -> None:
    async with crawling(quiet_config(tmp_path)) as child:
        beat = await hear(child, 7)

        assert (beat.visits, beat.storage) == (0, None)
        assert beat.rss_bytes > 30_000_000


async def test_the_process_ends_with_its_input(tmp_path: Path) -> None:
    async with crawling(quiet_config(tmp_path)) as child:
        await hear(child, 7)

        await child.end(within_seconds=PATIENCE_SECONDS)

        assert child.returncode == 0


async def test_an_invalid_order_is_reported_and_the_next_one_is_carried_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = quiet_config(tmp_path)
    async with crawling(config) as child:
        await hear(child, 7)

        child.send({"config": {"watches": "nonsense"}, "number": 8})
        child.send({"neither": "nor"})
        child.send([])  # type: ignore[arg-type]  # no order
        child.send({"config": config.for_crawl_process(), "number": 9})

        assert (await hear(child, 9)).config_number == 9
        await child.end(within_seconds=PATIENCE_SECONDS)
        assert child.returncode == 0
    printed = capfd.readouterr().err
    assert printed.count("configuration not put in force") == 1
    assert printed.count("order not understood") == 1


async def test_a_configuration_replaced_by_a_later_one_is_no_fault(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def watching(name: str) -> Config:
        watch = WatchSettings(name=name, query="drone")
        return make_config(tmp_path, sources=[], watches=[watch])

    first, second = watching("drones-by-mail"), watching("drones")
    async with crawling(second) as child:
        await hear(child, 7)
        child.send({"config": first.for_crawl_process(), "number": 8})
        child.send({"config": second.for_crawl_process(), "number": 9})
        assert (await hear(child, 9)).config_number == 9

    # one line at debug level; no fault, and no traceback
    assert capfd.readouterr().err == ""


def many_sources(site: FakeSite, folder: Path, *, edited: str = "") -> Config:
    """Return a configuration with fifty paused sources, of which the edited one is visited."""
    return make_config(
        folder,
        sources=[
            {
                "name": f"s{number}",
                "url": f"{site.url}/rss{number}",
                "kind": "feed",
                "allow_private": True,
                "paused": f"s{number}" != edited,
            }
            for number in range(50)
        ],
        fetch={"per_domain": {"delay": "0s"}},
    )


def say_changes(before: Config, after: Config, *, base: int, number: int) -> dict[str, object]:
    return {"changes": list_changes(before, after), "from": base, "number": number}


async def hear_asked(child: CrawlChild, site: FakeSite, path: str) -> None:
    while not any(asked.path == path for asked in site.asked):
        assert await child.next_line()


async def test_one_edited_source_of_many_is_taken_up(site: FakeSite, tmp_path: Path) -> None:
    before, after = (many_sources(site, tmp_path, edited=one) for one in ("", "s31"))
    async with crawling(before) as child:
        await hear(child, 7)

        prepare(after)  # the database has it first
        child.send(say_changes(before, after, base=7, number=8))
        await hear(child, 8)

        await hear_asked(child, site, "/rss31")
    assert {asked.path for asked in site.asked} <= {"/robots.txt", "/rss31"}


async def test_changes_that_came_too_late_end_in_the_same_state(
    site: FakeSite, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A process that was restarted meanwhile uses another configuration than the one they count from."""
    before, after = (many_sources(site, tmp_path, edited=one) for one in ("", "s31"))
    async with crawling(before) as child:
        await hear(child, 7)
        prepare(after)

        child.send(say_changes(before, after, base=6, number=8))
        child.send({"changes": {"sections": {}, "lists": {"sources": [[0, 51]]}}, "from": 7, "number": 8})  # fmt: skip
        # the second beat is two seconds after what was sent
        numbers = [(await hear_beat(child)).config_number for _ in range(3)]
        child.send({"config": after.for_crawl_process(), "number": 9})

        await hear(child, 9)
        await hear_asked(child, site, "/rss31")
    assert numbers == [7, 7, 7]
    printed = capfd.readouterr().err
    assert printed.count("configuration not put in force, the old one stays") == 1


async def hear_beat(child: CrawlChild) -> Beat:
    while not isinstance(message := read_message(await child.next_line()), Beat):
        pass
    return message


async def test_an_unknown_request_is_answered_as_refused(tmp_path: Path) -> None:
    async with crawling(quiet_config(tmp_path)) as child:
        await hear(child, 7)

        child.send({"request": {"id": 5, "kind": "juggle", "arguments": {}}})
        answer = await hear_answer(child)

        assert (answer.request_id, answer.is_done) == (5, False)
        assert "juggle" in answer.text


async def test_progress_is_counted(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, PROSE)
    site.put_feed("/rss", "/a")
    source = {"name": "c", "url": f"{site.url}/rss", "kind": "feed", "backfill": "3650d"}
    config = make_config(
        tmp_path,
        sources=[{**source, "allow_private": True}],
        fetch={"per_domain": {"delay": "0s"}},
    )
    async with crawling(config) as child:
        done = 0
        while done < 4:  # robots.txt, feed, page; feed read, page settled
            line = await child.next_line()
            assert line
            message = read_message(line)
            done = message.done if isinstance(message, Beat) else done


async def test_a_stored_article_is_said_at_once(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, PROSE)
    site.put_feed("/rss", "/a")
    source = {"name": "c", "url": f"{site.url}/rss", "kind": "feed", "backfill": "3650d"}
    config = make_config(tmp_path, sources=[{**source, "allow_private": True}])
    async with crawling(config) as child:
        while not isinstance(message := read_message(await child.next_line()), Stored):
            assert isinstance(message, Beat)

        assert message == Stored(1)


ORPHAN = """
import time
from crawler.machine.processes.lifeline import end_without_parent
end_without_parent(0.1)
print("ready", flush=True)
while True:
    time.sleep(600)
"""
# starts the orphan in a group of its own, prints its pid, and waits to be killed
PARENT = """
import subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, start_new_session=True
)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_process_that_hangs_does_not_outlive_its_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, ORPHAN], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    # opened while it lives, so that it can be waited for although it is not a child of this process
    orphan = os.pidfd_open(int(parent.stdout.readline()))

    parent.kill()
    parent.communicate()

    assert ended(orphan)


def ended(pidfd: int) -> bool:
    """Wait for the end of any process."""
    readable, _, _ = select.select([pidfd], [], [], PATIENCE_SECONDS)
    os.close(pidfd)
    return bool(readable)
