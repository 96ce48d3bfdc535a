"""A webhook's status is its answer, whatever becomes of what it says after."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from crawler.alerting.webhook import post_webhook
from crawler.errors import MailDeferred, MailRefused, WayBlocked
from tests.fakes import START

PAYLOAD = b'{"id": "1"}'


@contextlib.contextmanager
def answering(answer: bytes, *, hangs: bool) -> Iterator[int]:
    """Give a port that reads one request, says this, and hangs up or says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    heard = b""
                    while not heard.endswith(PAYLOAD):
                        heard += peer.recv(65_536)
                    peer.sendall(answer)
                    if hangs:
                        done.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        done.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def post(port: int, *, timeout_seconds: float = 30.0, now: datetime = START) -> str:
    url = f"http://127.0.0.1:{port}/in"
    return await post_webhook(
        PAYLOAD, url=url, secret="s", now=now, timeout_seconds=timeout_seconds
    )


@pytest.mark.parametrize("hangs", [True, False])
@pytest.mark.parametrize(
    "after",
    [
        b"Content-Length: 100\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"Transfer-Encoding: chunked\r\n\r\nno chunk at all\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
        b"Content-Length: 300000\r\n\r\n" + b"x" * 200_000,
    ],
    ids=["cut", "cut chunk", "broken chunk", "broken gzip", "endless"],
)
async def test_a_yes_is_a_yes_though_its_body_never_comes(after: bytes, hangs: bool) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n" + after, hangs=hangs) as port:
        assert await post(port) == "HTTP 200"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(b"410 Gone", MailRefused), (b"503 Later", MailDeferred), (b"302 Elsewhere", MailDeferred)],
)
async def test_a_no_is_a_no_though_its_body_never_comes(
    status: bytes, expected: type[Exception]
) -> None:
    answer = (
        b"HTTP/1.1 " + status + b"\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 9\r\n\r\n"
    )
    with answering(answer, hangs=True) as port:
        with pytest.raises(expected, match=re.escape(status.split()[0].decode())) as caught:
            await post(port)

        assert type(caught.value) is expected


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200", b"HTTP/1.1 100 Continue\r\n\r\n"])
@pytest.mark.parametrize("hangs", [True, False])
async def test_half_an_answer_is_none(said: bytes, hangs: bool) -> None:
    with answering(said, hangs=hangs) as port, pytest.raises(WayBlocked):
        await post(port, timeout_seconds=0.5)
