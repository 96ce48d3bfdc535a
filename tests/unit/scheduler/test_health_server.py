"""An address on which nobody can listen is a line in the log: what else the timer does goes on."""

import asyncio
import logging

import pytest

from scheduler.health.server import NOT_THERE, Answer, HealthServer


async def answer(_path: str) -> Answer:
    return NOT_THERE


@pytest.mark.parametrize("host", ["nowhere.invalid", "two..dots", "a" * 70])
def test_a_host_that_cannot_be_is_logged(host: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="watchword.daemon"):
        asyncio.run(HealthServer(answer).listen((host, 9464)))

    assert f"health pages not open at={host}:9464 reason=" in caplog.text
