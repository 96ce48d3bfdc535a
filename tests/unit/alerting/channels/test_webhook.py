"""Webhooks are signed by Standard Webhooks, and the status alone is the answer, whatever happens to the body."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crawler.alerting.channels.webhook import make_webhook_id, post_webhook, sign_payload
from crawler.errors import MailDeferred, MailRefused, TransportDown
from tests.fakes import START

PAYLOAD = b'{"id": "1"}'


@contextlib.contextmanager
def answering(answer: bytes, *, hangs: bool) -> Iterator[int]:
    """Yield a port that reads one request, sends this answer, and hangs up or falls silent."""
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
        PAYLOAD,
        webhook_id="msg_1",
        url=url,
        secrets=("s",),
        now=now,
        timeout_seconds=timeout_seconds,
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
async def test_an_acceptance_counts_although_its_body_never_comes(
    after: bytes, hangs: bool
) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n" + after, hangs=hangs) as port:
        assert (await post(port)).startswith("HTTP 200")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(b"410 Gone", MailRefused), (b"503 Later", MailDeferred), (b"302 Elsewhere", MailDeferred)],
)
async def test_a_refusal_counts_although_its_body_never_comes(
    status: bytes, expected: type[Exception]
) -> None:
    answer = (
        b"HTTP/1.1 " + status + b"\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 9\r\n\r\n"
    )
    with answering(answer, hangs=True) as port:
        with pytest.raises(expected, match=re.escape(status.split()[0].decode())) as caught:
            await post(port)

        assert type(caught.value) is expected


@pytest.mark.parametrize("body", [b"", b"HTTP/1.1 200", b"HTTP/1.1 100 Continue\r\n\r\n"])
@pytest.mark.parametrize("hangs", [True, False])
async def test_half_an_answer_counts_as_none(body: bytes, hangs: bool) -> None:
    with answering(body, hangs=hangs) as port, pytest.raises(TransportDown):
        await post(port, timeout_seconds=0.5)


def test_the_published_example_of_standard_webhooks_gets_the_same_signature() -> None:
    signed = sign_payload(
        b'{"test": 2432232314}',
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        secrets=("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "another one"),
        now=datetime.fromtimestamp(1614265330, tz=UTC),
    )

    first, second = signed.split()
    assert first == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert second.startswith("v1,")
    assert second != first


def test_the_id_of_a_message_contains_no_dot() -> None:
    assert make_webhook_id("<0af3.b@news.example.org>") == "msg_0af3-b"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (b"120", timedelta(minutes=2)),
        (b"999999999999", timedelta(hours=1)),
        (b"Mon, 23 Nov 2026 10:05:00 GMT", timedelta(minutes=5)),
        (b"Mon, 23 Nov 2020 10:05:00 GMT", timedelta()),
        (b"-5", None),
        (b"Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        (b"soon", None),
        (b"", None),
    ],
)
@pytest.mark.parametrize("status", [b"429 Slow", b"503 Later"])
async def test_a_busy_receiver_is_left_alone_as_long_as_it_asks_but_at_most_an_hour(
    status: bytes, stated: bytes, expected: timedelta | None
) -> None:
    answer = (
        b"HTTP/1.1 " + status + b"\r\nRetry-After: " + stated + b"\r\nContent-Length: 0\r\n\r\n"
    )
    with answering(answer, hangs=False) as port, pytest.raises(MailDeferred) as caught:
        await post(port)

    assert caught.value.wait == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>\n<h1>No such hook</h1>", "the webhook answered 404: No such hook"),
        (b"\r\n\r\nquota \x1b[31mover\x00", "the webhook answered 404: quota [31mover"),
        (b"you sent PORT to /in/very-secret-hook", "the webhook answered 404: you sent PORT to \u2026"),
        (b"\xff\xfe" * 900, "the webhook answered 404"),
        (b"", "the webhook answered 404"),
    ],
)  # fmt: skip
async def test_the_first_line_of_an_answer_is_reported_clean_and_short(
    body: bytes, expected: str
) -> None:
    length = str(len(body)).encode()
    answer = b"HTTP/1.1 404 No\r\nContent-Length: " + length + b"\r\n\r\n" + body
    with answering(answer, hangs=False) as port, pytest.raises(MailDeferred) as caught:
        await post_webhook(
            PAYLOAD,
            webhook_id="msg_1",
            url=f"http://127.0.0.1:{port}/in/very-secret-hook",
            secrets=(),
            now=START,
            timeout_seconds=30,
        )

    assert str(caught.value).startswith(expected)
    assert len(str(caught.value)) < 250
    assert "secret" not in str(caught.value)
