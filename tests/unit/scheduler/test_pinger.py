"""A service that waits for signs of life may answer badly: nothing of the daemon waits for it for long."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from itertools import chain, repeat
from pathlib import Path

import pytest

from crawler.config.load import load_config
from scheduler.health.pinger import Pinger

# for a test that would otherwise never end
PATIENCE_SECONDS = 30.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def dripping(first: bytes, again: bytes) -> AsyncIterator[int]:
    """Serve an answer that never ends: ``first``, and then ``again`` each few hundredths of a second. Yield the port."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in chain([first], repeat(again)):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ping(folder: Path, first: bytes, again: bytes) -> None:
    async with dripping(first, again) as port:
        (folder / "watchword.toml").write_text(
            f'[health]\nping = "http://127.0.0.1:{port}/secret"\n', encoding="utf-8"
        )
        config = load_config(folder / "watchword.toml", environ={})
        pinger = Pinger(config, timeout_seconds=1.0)
        await asyncio.wait_for(pinger.ping_if_due(is_well=True), PATIENCE_SECONDS)


def test_a_status_is_an_answer_although_its_body_never_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="watchword.daemon"):
        asyncio.run(ping(tmp_path, HEAD, b"1\r\n.\r\n"))

    assert "not taken" not in caplog.text


def test_headers_that_never_end_are_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="watchword.daemon"):
        asyncio.run(ping(tmp_path, b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"))

    assert "sign of life not taken" in caplog.text
    assert "TimeoutError" in caplog.text
    assert "secret" not in caplog.text
