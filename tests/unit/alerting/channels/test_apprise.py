"""Apprise runs in a process of its own that ends with the attempt, and whose command line holds no secret."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crawler.alerting.channels.channel_parts import Parts
from crawler.alerting.channels.channels import Taken, notify_by_apprise
from crawler.errors import MailDeferred

SECRET = "a-secret-nobody-should-read"


PARTS = Parts(subject="title", headline="title", sentence="text")


async def notify(url: str, timeout_seconds: float) -> str:
    return await notify_by_apprise(
        PARTS, url=url, timeout_seconds=timeout_seconds, taken=Taken(), message_id="<1@x>"
    )


@dataclass
class Silence:
    """A server that accepts what is sent to it and never answers.

    processes  the command lines of this process's children at the time of the request
    """

    port: int = 0
    processes: list[str] = field(default_factory=list)
    was_asked: threading.Event = field(default_factory=threading.Event)
    was_left: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def silence() -> Iterator[Silence]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Silence(port=int(listener.getsockname()[1]))

        def serve() -> None:
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(60)
                    peer.recv(1)
                    found.processes += list_children()
                    found.was_asked.set()
                    while peer.recv(65_536):
                        pass
                    found.was_left.set()

        thread = threading.Thread(target=serve)
        thread.start()
        yield found
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def list_children() -> list[str]:
    """Return the command lines of our child processes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(os.getpid()):
                found.append((folder / "cmdline").read_text())
    return found


async def test_an_attempt_that_is_ended_delivers_nothing_later(silence: Silence) -> None:
    url = f"json://{SECRET}@127.0.0.1:{silence.port}/push?rto=600&cto=600"
    attempt = asyncio.create_task(notify(url, 600))
    assert await asyncio.to_thread(silence.was_asked.wait, 60)

    attempt.cancel()
    await asyncio.wait([attempt])

    # it was ended midway, and no process is left that could continue
    assert await asyncio.to_thread(silence.was_left.wait, 60)
    assert not any("apprise_process" in one for one in list_children())
    assert any("apprise_process" in one for one in silence.processes)
    assert SECRET not in "".join(silence.processes)


async def test_an_attempt_whose_time_is_up_is_ended(silence: Silence) -> None:
    url = f"json://127.0.0.1:{silence.port}/push?rto=600&cto=600"

    with pytest.raises(MailDeferred, match="did not answer within 0.1 s"):
        await notify(url, 0.1)

    assert not any("apprise_process" in one for one in list_children())


def test_the_process_ends_with_its_parent(silence: Silence) -> None:
    address = {
        "url": f"json://127.0.0.1:{silence.port}/?rto=600",
        "proxies": {"proxy": None, "exceptions": []},
    }
    with subprocess.Popen(
        [sys.executable, "-m", "crawler.alerting.channels.apprise_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(address).encode() + b"\n")
        child.stdin.flush()
        service = json.loads(child.stdout.readline())["services"][0]
        message = {"messages": {service["key"]: {"title": "t", "body": "b"}}}
        child.stdin.write(json.dumps(message).encode() + b"\n")
        child.stdin.flush()
        assert silence.was_asked.wait(60)

        child.stdin.close()

        assert child.wait(60) == 1
        assert silence.was_left.wait(10)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"nonsense://{SECRET}", "Apprise does not know this kind"),
        # nobody listens on port 1
        (f"json://{SECRET}@127.0.0.1:1/", "JSON did not accept it: the connection was refused"),
    ],
)
async def test_an_error_is_reported_without_the_address(url: str, reason: str) -> None:
    with pytest.raises(MailDeferred, match=reason) as caught:
        await notify(url, 30)

    assert SECRET not in str(caught.value)
