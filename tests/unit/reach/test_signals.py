"""``check --network`` ends at once at a signal, whatever it waits for."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scheduler.one_crawl import CrawlStopped
from tests.fakes import FakeSite
from watchword.reach.signals import until_signal

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_look_up_that_hangs_in_a_thread_is_not_waited_for(number: signal.Signals) -> None:
    answered = threading.Event()

    async def ask() -> None:
        looking = asyncio.create_task(asyncio.to_thread(answered.wait))
        await asyncio.sleep(0)
        os.kill(os.getpid(), number)
        await looking

    async def main() -> None:
        await until_signal(ask())

    try:
        with pytest.raises(CrawlStopped) as stopped:
            asyncio.run(main())
        assert not answered.is_set()
    finally:
        answered.set()

    assert stopped.value.exit_code == 128 + number


def test_without_a_signal_the_result_comes_and_signals_are_the_callers_again() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def main() -> int:
        return await until_signal(asyncio.sleep(0, result=5))

    assert asyncio.run(main()) == 5
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_fault_is_the_callers() -> None:
    async def fail() -> None:
        raise ValueError("of ours")

    async def main() -> None:
        await until_signal(fail())

    with pytest.raises(ValueError, match="of ours"):
        asyncio.run(main())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("place", ["mail", "web"])
def test_a_signal_while_a_server_says_nothing_ends_it_with_its_exit_code(
    tmp_path: Path, site: FakeSite, number: signal.Signals, place: str
) -> None:
    site.put_feed("/rss", "/one")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        port = silent.getsockname()[1]
        tried = {
            "mail": f'[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nto = ["me@example.org"]\n',
            "web": f'[web]\nurl = "http://0.0.0.0:{port}/"\n',
        }
        (tmp_path / "n.toml").write_text(
            f'[store]\npath = "{tmp_path}/n.db"\n{tried[place]}'
            f'[[source]]\nname = "courier"\nurl = "{site.url}/rss"\nallow_private = true\n'
        )
        command = [sys.executable, "-m", "watchword", "--config", str(tmp_path / "n.toml"), "check", "--network"]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as running:
            came, _ = silent.accept()
            running.send_signal(number)
            _, said = running.communicate(timeout=60)
        came.close()

    assert running.returncode == 128 + number
    assert "Stopped: nothing was stored." in said
    assert "Traceback" not in said
