"""The parse pool with real processes that are killed, stopped, starved and too slow."""

import asyncio
import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from crawler.config.sections.fetch import FetchSettings
from crawler.errors import NotAnArticle, ParseInterrupted, ParsePostponed
from crawler.flows.process.parse_pool.workers import Workers, WorkersUnavailable
from crawler.flows.process.pool import ParsePool
from crawler.log import LOG_FORMAT
from tests.fakes import FakeClock
from tests.flows.process import hard_work

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked_crawls")]

ROOT = Path(__file__).resolve().parents[3]
REPORT_PROCESS = pickle.dumps((hard_work.report_process, (), {}))


def make_pool(*, process_count: int = 2, **fetch: object) -> ParsePool:
    settings = FetchSettings.model_validate({"parse_timeout": "60s", **fetch})
    return ParsePool(settings, process_count=process_count, clock=FakeClock())


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    made = make_pool()
    yield made
    made.close()


async def see(path: Path) -> str:
    """Wait until a worker has created a file."""
    while not path.exists() or not path.read_text():
        await asyncio.sleep(0.005)
    return path.read_text()


async def see_end_of(process_id: int) -> None:
    """Wait until a process is gone; a zombie counts as gone."""
    while True:
        try:
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        await asyncio.sleep(0.005)


def start(pool: ParsePool, function: Any, *args: Any, source: str = "a") -> "asyncio.Task[Any]":
    return asyncio.ensure_future(pool.run(function, *args, source=source))


async def test_what_a_function_returns_or_raises_reaches_the_caller(pool: ParsePool) -> None:
    assert await pool.run(hard_work.say, "ferry", source="a") == "ferry"
    with pytest.raises(NotAnArticle, match="a menu"):
        await pool.run(hard_work.refuse, "a menu", source="a")
    with pytest.raises(KeyError) as broken:
        await pool.run(hard_work.break_down, source="a")

    assert "in break_down" in broken.value.__notes__[0]
    assert pool.progress == 3


async def test_a_body_larger_than_any_buffer_arrives_whole(pool: ParsePool) -> None:
    assert await pool.run(hard_work.take_size, b"x" * 30_000_000, source="a") == 30_000_000


@pytest.mark.parametrize("names", ["a", "ab"])
async def test_killed_workers_are_named_and_the_next_calls_are_answered(
    pool: ParsePool, tmp_path: Path, names: str
) -> None:
    in_hand = [
        start(pool, hard_work.wait_for_ever, str(tmp_path / name), source=name) for name in names
    ]
    for name in names:
        os.kill(int(await see(tmp_path / name)), signal.SIGKILL)

    for waiting in in_hand:
        with pytest.raises(ParseInterrupted, match=r"killed by signal 9 \(Killed\)"):
            await waiting
    words = [start(pool, hard_work.say, word, source=word) for word in "abc"]
    assert await asyncio.gather(*words) == [*"abc"]


async def test_all_workers_killed_while_idle_are_replaced(pool: ParsePool, tmp_path: Path) -> None:
    both = [
        start(pool, hard_work.wait_for, str(tmp_path / "go"), str(tmp_path / name), source=name)
        for name in "ab"
    ]
    workers = [int(await see(tmp_path / name)) for name in "ab"]
    (tmp_path / "go").touch()
    await asyncio.gather(*both)

    for worker in workers:
        os.kill(worker, signal.SIGKILL)

    words = [start(pool, hard_work.say, word, source=word) for word in "abcdef"]
    assert await asyncio.gather(*words) == [*"abcdef"]


@pytest.mark.own_process
async def test_a_killed_fork_server_is_replaced_and_pages_under_way_are_read(
    pool: ParsePool, tmp_path: Path
) -> None:
    go = str(tmp_path / "go")
    _, server = await pool.run(hard_work.report_process, source="a")
    in_hand = [
        start(pool, hard_work.wait_for, go, str(tmp_path / name), name, source=name)
        for name in "ab"
    ]
    workers = [int(await see(tmp_path / name)) for name in "ab"]

    os.kill(server, signal.SIGKILL)
    for worker in workers:
        await see_end_of(worker)
    (tmp_path / "go").touch()

    assert await asyncio.gather(*in_hand) == ["a", "b"]
    assert (await pool.run(hard_work.report_process, source="a"))[1] != server


async def test_a_fork_server_killed_while_idle_is_replaced(pool: ParsePool) -> None:
    worker, server = await pool.run(hard_work.report_process, source="a")

    os.kill(server, signal.SIGKILL)
    await see_end_of(worker)

    assert await pool.run(hard_work.say, "on", source="a") == "on"


@pytest.mark.own_process
def test_both_kills_are_survived_on_the_loop_of_the_crawl_process() -> None:
    async def kill_and_ask() -> list[str]:
        with contextlib.closing(make_pool()) as pool:
            words = []
            for kill_server in (False, True):
                worker, server = await pool.run(hard_work.report_process, source="a")
                os.kill(server if kill_server else worker, signal.SIGKILL)
                await see_end_of(worker)
                words.append(await pool.run(hard_work.say, "on", source="a"))
            return words

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(kill_and_ask()) == ["on", "on"]


