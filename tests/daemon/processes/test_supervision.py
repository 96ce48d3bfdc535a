"""The supervisor against crawl processes that misbehave: real processes, real pipes."""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.errors import RequestInterrupted, RequestRefused, RetryLater
from crawler.logs.handler import FoldingHandler
from crawler.model.request import Request
from scheduler.crawling.crawl_child import CrawlChild
from scheduler.crawling.crawl_process import CrawlProcess
from scheduler.crawling.vigil import Patience

FAKE = Path(__file__).with_name("fake_crawl.py")
PATIENCE_SECONDS = 60.0
# a beat comes every 0.05 s; a state that is to be reached has a minute
QUICK = Patience(first_wait_seconds=0.05, longest_wait_seconds=0.2, least_life_seconds=0.3)


@dataclass
class Stage:
    """A running supervisor with its fake children."""

    supervisor: CrawlProcess
    task: "asyncio.Task[None]"
    folder: Path
    deaths: list[str] = field(default_factory=list)

    def lives(self) -> list[int]:
        file = self.folder / "lives"
        return [int(pid) for pid in file.read_text().split()] if file.exists() else []

    def orders(self) -> list[dict[str, object]]:
        file = self.folder / "orders"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until a condition holds; the supervisor must not end meanwhile."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_so():
                assert not self.task.done()
                await asyncio.sleep(0.02)

    async def until_well(self, *, lives: int) -> None:
        await self.until(lambda: len(self.lives()) >= lives and self.supervisor.liveness.is_beating)