@pytest.mark.parametrize(
    ("function", "args", "cause"),
    [
        (hard_work.kill_yourself, (signal.SIGTERM,), None),
        (hard_work.kill_yourself, (signal.SIGABRT,), "killed by signal 6"),
        (hard_work.crash, (), "killed by signal 11"),
        (hard_work.take_all_memory, (), r"more memory than allowed \(MemoryError\)"),
    ],
)
async def test_the_true_cause_is_reported(function: Any, args: Any, cause: str | None) -> None:
    # the stop of a service reaches workers too: they end with the crawl process, not before it
    pool = make_pool(parse_timeout="60s" if cause else "1s")
    with contextlib.closing(pool):
        with pytest.raises(ParseInterrupted, match=cause or "took more than 1 s to be read"):
            await pool.run(function, *args, source="a")

        assert await pool.run(hard_work.say, "on", source="a") == "on"


async def test_an_argument_that_cannot_be_sent_is_an_error_and_costs_no_worker(
    pool: ParsePool,
) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError)):
        await pool.run(lambda: None, source="a")
    with pytest.raises((AttributeError, pickle.PicklingError)):
        await pool.run(hard_work.return_a_function, source="a")

    assert await pool.run(hard_work.say, "on", source="a") == "on"


async def test_a_function_that_tries_to_end_the_process_is_an_error(pool: ParsePool) -> None:
    with pytest.raises(RuntimeError, match=r"SystemExit\(3\)"):
        await pool.run(hard_work.end_the_process, source="a")


async def test_a_stopped_worker_is_too_slow_and_is_ended() -> None:
    with contextlib.closing(make_pool(parse_timeout="1s")) as pool:
        worker, _ = await pool.run(hard_work.report_process, source="a")
        os.kill(worker, signal.SIGSTOP)

        with pytest.raises(ParseInterrupted, match="took more than 1 s"):
            await pool.run(hard_work.say, "lost", source="a")
        await see_end_of(worker)


@pytest.mark.own_process
async def test_a_fork_server_that_is_stopped_is_replaced() -> None:
    with contextlib.closing(Workers(memory_bytes=10**10)) as workers:
        worker = await workers.start()
        _, (_, server) = await worker.ask(REPORT_PROCESS, source="a", timeout_seconds=60)
        os.kill(server, signal.SIGSTOP)

        workers.start_seconds = 1
        with pytest.raises(WorkersUnavailable, match="within 1 s"):
            await workers.start()
        workers.start_seconds = 60

        _, (_, other) = await (await workers.start()).ask(
            REPORT_PROCESS, source="a", timeout_seconds=60
        )
        assert other != server


@pytest.mark.own_process
@pytest.mark.parametrize("log_format", ["text", "json"])
async def test_a_fork_server_that_cannot_load_says_why(
    log_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOG_FORMAT, log_format)
    # as where a system library is missing
    (tmp_path / "htmldate.py").write_text('raise ImportError("libxml2.so.2 is missing")\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with (
        contextlib.closing(Workers(memory_bytes=10**10)) as workers,
        pytest.raises(WorkersUnavailable, match=r"ImportError: libxml2\.so\.2 is missing$"),
    ):
        await workers.start()


@pytest.mark.own_process
async def test_workers_hold_no_file_or_pipe_of_the_crawl_process(
    pool: ParsePool, tmp_path: Path
) -> None:
    read, write = os.pipe()
    os.set_inheritable(write, True)
    with (tmp_path / "held").open("w"):
        files = await pool.run(hard_work.list_open_files, source="a")
        pipe = str(Path(f"/proc/self/fd/{write}").readlink())
    os.close(read)
    os.close(write)

    assert pipe not in files
    assert files.count("/dev/null") == 3
    assert [name for name in files if "held" in name] == []
    assert len([name for name in files if name.startswith(("socket:", "pipe:"))]) == 1


CRAWL = """
import asyncio, sys, uvloop
from crawler.config.sections.fetch import FetchSettings
from crawler.flows.process.pool import ParsePool
from tests.flows.process import hard_work

async def main():
    pool = ParsePool(FetchSettings(), process_count=2)
    print(*await pool.run(hard_work.report_process, source="a"), flush=True)
    await pool.run(hard_work.wait_for_ever, sys.argv[1], source="b")

asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
"""


@pytest.mark.own_process
async def test_workers_and_fork_server_end_with_a_killed_crawl_process(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CRAWL, str(tmp_path / "begun")], stdout=subprocess.PIPE, cwd=ROOT
    ) as crawl:
        assert crawl.stdout is not None
        idle, server = map(int, crawl.stdout.readline().split())
        busy = int(await see(tmp_path / "begun"))

        crawl.kill()

        assert crawl.stdout.read() == b""  # no process holds the pipe any more
    for process in (idle, busy, server):
        await see_end_of(process)


async def test_a_waiting_call_that_is_cancelled_is_not_made(
    pool: ParsePool, tmp_path: Path
) -> None:
    done, go = tmp_path / "done", tmp_path / "go"
    first = start(pool, hard_work.wait_for, str(go), str(tmp_path / "begun"))
    let_go = start(pool, hard_work.note, str(done), "let go")
    await see(tmp_path / "begun")
    let_go.cancel()
    last = start(pool, hard_work.note, str(done), "last")
    go.touch()
    await asyncio.gather(first, last)

    assert done.read_text().split() == ["last"]
    assert pool.waiting_bytes == 0


async def test_a_closed_pool_accepts_no_calls(pool: ParsePool, tmp_path: Path) -> None:
    running = start(pool, hard_work.wait_for_ever, str(tmp_path / "begun"))
    waiting = start(pool, hard_work.say, "late")
    worker = int(await see(tmp_path / "begun"))

    pool.close()

    ended = await asyncio.gather(running, waiting, return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError] * 2
    with pytest.raises(ParsePostponed):
        await pool.run(hard_work.say, "later", source="a")
    await see_end_of(worker)