@asynccontextmanager
async def stage(
    folder: Path,
    config: Config,
    *behaviours: str,
    patience: Patience = QUICK,
    on_death: Callable[[], None] = lambda: None,
    command: tuple[str, ...] | None = None,
) -> AsyncIterator[Stage]:
    deaths: list[str] = []

    def note_death() -> None:
        deaths.append("death")
        on_death()

    supervisor = CrawlProcess(
        config,
        on_death=note_death,
        command=command or (sys.executable, str(FAKE), str(folder), *behaviours),
        patience=patience,
    )
    task = asyncio.create_task(supervisor.supervise())
    made = Stage(supervisor, task, folder, deaths)
    try:
        yield made
    finally:
        await asyncio.wait_for(supervisor.stop(within_seconds=0.5), PATIENCE_SECONDS)
        await task
        for pid in made.lives():
            assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Yield what the log writes: of what repeats, the first."""
    handler = FoldingHandler(StringIO())
    logging.getLogger().addHandler(handler)
    yield handler.stream  # type: ignore[misc]  # the one above
    logging.getLogger().removeHandler(handler)


async def test_prints_and_malformed_messages_are_ignored_and_logged_once(
    tmp_path: Path,
    config: Config,
    written: StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with stage(tmp_path, config, "garbage") as made:
        await made.until(lambda: made.supervisor.liveness.done > 3)

        assert len(made.lives()) == 1
        assert made.supervisor.liveness.visits == 2
        assert made.deaths == []
    logged = [line for line in written.getvalue().splitlines() if "ignored" in line]
    assert len(logged) == len(set(logged)) > 3
    # the output of a library is in the log, not lost
    assert "a library says hello" in capfd.readouterr().err


@pytest.mark.parametrize("behaviour", ["dies", "is_killed"])
async def test_a_dead_child_is_replaced_and_its_visits_are_released(
    tmp_path: Path, config: Config, behaviour: str
) -> None:
    async with stage(tmp_path, config, behaviour, behaviour) as made:
        await made.until_well(lives=3)

        assert made.deaths == ["death"] * 2
        assert made.supervisor.liveness.restart_count == 2
        assert made.supervisor.liveness.pid == made.lives()[-1]


@pytest.mark.parametrize("behaviour", ["hangs", "never_beats"])
async def test_a_child_that_does_not_beat_is_killed_and_replaced(
    tmp_path: Path, config: Config, behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, config, behaviour, patience=Patience(hang_seconds=3)) as made:
        await made.until_well(lives=2)

        assert not is_alive(made.lives()[0])
    assert "crawl process hung" in caplog.text


async def test_a_child_that_beats_and_does_nothing_is_killed_and_replaced(
    tmp_path: Path, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    calm = config.model_copy(
        update={
            "fetch": config.fetch.model_validate({"timeout": "1s", "per_domain": {"delay": "0s"}})
        }
    )
    async with stage(
        tmp_path, calm, "makes_no_progress", patience=Patience(stall_seconds=1)
    ) as made:
        await made.until_well(lives=2)

        assert not is_alive(made.lives()[0])
    assert "crawl process made no progress" in caplog.text


async def test_death_is_noticed_though_an_orphan_holds_every_pipe(
    tmp_path: Path, config: Config
) -> None:
    async with stage(tmp_path, config, "leaves_an_orphan") as made:
        await made.until_well(lives=2)

        orphan = int((tmp_path / "orphan").read_text())
        assert is_alive(orphan)
        assert made.deaths == ["death"]
        os.kill(orphan, signal.SIGKILL)


async def test_the_end_of_a_child_is_noticed_without_a_thread(
    tmp_path: Path, config: Config
) -> None:
    # without memory, starting a thread never returns
    before = {thread.name for thread in threading.enumerate()}
    child = await CrawlChild.start(config, command=(sys.executable, str(FAKE), str(tmp_path), "leaves_an_orphan"))  # fmt: skip
    started = {thread.name for thread in threading.enumerate()} - before

    assert await child.wait(PATIENCE_SECONDS)
    assert child.returncode == 4
    assert started == set()
    child.close()
    os.kill(int((tmp_path / "orphan").read_text()), signal.SIGKILL)


async def test_the_lines_of_a_child_end_with_it_though_an_orphan_holds_the_pipe(
    tmp_path: Path, config: Config
) -> None:
    command = (sys.executable, str(FAKE), str(tmp_path), "leaves_an_orphan")
    child = await CrawlChild.start(config, command=command)

    async with asyncio.timeout(PATIENCE_SECONDS):
        lines = []
        while line := await child.next_line():
            lines.append(line)

    assert len(lines) == 1
    assert child.returncode == 4
    child.close()
    os.kill(int((tmp_path / "orphan").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("behaviour", ["is_heavy", "is_heavy_and_stubborn"])
async def test_a_heavy_child_is_renewed_without_counting_as_a_death(
    tmp_path: Path, config: Config, behaviour: str, caplog: pytest.LogCaptureFixture
) -> None:
    patience = Patience(end_seconds=1, least_life_seconds=0.3)
    async with stage(tmp_path, config, behaviour, patience=patience) as made:
        await made.until_well(lives=2)

        live = made.supervisor.liveness
        assert (live.restart_count, live.renewal_count) == (0, 1)
        assert made.deaths == ["death"]  # its claimed visits are due again
        assert not is_alive(made.lives()[0])
    logged = [r.message for r in caplog.records if "memory" in r.message]
    assert len(logged) == 1
    assert "rss_mb=5000" in logged[0]
    assert "ceiling_mb=1000" in logged[0]


async def test_callbacks_that_raise_end_nothing(tmp_path: Path, config: Config) -> None:
    def fail() -> None:
        raise OSError("database is locked")

    async with stage(
        tmp_path,
        config,
        "dies",
        "hangs",
        on_death=fail,
        patience=Patience(hang_seconds=3, first_wait_seconds=0.05),
    ) as made:
        await made.until_well(lives=3)

        assert made.deaths == ["death"] * 2


async def test_a_callback_is_waited_for_until_the_supervisor_is_stopped(
    tmp_path: Path, config: Config
) -> None:
    entered = asyncio.Event()

    async def wait_for_storage() -> None:
        entered.set()
        await asyncio.Event().wait()

    supervisor = CrawlProcess(
        config,
        on_death=wait_for_storage,
        command=(sys.executable, str(FAKE), str(tmp_path), "dies"),
    )
    task = asyncio.create_task(supervisor.supervise())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await entered.wait()
        await supervisor.stop(within_seconds=1)
        await task

    assert len((tmp_path / "lives").read_text().split()) == 1  # none was started before it returned


async def test_a_child_that_cannot_be_started_is_tried_again(
    tmp_path: Path, config: Config, written: StringIO
) -> None:
    program = tmp_path / "crawl"
    async with stage(tmp_path, config, command=(str(program),)) as made:
        await made.until(lambda: made.supervisor.liveness.restart_count >= 3)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "{tmp_path}"\n')
        program.chmod(0o755)
        await made.until_well(lives=1)
    assert written.getvalue().count("crawl process cannot be started") == 1


async def test_a_cancelled_supervisor_leaves_no_child(tmp_path: Path, config: Config) -> None:
    supervisor = CrawlProcess(
        config,
        on_death=lambda: None,
        command=(sys.executable, str(FAKE), str(tmp_path), "is_stubborn"),
    )
    task = asyncio.create_task(supervisor.supervise())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not supervisor.liveness.is_beating:
            await asyncio.sleep(0.02)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    async with asyncio.timeout(PATIENCE_SECONDS):
        while is_alive(int((tmp_path / "lives").read_text())):
            await asyncio.sleep(0.02)


async def test_a_configuration_is_sent_until_it_is_accepted(tmp_path: Path, config: Config) -> None:
    patience = Patience(resend_seconds=0.2)
    async with stage(tmp_path, config, "refuses_configurations", patience=patience) as made:
        await made.until(lambda: made.supervisor.liveness.is_configured)

        edited = config.model_copy(update={"watches": ()})
        made.supervisor.replace_config(edited)
        await made.until(lambda: len(made.orders()) >= 3)

        assert {order["number"] for order in made.orders()} == {2}
        assert not made.supervisor.liveness.is_configured
        assert len(made.lives()) == 1


async def test_a_lost_difference_is_followed_by_the_whole_configuration(
    tmp_path: Path, config: Config
) -> None:
    patience = Patience(resend_seconds=0.2)
    async with stage(tmp_path, config, "loses_changes", patience=patience) as made:
        await made.until_well(lives=1)

        edited = config.model_copy(update={"watches": ()})
        made.supervisor.replace_config(edited)
        await made.until(lambda: made.supervisor.liveness.is_configured)

        changes, whole = made.orders()
        assert changes["changes"] == {"sections": {}, "lists": {"watches": []}}
        assert whole["config"] == json.loads(json.dumps(edited.for_crawl_process()))


async def test_an_accepted_configuration_is_not_sent_again(tmp_path: Path, config: Config) -> None:
    async with stage(tmp_path, config, patience=Patience(resend_seconds=0.1)) as made:
        await made.until_well(lives=1)

        made.supervisor.replace_config(config.model_copy(update={"watches": ()}))
        await made.until(lambda: made.supervisor.liveness.is_configured)
        done = made.supervisor.liveness.done
        await made.until(lambda: made.supervisor.liveness.done > done + 10)

        assert len(made.orders()) == 1


async def test_an_engine_setting_renews_the_child(tmp_path: Path, config: Config) -> None:
    async with stage(tmp_path, config) as made:
        await made.until_well(lives=1)

        fetch = config.fetch.model_copy(update={"contact": "desk@paper.example"})
        made.supervisor.replace_config(config.model_copy(update={"fetch": fetch}))
        await made.until_well(lives=2)

        assert made.supervisor.liveness.restart_count == 0


async def test_requests_are_answered_or_refused(tmp_path: Path, config: Config) -> None:
    async with stage(tmp_path, config) as made:
        await made.until_well(lives=1)
        forward = made.supervisor.forward

        first, second = await asyncio.gather(
            forward(Request(id=1, kind="split", arguments={"article": 3})),
            forward(Request(id=2, kind="merge", arguments={})),
        )
        assert (first, second) == ("about split", "about merge")
        assert made.orders()[0] == {
            "request": {"id": 1, "kind": "split", "arguments": {"article": 3}}
        }
        with pytest.raises(RequestRefused, match="about refused"):
            await forward(Request(id=3, kind="refused", arguments={}))
        assert await forward(Request(id=4, kind="last words", arguments={})) == "about last words"


async def test_a_waiting_request_fails_when_the_child_dies(tmp_path: Path, config: Config) -> None:
    async with stage(tmp_path, config, "is_deaf") as made:
        await made.until_well(lives=1)
        asking = asyncio.create_task(
            made.supervisor.forward(Request(id=1, kind="split", arguments={}))
        )
        await made.until(lambda: bool(made.orders()))

        os.kill(made.lives()[0], signal.SIGKILL)

        with pytest.raises(RequestInterrupted):
            await asking
        await made.until_well(lives=2)
        assert (
            await made.supervisor.forward(Request(id=1, kind="split", arguments={}))
            == "about split"
        )


async def test_without_a_child_a_request_is_interrupted_at_once(
    tmp_path: Path, config: Config
) -> None:
    supervisor = CrawlProcess(config, on_death=lambda: None)

    with pytest.raises(RetryLater):
        await supervisor.forward(Request(id=1, kind="split", arguments={}))


async def test_a_stubborn_child_is_killed_at_the_stop(
    tmp_path: Path, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, config, "is_stubborn") as made:
        await made.until_well(lives=1)
    assert "crawl process did not end in time" in caplog.text


@pytest.mark.parametrize("behaviour", ["waits_for_storage", "is_idle"])
async def test_an_idle_child_and_one_that_waits_for_storage_are_not_stalled(
    tmp_path: Path, config: Config, behaviour: str
) -> None:
    calm = config.model_copy(
        update={
            "fetch": config.fetch.model_validate({"timeout": "1s", "per_domain": {"delay": "0s"}})
        }
    )
    async with stage(tmp_path, calm, behaviour, patience=Patience(stall_seconds=0.5)) as made:
        await made.until_well(lives=1)
        beats = 0

        def count() -> bool:
            nonlocal beats
            beats += 1
            return beats > 150  # 3 s of looks

        await made.until(count)

        assert len(made.lives()) == 1
        expected = "the disk is full" if behaviour == "waits_for_storage" else None
        assert made.supervisor.liveness.storage == expected


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="watchword")
